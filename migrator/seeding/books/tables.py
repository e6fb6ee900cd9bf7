"""What a seed needs to know of the tables that it names: columns, keys, foreign keys. One round trip for all files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from migrator.database.sessions.session import Session
from migrator.seeding.books.types import ColumnType, Types
from migrator.sql.names import literal, quote
from migrator.sql.qualifying import qualified

_QUOTED = re.compile(r'"(?:[^"]|"")+"\."(?:[^"]|"")+"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        number: its number in the catalog.
        type: what it takes.
        declaration: type and collation, as a temporary table wants them.
        base: the same, of what a domain is made of; the same text for other types.
        not_null: it takes no NULL.
        required: a new row must bring a value: not null, no default, not generated.
        generated: PostgreSQL computes it; nobody writes it.
        identity: `always`, `by default` or empty.
        sequence: the sequence that its default draws from, quoted and qualified.
        equals: the equality operator of its type, qualified, such as `OPERATOR(pg_catalog.=)`.
    """

    name: str
    number: int
    type: ColumnType
    declaration: str
    base: str
    not_null: bool
    required: bool
    generated: bool
    identity: str
    sequence: str | None
    equals: str

    @property
    def is_domain(self) -> bool:
        """Its type is a domain."""
        return self.base != self.declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Columns that identify a row: a primary key, unique constraint or unique index.

    Attributes:
        name: of the index.
        primary: it is the primary key.
        columns: in the order of the index; those that it uses, where it has expressions.
        operators: the equality operator of each, qualified, such as `OPERATOR(pg_catalog.=)`.
        nulls_equal: NULLS NOT DISTINCT.
        expressions: what is compared, where that is not just the columns of every row.
        predicate: the condition of a partial index.
    """

    name: str
    primary: bool
    columns: tuple[str, ...]
    operators: tuple[str, ...]
    nulls_equal: bool
    expressions: tuple[str, ...] = ()
    predicate: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What is compared, as SQL about unqualified columns."""
        return self.expressions or tuple(quote(name) for name in self.columns)

    @property
    def fixed(self) -> frozenset[str]:
        """The columns that are the same in two rows of one key."""
        return frozenset(name for name in self.columns if quote(name) in self.parts or name in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key: our columns, the table they refer to, and the columns of it that they take.

    Attributes:
        name: of the constraint.
        columns: ours.
        target: the other table.
        target_name: as it is called here, for people.
        target_path: `schema.table`, as it is written.
        target_quoted: the same, quoted, to ask for it.
        takes: its columns, one for each of ours.
        deferrable: its check may be put off.
        deferred: it is put off until the commit, where nobody says otherwise.
    """

    name: str
    columns: tuple[str, ...]
    target: int
    target_name: str
    target_path: str
    target_quoted: str
    takes: tuple[str, ...]
    deferrable: bool
    deferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table that a seed file names.

    Attributes:
        oid: its identity in this database.
        schema: where it is.
        name: what it is called there.
        kind: `pg_class.relkind`.
        row_security: row level security filters what our role sees of it.
        columns: by name.
        keys: the primary key first, then what is unique in all rows.
        special_keys: unique indexes on a part of the rows or on expressions, which only `key:` can name.
        foreign_keys: of this table.
    """

    oid: int
    schema: str
    name: str
    kind: str
    row_security: bool
    columns: dict[str, Column]
    keys: tuple[Key, ...]
    special_keys: tuple[Key, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def quoted(self) -> str:
        """Qualified and quoted, for SQL."""
        return quote(self.schema, self.name)

    @property
    def primary_key(self) -> Key | None:
        """The primary key, if there is one."""
        return self.keys[0] if self.keys and self.keys[0].primary else None


def _query() -> str:
    return files("migrator.seeding.books").joinpath("tables.sql").read_text(encoding="utf-8").rstrip().removesuffix(";")


@dataclass(slots=True)
class Catalog:
    """Tables of a database, as far as they have been asked for.

    Attributes:
        named: by the name that was asked for; None for a table that does not exist.
        tables: by oid, those that they refer to included.
    """

    named: dict[str, TableInfo | None] = field(default_factory=dict)
    tables: dict[int, TableInfo] = field(default_factory=dict)

    async def read(self, session: Session, names: Iterable[str]) -> None:
        """Read the tables of these names and those that they refer to.

        A name is `table`, by the search_path, or `schema.table`; or both in quotes, `"my.schema"."table"`.

        One round trip, or none when all are known; nothing is written or locked.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self.named]
        if not wanted:
            return
        values = ", ".join(f"({literal(name)}, {literal(_qualified(name))}, {literal(quote(name))})" for name in wanted)
        rows = await session.read(_query().replace("values (null::text, null::text, null::text)", f"values {values}"))
        types = Types(rows[0]["types"] or {})
        for row in rows[1:]:
            table = _table(row, types) if row["oid"] is not None else None
            if table is not None:
                self.tables[table.oid] = table
            if row["asked"] is not None:
                self.named[row["asked"]] = table


async def names(session: Session) -> list[str]:
    """The names by which a seed file may call the tables of this database: qualified, and plain where visible."""
    found = await session.read(
        "select to_json(name) from (select case when pg_table_is_visible(c.oid) then c.relname "
        "else n.nspname || '.' || c.relname end from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema') t (name)"
    )
    return [str(name) for name in found]


def _qualified(name: str) -> str:
    if _QUOTED.fullmatch(name):
        return name
    schema, dot, table = name.partition(".")
    return quote(schema, table) if dot and schema and table else quote(name)


def _table(row: dict[str, Any], types: Types) -> TableInfo:
    columns = [_column(column, types) for column in row["columns"] or ()]
    keys = [_key(key) for key in row["keys"] or ()]
    return TableInfo(
        oid=int(row["oid"]),
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        row_security=row["row_security"],
        columns={column.name: column for column in columns},
        keys=tuple(key for key in keys if not key.expressions),
        special_keys=tuple(key for key in keys if key.expressions),
        foreign_keys=tuple(
            ForeignKey(
                name=key["name"],
                columns=tuple(key["columns"]),
                target=int(key["target"]),
                target_name=key["target_name"],
                target_path=".".join(key["target_parts"]),
                target_quoted=quote(*key["target_parts"]),
                takes=tuple(key["takes"]),
                deferrable=key["deferrable"],
                deferred=key["deferred"],
            )
            for key in row["foreign_keys"] or ()
        ),
    )


def _key(row: dict[str, Any]) -> Key:
    expressions = tuple(row["expressions"] or ())
    # the catalog tells the columns of expressions and of the condition as one; rows need not bring the latter
    uses = [name for name in row["uses"] or () if any(qualified(part, {name: ""}) != part for part in expressions)]
    return Key(
        name=row["name"],
        primary=row["primary"],
        columns=tuple(uses or row["columns"]),
        operators=tuple(f"OPERATOR({quote(schema)}.{operator})" for schema, operator in row["operators"]),
        nulls_equal=row["nulls_equal"],
        expressions=expressions,
        predicate=row["predicate"],
    )


def _column(row: dict[str, Any], types: Types) -> Column:
    collation = f" collate {row['collation']}" if row["collation"] else ""
    return Column(
        name=row["name"],
        number=row["number"],
        type=types.column(row["type"], row["typmod"], row["type_name"]),
        declaration=row["type_name"] + collation,
        base=row["base_name"] + collation,
        not_null=row["not_null"],
        required=row["not_null"] and not row["has_default"],
        generated=row["generated"],
        identity=row["identity"],
        sequence=row["sequence"],
        equals=f"OPERATOR({quote(row['equals'])}.=)",
    )
