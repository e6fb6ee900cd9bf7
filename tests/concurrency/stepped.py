"""Migrations of which every second one has no transaction, with concurrent index statements, a group, session state.

Every statement that writes leaves a trace, and before each one a run may be held at a gate.
"""

from pathlib import Path

import asyncpg

Connection = asyncpg.Connection

TABLES = """
    create table trace (number bigserial, mark text not null);
    create table gate (mark text, seconds float);
    create table load (a int, b int);
    insert into load select n, -n from generate_series(1, 10000) n"""

ALONE = """-- transactional: false
set my.mark = '{n}';
create temp table kept (what text);
insert into kept values ('{n}.4');
insert into trace (mark) values ('{n}.1');
{gate}create index concurrently load_{n}_a on load (a) where b < 0;
{gate}begin;
insert into trace (mark) values ('{n}.2');
insert into trace (mark) values (current_setting('my.mark') || '.3');
commit;
{gate}create unique index concurrently if not exists load_{n}_b on load (b, a);
{gate}insert into trace (mark) select what from kept;
{gate}drop index concurrently load_{n}_a;
{gate}vacuum load;
{gate}insert into trace (mark) values (current_setting('my.mark') || '.5');
"""

TOGETHER = "insert into trace (mark) values ('{n}.1');\ninsert into trace (mark) values ('{n}.2');\n"


async def write(db: Connection, folder: Path, count: int) -> list[str]:
    """Make the tables and so many migrations; returns the marks in the order that they must have."""
    await db.execute(TABLES)
    return _files(folder, count)


def _files(folder: Path, count: int) -> list[str]:
    folder.mkdir()
    marks = []
    for number in range(1, count + 1):
        text = (ALONE if number % 2 == 0 else TOGETHER).replace("{n}", str(number))
        gates = 0
        while "{gate}" in text:
            gates += 1
            held = f"select pg_sleep(seconds) from gate where mark = '{number}-{gates}';\n"
            text = text.replace("{gate}", held, 1)
        (folder / f"{number:04d}.step.sql").write_text(text, encoding="utf-8")
        marks += [f"{number}.{statement}" for statement in range(1, 6 if gates else 3)]
    return marks


async def indexes(db: Connection) -> list[tuple[str, bool]]:
    """The indexes of the table that are there, and whether they are valid."""
    query = "select indexrelid::regclass::text, indisvalid from pg_index where indrelid = 'load'::regclass order by 1"
    return [tuple(row) for row in await db.fetch(query)]


def all_valid(count: int) -> list[tuple[str, bool]]:
    """The indexes that have to be there after so many migrations."""
    return sorted((f"load_{number}_b", True) for number in range(2, count + 1, 2))
