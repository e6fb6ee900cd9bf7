"""The migrations that every peer applies: the same statements, whatever file they stand in."""

from dataclasses import dataclass

MIXED_FROM = 1000
"""Smaller workloads are tables alone; from here on every tenth migration is of another kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One migration: its number from 1, a word for its name, its statements without semicolons."""

    number: int
    name: str
    statements: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The statements as a script."""
        return "".join(f"{statement};\n" for statement in self.statements)


def changes(count: int) -> list[Change]:
    """`count` migrations: tables with an index and a foreign key to the one before, or ten kinds in turn."""
    make = _mixed if count >= MIXED_FROM else table
    return [make(number) for number in range(1, count + 1)]


def table(number: int) -> Change:
    """A table with an index and a foreign key to the table before it."""
    before = f" REFERENCES item_{number - 1:04d} (id)" if number > 1 else ""
    return Change(
        number=number,
        name=f"create_item_{number:04d}",
        statements=(
            (
                f"CREATE TABLE item_{number:04d} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
                f"    parent_id bigint{before},\n    name text NOT NULL,\n"
                "    amount numeric(12, 2) NOT NULL DEFAULT 0,\n    created_at timestamptz NOT NULL DEFAULT now()\n)"
            ),
            f"CREATE INDEX item_{number:04d}_parent_id_idx ON item_{number:04d} (parent_id)",
        ),
    )


def _mixed(number: int) -> Change:
    tens, kind = divmod(number - 1, 10)
    shop = f"shop_{tens:04d}"
    sale = f"sale_{tens:04d}"
    name, *statements = (
        (
            "shops",
            (
                f"CREATE TABLE {shop} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
                "    name text NOT NULL,\n    opened date NOT NULL DEFAULT current_date\n)"
            ),
            f"CREATE UNIQUE INDEX {shop}_name_idx ON {shop} (name)",
        ),
        ("city", f"ALTER TABLE {shop} ADD COLUMN city text"),
        ("city_index", f"CREATE INDEX {shop}_city_idx ON {shop} (city)"),
        (
            "function",
            (
                f"CREATE FUNCTION {shop}_check() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
                "    -- a comment; with a semicolon\n    IF NEW.name = '' THEN\n"
                "        RAISE EXCEPTION 'a shop in % has no name', TG_TABLE_NAME;\n    END IF;\n"
                "    RETURN NEW;\nEND;\n$$"
            ),
        ),
        (
            "sales",
            (
                f"CREATE TABLE {sale} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
                f"    shop_id bigint NOT NULL REFERENCES {shop} (id) ON DELETE CASCADE,\n"
                "    pieces integer NOT NULL DEFAULT 1,\n    note text\n)"
            ),
            f"CREATE INDEX {sale}_shop_id_idx ON {sale} (shop_id)",
        ),
        ("view", f"CREATE VIEW {sale}_big AS SELECT id, shop_id, pieces FROM {sale} WHERE pieces > 10"),
        (
            "rows",
            f"INSERT INTO {shop} (name) VALUES\n    "
            + ",\n    ".join(f"('shop {row} of {tens}')" for row in range(1, 11)),
        ),
        (
            "constraint",
            f"ALTER TABLE {sale} ADD CONSTRAINT {sale}_pieces_positive CHECK (pieces > 0)",
            f"COMMENT ON TABLE {sale} IS 'what was sold; and where'",
        ),
        (
            "state",
            f"CREATE TYPE {sale}_state AS ENUM ('open', 'paid', 'sent')",
            f"ALTER TABLE {sale} ADD COLUMN state {sale}_state NOT NULL DEFAULT 'open'",
        ),
        (
            "trigger",
            f"CREATE TRIGGER {shop}_check BEFORE INSERT ON {shop} FOR EACH ROW EXECUTE FUNCTION {shop}_check()",
        ),
    )[kind]
    return Change(number=number, name=f"{name}_{tens:04d}", statements=tuple(statements))


FINGERPRINT = """select concat_ws(' ',
    (select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        and relname ~ '^(item|shop|sale)_'),
    (select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relname ~ '^(item|shop|sale)_[0-9]+$' and a.attnum > 0 and not a.attisdropped),
    (select count(*) from pg_class where relkind = 'i' and relname ~ '^(item|shop|sale)_'),
    (select count(*) from pg_class where relkind = 'v' and relname ~ '^sale_'),
    (select count(*) from pg_proc where proname ~ '^shop_'),
    (select count(*) from pg_trigger where tgname ~ '^shop_'),
    (select count(*) from pg_type where typtype = 'e' and typname ~ '^sale_'),
    (select count(*) from pg_constraint where conname ~ '_pieces_positive$'))"""
"""A query for what a workload has made: the same from every peer, or its time means nothing."""
