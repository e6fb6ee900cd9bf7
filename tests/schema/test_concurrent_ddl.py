"""Reading while other sessions change the schema: never a crash, never a difference in what stays as it is."""

import asyncio
import time

import asyncpg
import pytest
from mutation import seen
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.schema.objects import Schema
from migrator.schema.reading import read

BESIDE = (
    "create schema busy",
    "create table busy.one (id serial primary key, a text default lower('X'), b integer check (b > 0))",
    "alter table busy.one add constraint far foreign key (b) references app.orders (id)",
    "create index one_a on busy.one (lower(a)) where b > 1",
    "create view busy.seen as select o.id, u.name from busy.one o join app.users u on u.id = o.b",
    "create view busy.over as select * from busy.seen",
    "create function busy.f() returns trigger language plpgsql as 'begin return new; end'",
    "create function busy.parsed() returns bigint language sql begin atomic select count(*) from busy.seen; end",
    "create trigger t before insert on busy.one for each row when (new.b > 1) execute function busy.f()",
    "create rule r as on delete to busy.one do instead nothing",
    "create policy p on busy.one using (a = current_user)",
    "create type busy.mood as enum ('a', 'b')",
    "create domain busy.small as integer check (value < 10) default 3",
    "alter table busy.one add column m busy.mood default 'a', add column s busy.small",
    "create materialized view busy.kept as select id from busy.one",
    "create aggregate busy.total(integer) (sfunc = int4pl, stype = integer)",
    "grant select on busy.one to rich_reader; grant select (a) on busy.one to rich_writer",
    "create or replace view busy.seen as select o.id, u.name, o.m from busy.one o join app.users u on u.id = o.b",
    "alter table busy.one rename to two",
    "alter table busy.two drop column s",
    "create statistics busy.many on id, b from busy.two",
    "comment on table busy.two is 'busy'",
    "drop aggregate busy.total(integer)",
    "drop view busy.seen cascade",
    "drop table busy.two cascade",
    "drop schema busy cascade",
)


async def keep_changing(dsn: str, number: int, until: float) -> int:
    """Make objects in a schema of its own and drop them, again and again; returns how many statements that took."""
    connection = await asyncpg.connect(dsn, statement_cache_size=0)
    done = 0
    try:
        while time.monotonic() < until:
            for statement in BESIDE:
                await connection.execute(statement.replace("busy", f"busy_{number}"))
                done += 1
    finally:
        await connection.execute(f"drop schema if exists busy_{number} cascade")
        await connection.close()
    return done


def of_those_that_stay(schema: Schema) -> dict[tuple[str, str], str]:
    """All but what the other sessions make."""
    return {key: text for key, text in schema.objects.items() if "busy_" not in key[1]}


@pytest.mark.parametrize("seconds", [3])
async def test_what_stays_never_differs_while_other_things_change(session: Session, rich: str, seconds: float):
    """Two sessions create, alter and drop beside what stays, as fast as they can: each reading of that is the same."""
    before = await read(session, SCOPE)
    until = time.monotonic() + seconds
    changing = [asyncio.create_task(keep_changing(rich, number, until)) for number in (1, 2)]
    readings, others = 0, 0
    while time.monotonic() < until:
        found = await read(session, SCOPE)
        assert of_those_that_stay(found) == of_those_that_stay(before)
        readings += 1
        others += len(found.objects) - len(before.objects)
    statements = sum(await asyncio.gather(*changing))
    after = await read(session, SCOPE)
    assert (seen(before, after), readings > 5, others > 0, statements > 50) == (frozenset(), True, True, True)
