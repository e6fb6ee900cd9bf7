"""What is asked for only where it is there: no condition hides a row, and without PL/pgSQL all is asked for."""

from collections.abc import AsyncIterator

import pytest
from mutation import seen
from riches import SCOPE, config_of, perform

from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.schema import catalog
from migrator.schema.objects import Schema, schema_of
from migrator.schema.reading import LOCALLY, SETTINGS, read, read_opened

FIRST = {
    "aggregate": ["create aggregate app.total (integer) (sfunc = int4pl, stype = integer)"],
    "cast": [
        "create cast (app.pair as integer) with function app.from_pair",
        "create conversion app.encoded for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
        "create transform for integer language sql (from sql with function prsd_lextype(internal))",
    ],
    "collation": ['create collation app.plain from "C"'],
    "comment": [
        "comment on table app.seen is 'that'",
        "comment on schema public is 'ours'",
        "do $$ begin execute format('comment on database %I is ''ours''', current_database()); end $$",
        "insert into pg_seclabel values ('app.seen'::regclass, 'pg_class'::regclass, 0, 'ours', 'label')",
        "insert into pg_shseclabel select oid, 'pg_database'::regclass, 'ours', 'label' from pg_database",
    ],
    "database": ["do $$ begin execute format('revoke connect on database %I from public', current_database()); end $$"],
    "default_privileges": ["alter default privileges grant select on tables to public"],
    "event_trigger": ["create event trigger seen on ddl_command_end execute function app.on_event()"],
    "extension": ["create extension citext schema app"],
    "foreign_data": ["create foreign data wrapper far"],
    "language": [
        "create language another handler plpgsql_call_handler",
        "revoke usage on language plpgsql from public",
        "create access method heap2 type table handler heap_tableam_handler",
    ],
    "operator": [
        "create operator app.@@@ (function = int4pl, leftarg = integer, rightarg = integer)",
        "create operator class app.few for type integer using btree as function 1 btint4cmp(integer, integer)",
        "create operator family app.many using btree",
        "alter operator family integer_ops using btree add operator 1 pg_catalog.< (money, money)",
        "alter operator family integer_ops using btree add function 1 (integer, numeric) app.three(integer, numeric)",
    ],
    "policy": ["create policy seen on app.seen"],
    "publication": ["create publication seen for table app.seen"],
    "setting": ["do $$ begin execute format('alter database %I set work_mem = ''5MB''', current_database()); end $$"],
    "statistics": ["create statistics app.both on a, b from app.seen"],
    "subscription": ["create subscription sparing connection '' publication far with (connect = false)"],
    "text_search": [
        "create text search configuration app.words (copy = pg_catalog.simple)",
        "create text search dictionary app.words (template = pg_catalog.simple)",
        """create text search parser app.words (
        start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)""",
        "create text search template app.words (lexize = dsimple_lexize)",
    ],
    "trigger": ["create trigger seen before update on app.seen for each row execute function app.on_row()"],
    "type": [
        "create type app.mood as enum ('good')",
        "create domain app.short as text",
        "create type app.span as range (subtype = integer)",
        "create type app.shell",
        """create type app.based;
        create function app.based_in(cstring) returns app.based language internal strict as 'int4in';
        create function app.based_out(app.based) returns cstring language internal strict as 'int4out';
        create type app.based (input = app.based_in, output = app.based_out, like = integer, category = 'A')""",
    ],
    "unmodelled": [
        "select lo_create(0)",
        "update pg_class set relkind = 'g' where oid = 'app.seen'::regclass",
        "create type app.newer as enum ('a'); update pg_type set typtype = 'z' where oid = 'app.newer'::regtype",
        "set local allow_system_table_mods = on; create table pg_catalog.ours ()",
        "create function pg_catalog.ours() returns integer language sql as 'select 1'",
        "create operator pg_catalog.@@@ (function = int4pl, leftarg = integer, rightarg = integer)",
        "insert into pg_description values (16384, 'pg_publication_rel'::regclass, 0, 'on a class without comments')",
    ],
}
"""By the file whose rows it makes: the first object of the kind in a database, in each way that there is."""

BEFORE = """create schema app;
create table app.seen (a integer, b integer);
create type app.pair as (a integer, b integer);
create function app.from_pair(app.pair) returns integer language sql as 'select 1';
create function app.on_event() returns event_trigger language plpgsql as 'begin end';
create function app.on_row() returns trigger language plpgsql as 'begin return new; end';
create function app.three(integer, numeric) returns integer language sql immutable as 'select 1'"""


@pytest.fixture
async def empty(dsn: str) -> AsyncIterator[Session]:
    """A session on a database in which nothing is that is asked for only where it is there."""
    await perform(dsn, BEFORE)
    async with connect(config_of(dsn)) as opened:
        yield opened


async def _whole(session: Session) -> Schema:
    """The schema as the one statement gives it, inside a transaction."""
    version, _ = session.version
    columns = "jsonb_build_array(kind, identity, definition)"
    rows = await session.read(
        f"select {columns} from ({SCOPE.query(version)}) o (kind, identity, definition)", first=LOCALLY
    )
    return schema_of(
        [(kind, identity, text) for kind, identity, text in rows if text is not None],
        server_version_num=version,
        supabase=False,
    )


async def _true(session: Session, name: str) -> list[bool]:
    version, _ = session.version
    values = catalog.values(version, hidden=SCOPE.hidden, managed=SCOPE.managed, tables=SCOPE.left_out)
    asked = ", ".join(catalog.filled(f"({each})", values) for each in catalog.conditions(name))
    (found,) = await session.read(f"select to_json(array[{asked}])")
    return list(found)


def test_each_condition_has_its_example():
    """Whoever makes one shows what it is for."""
    assert {name for name in catalog.texts() if catalog.conditions(name)} == {*FIRST}


@pytest.mark.parametrize("name", FIRST)
async def test_the_first_of_its_kind_is_seen(empty: Session, name: str):
    """In a database where nothing else of the kind is, each makes a condition true, and the rows are those of all."""
    assert not any(await _true(empty, name))
    reached = set[int]()
    for sql in FIRST[name]:
        await empty.run("begin")
        try:
            before = await _whole(empty)
            await empty.run(sql)
            after = await _whole(empty)
            true = [number for number, each in enumerate(await _true(empty, name)) if each]
            sparing = await read_opened(empty, SCOPE, first=LOCALLY, then=None)
        finally:
            await empty.run("rollback")
        assert true, sql
        assert (before.objects, before.unmodelled) != (after.objects, after.unmodelled), sql
        assert (sparing.objects, sparing.unmodelled) == (after.objects, after.unmodelled), sql
        reached |= {*true}
    assert reached == {*range(len(catalog.conditions(name)))}


async def test_a_rich_database_reads_the_same_either_way(session: Session):
    """All classes, with all that is in them."""
    found = await read(session, SCOPE)
    await session.run(SETTINGS)
    whole = await _whole(session)
    await session.run("rollback")
    assert len(found.counts()) > 30
    assert (found.objects, found.unmodelled) == (whole.objects, whole.unmodelled)


@pytest.mark.parametrize("taken", ["drop extension plpgsql cascade", "revoke usage on language plpgsql from public"])
async def test_without_plpgsql_the_schema_is_read(dsn: str, roles, taken: str):
    """Where it was dropped, and where this role may not use it: alone, and in a transaction of several reads."""
    await roles("sparing_nobody")
    await perform(
        dsn, "create schema app; create table app.seen (a integer); create type app.mood as enum ('good')", taken
    )
    address = dsn.replace("//postgres:", "//sparing_nobody:sparing_nobody", 1)
    address = address.replace("//postgres@", "//sparing_nobody:sparing_nobody@", 1)
    async with connect(config_of(address)) as session:
        found = await read(session, SCOPE)
        await session.run(SETTINGS)
        inside = await read_opened(session, SCOPE, then=None)
        again = await read_opened(session, SCOPE)
    assert {("table", "app.seen"), ("type", "app.mood")} <= found.objects.keys()
    assert seen(found, inside) == seen(found, again) == frozenset()
