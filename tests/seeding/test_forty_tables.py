"""Forty tables, foreign keys in circles of every kind, sixty files: whatever the order, the same rows in the end."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import asyncpg

from migrator.config import Config
from migrator.events.seeding import SeedOutcome
from migrator.seeding import seed
from migrator.seeding.comparison import check_seeds

Connection = asyncpg.Connection
Project = Callable[..., Config]

ROWS = 6
AROUND = 4
"""Tables in a circle."""

# For each circle: how the ids of its tables come to be, and how each table's column `next` is declared.
CIRCLES = (
    ("int", ("", "", "", "")),
    ("int", ("not null", "not null", "not null", "not null")),
    ("int", ("not null deferrable", "not null deferrable", "not null deferrable", "not null deferrable")),
    ("identity", ("", "", "", "")),
    ("identity", ("", "not null", "not null", "not null")),
    ("uuid", ("not null", "not null", "not null", "not null")),
    ("uuid", ("", "not null deferrable", "", "not null")),
    ("any", ("", "not null", "deferrable initially deferred", "not null deferrable")),
)
LEAVES = len(CIRCLES)
"""As many tables are in no circle; they come behind those that are."""

FIRST_LEAF = len(CIRCLES) * AROUND
TABLES = FIRST_LEAF + LEAVES
TYPES = {"int": "int", "identity": "int generated always as identity", "uuid": "uuid"}

ATOMIC = 0
POOLS = (3, ATOMIC, 8, 1, 2, 4, 5, 6, 7)
"""How many connections, or everything in one transaction; those of an everyday run first."""

EVERY_DAY = 2


@dataclass
class Row:
    """A row as it has to be in the end: its note, and the table and code of the row that each column refers to."""

    table: int
    number: int
    note: str
    refers: dict[str, tuple[int, int] | None] = field(default_factory=dict)


def kind(table: int) -> str:
    """How a table's ids come to be: written in the files, made by the database, made of a label."""
    found = CIRCLES[table // AROUND][0] if table < FIRST_LEAF else "any"
    return ("int", "identity", "uuid")[table % 3] if found == "any" else found


def columns(table: int) -> dict[str, tuple[int, str]]:
    """The foreign-key columns of a table, each with its target and its declaration."""
    found = {"parent": (table, "")}
    if table >= FIRST_LEAF:
        leaf = table - FIRST_LEAF
        found["first"] = (leaf * AROUND + leaf % AROUND, "not null")
        found["second"] = (FIRST_LEAF + leaf // 2, "")
        return found
    circle, place = divmod(table, AROUND)
    found["next"] = (circle * AROUND + (place + 1) % AROUND, CIRCLES[circle][1][place])
    if place % 2 == 0:  # a smaller circle, which shares its tables with the other one
        found["across"] = (circle * AROUND + (place + 2) % AROUND, "deferrable initially deferred" if place else "")
    if circle > 1:
        found["above"] = (circle // 2 * AROUND + place, "not null")
    return found


def schema() -> Iterator[str]:
    """The statements that make the tables."""
    for table in range(TABLES):
        yield f"create table t{table} (id {TYPES[kind(table)]} primary key, code text not null unique, note text)"
    for table in range(TABLES):
        for name, (target, declared) in columns(table).items():
            null = "not null" if "not null" in declared else ""
            rest = declared.removeprefix("not null")
            type_ = "uuid" if kind(target) == "uuid" else "int"
            yield f"alter table t{table} add {name} {type_} {null} references t{target} {rest}"


def model(chance: random.Random) -> list[Row]:
    """Rows that refer to one another at random; a parent comes before its children."""
    rows = []
    for table in range(TABLES):
        for number in range(ROWS):
            row = Row(table, number, f"note {chance.randrange(10**6)}")
            for name, (target, declared) in columns(table).items():
                most = number if target == table else ROWS
                null = most == 0 or ("not null" not in declared and chance.random() < 0.3)
                row.refers[name] = None if null else (target, chance.randrange(most))
            rows.append(row)
    return rows


def code(table: int, number: int) -> str:
    """By what a row is found, whatever its id is."""
    return f"c{table}-{number}"


def id_of(table: int, number: int) -> str | None:
    """An id as a file has it; None for one that only the database knows."""
    return {"int": f"{number + 1}", "uuid": f"{{$id: {code(table, number)}}}", "identity": None}[kind(table)]


def written(row: Row, chance: random.Random) -> str:
    """A row as YAML: its columns in any order, what it refers to by its id or by a lookup."""
    cells = [f"code: {code(row.table, row.number)}", f"note: {row.note}"]
    own = id_of(row.table, row.number)
    if own is not None:
        cells.append(f"id: {own}")
    for name, target in row.refers.items():
        if target is None:
            cells.append(f"{name}: ~")
            continue
        known = id_of(*target)
        cells.append(f"{name}: {known if known and chance.random() < 0.5 else f'{{code: {code(*target)}}}'}")
    if chance.random() < 0.3:
        chance.shuffle(cells)
    return f"    - {{{', '.join(cells)}}}\n"


def layout(rows: list[Row], chance: random.Random) -> dict[str, str]:
    """The rows in sixty files of any names; in each file rows of some tables of one circle, or of leaves."""
    files: list[dict[int, list[str]]] = []
    for circle in range(len(CIRCLES) + 1):
        leaves = circle == len(CIRCLES)
        mine = [row for row in rows if (row.table // AROUND == circle if not leaves else row.table >= FIRST_LEAF)]
        chance.shuffle(mine)
        if chance.random() < 0.6:  # half a table, or a whole one, stays together
            mine.sort(key=lambda row: (row.table, row.number % 2))
        count = 12 if leaves else 6
        own: list[dict[int, list[str]]] = [{} for _ in range(count)]
        for index, row in enumerate(mine):
            own[index * count // len(mine)].setdefault(row.table, []).append(written(row, chance))
        files += own
    texts = {}
    for name, file in zip(chance.sample(range(1000), len(files)), files, strict=True):
        parts = []
        for table, lines in file.items():
            key = "  key: code\n" if chance.random() < 0.5 else ""
            parts.append(f"t{table}:\n{key}  rows:\n{''.join(chance.sample(lines, len(lines)))}")
        texts[f"seeds/{name}.yaml"] = "".join(chance.sample(parts, len(parts)))
    return texts


def expected(rows: list[Row]) -> set[tuple[object, ...]]:
    """What `found` gives when the database holds exactly these rows."""
    return {
        (row.table, code(row.table, row.number), row.note, name, code(*target) if target else None)
        for row in rows
        for name, target in row.refers.items()
    }


async def found(db: Connection) -> set[tuple[object, ...]]:
    """Every row with what each of its columns refers to, by codes: ids that the database made may differ."""
    parts = [
        f"select {table}, t.code, t.note, '{name}', o.code from t{table} t left join t{target} o on o.id = t.{name}"
        for table in range(TABLES)
        for name, (target, _) in columns(table).items()
    ]
    rows = await db.fetch(" union all ".join(parts))
    everything = {tuple(row) for row in rows}
    assert len(everything) == len(rows)
    return everything


def inserted(outcomes: tuple[SeedOutcome, ...]) -> dict[str, int]:
    """What became of all rows together."""
    counts = [count for outcome in outcomes for count in outcome.tables.values()]
    return {
        "inserted": sum(count.inserted for count in counts),
        "updated": sum(count.updated for count in counts),
        "unchanged": sum(count.unchanged for count in counts),
    }


async def test_whatever_the_order_the_end_is_the_same(project: Project, db: Connection, *, long: bool):
    """Any files, any names, any pool, or one transaction: first the one set of rows, then another in their place.

    A second run finds every file unchanged, and one that is forced every row.
    """
    total = TABLES * ROWS
    assert (TABLES, total) == (40, 240)
    chance = random.Random(5)  # noqa: S311 - layouts, no secrets
    before, after = model(chance), model(chance)
    for number, pool_size in enumerate(POOLS if long else POOLS[:EVERY_DAY]):
        chance = random.Random(number)  # noqa: S311 - layouts, no secrets
        atomic = pool_size == ATOMIC
        options = {} if atomic else {"pool_size": pool_size}
        await db.execute("drop schema public cascade; drop schema if exists migrator cascade; create schema public")
        await db.execute("; ".join(schema()))
        texts = layout(before, chance)
        assert len(texts) == 60
        config = project(texts, **options)
        first = await seed(config, atomic=atomic)
        assert inserted(first.files) == {"inserted": total, "updated": 0, "unchanged": 0}
        assert await found(db) == expected(before), pool_size
        assert {file.state for file in (await seed(config, atomic=atomic)).files} == {"unchanged"}
        if long or not atomic:
            forced = await seed(config, atomic=atomic, force=True)
            assert inserted(forced.files) == {"inserted": 0, "updated": 0, "unchanged": total}
        for name in texts:
            (config.root / name).unlink()
        config = project(layout(after, chance), **options)
        assert inserted((await seed(config, atomic=atomic)).files) == {"inserted": 0, "updated": total, "unchanged": 0}
        assert await found(db) == expected(after), pool_size
        assert (await check_seeds(config)).different == 0
        for path in config.seeds[0].iterdir():
            path.unlink()
