"""Statements that restore: each is run on a database that was changed, and what it is about is then as expected."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
import mutation
import pytest
from mutation import Mutation, read_inside, seen
from riches import SCOPE, Connection, canonical

from migrator.database.sessions.session import Session
from migrator.schema.compare import Change, Difference, compare
from migrator.schema.gathering import Gathered, gathered
from migrator.schema.objects import Schema
from migrator.schema.reading import LOCALLY, read
from migrator.schema.restoring.statements import Restoring
from migrator.sql.names import literal

Attributes = Mapping[str, Any] | None


async def restored(
    connection: Connection, place: str, sql: str, before: Schema
) -> tuple[list[str], dict[str, list[str]]]:
    """What is wrong after a change was made and every statement about it run; and what had statements.

    What they are for has to be gone, and nothing else may have come.
    """
    await connection.execute("begin")
    try:
        await connection.execute(f"{sql}\n;{LOCALLY}")
        after = await canonical(connection, before)
        restoring = Restoring(before, after)
        all_ = [(each, restoring.sql(each)) for each in gathered(compare(before, after).differences, before, after)]
        told = [(each, statements) for each, statements in all_ if statements]
        if not told:
            return [], {}
        wrong = [f"{place}: {error}" for error in await _run(connection, told)]
        names = {f"{each.difference.change} {each.difference.kind}": [*statements] for each, statements in told}
        if wrong:
            return wrong, {}
        left = seen(before, await canonical(connection, before))
    finally:
        await connection.execute("rollback")
    untold = {
        (one.change, one.kind, one.identity)
        for each, statements in all_
        if not statements
        for one in (each.difference, *each.implied, *([each.renamed] if each.renamed else []))
    }
    return [f"{place}: {sorted(left - untold)} after {[s for _, s in told]}"] if left - untold else [], names


async def _run(connection: Connection, told: list[tuple[Gathered, tuple[str, ...]]]) -> list[str]:
    """Run all; what fails for another's sake gets another try behind it."""
    errors: list[str] = []
    while told:
        later = []
        errors = []
        for each, statements in told:
            if len(told) > 1:
                await connection.execute("savepoint one")
            try:
                for statement in statements:
                    await connection.execute(statement)
            except asyncpg.PostgresError as error:
                errors.append(f"{error} ({error.sqlstate}) in {statements}")
                if len(told) == 1:
                    return errors
                await connection.execute("rollback to one")
                later.append((each, statements))
        if len(later) == len(told):
            return errors
        told = later
    return []


async def test_what_restores_does(session: Session, prepared: Connection, request: pytest.FixtureRequest):
    """After any change that has statements, running them leaves nothing of it; none of them can lose rows."""
    long = bool(request.getfixturevalue("long"))
    version, _ = session.version
    before = await read(session, SCOPE)
    wrong: list[str] = []
    told: dict[str, list[str]] = {}
    for each in _chosen(version, mutation.mutations("mutations"), long=long):
        found, names = await restored(prepared, each.place, each.sql, before)
        wrong += found
        for kind, statements in names.items():
            told.setdefault(kind, []).extend(statements)
    # what others are made on is never taken along
    assert "\n".join(each for each in wrong if "(2BP01)" not in each) == ""
    if long:  # a few of each may leave a kind without statements
        assert sorted(KINDS - told.keys()) == []
    assert [each for statements in told.values() for each in statements if LOSING.search(each)] == []


def _chosen(version: int, every: list[Mutation], *, long: bool) -> Iterator[Mutation]:
    """Some of each kind of change; all of them where time does not matter."""
    seen_of: Counter[str] = Counter()
    for each in every:
        kinds = {f"{change} {kind}" for change, kind, _ in each.expected}
        if each.since <= version and not each.outside and (long or any(seen_of[kind] < OF_EACH for kind in kinds)):
            seen_of.update(kinds)
            yield each


OF_EACH = 5
"""Changes of each kind that a run restores, where nobody asked for more."""

LOSING = re.compile(
    r"^drop (table|foreign table|type|domain|sequence|schema|extension)|^alter table .* drop (column|identity)"
    r"|^drop .* cascade$",
    re.IGNORECASE,
)

KINDS = {
    *(
        "changed column",
        "changed comment",
        "changed composite type",
        "changed constraint",
        "changed default privileges",
    ),
    *("changed function", "changed materialized view", "changed policy", "changed procedure"),
    *("changed publication", "changed rule", "changed schema", "changed sequence", "changed setting", "changed table"),
    *("changed trigger", "changed type", "changed view"),
    *("extra aggregate", "extra comment", "extra constraint", "extra default privileges", "extra function"),
    *("extra index", "extra policy", "extra rule", "extra setting", "extra trigger", "extra view"),
    *("missing column", "missing comment", "missing constraint", "missing default privileges", "missing function"),
    *("missing index", "missing materialized view", "missing policy", "missing procedure", "missing rule"),
    *("missing setting", "missing table", "missing trigger", "missing type", "missing view"),
}
"""What must have statements at least. A table, a type or a column that is missing has them where it has a new name."""

ODD = """
create role "Odd Role"; create schema "S x"; create type "S x"."T t" as enum ('a', 'c');
create table "S x"."T ""t" ("C c" int default 1, "order" text, constraint "C ""k" check ("C c" > 0));
grant select on "S x"."T ""t" to "Odd Role" with grant option;
create policy "it's" on "S x"."T ""t" to "Odd Role" using ("order" = 'it''s');
create function "S x"."F f"(a int, b text default 'x') returns int language sql as 'select 1 -- it''s';
create view "S x"."V v" as select "C c" as x, "order" from "S x"."T ""t";
comment on view "S x"."V v" is 'it''s \\ a view';
grant select on "S x"."V v" to "Odd Role";
create trigger "G g" before insert on "S x"."T ""t" for each row execute function app.touch();
create index "I i" on "S x"."T ""t" ("order", ("C c" + 1));
"""

CHANGES = """
drop policy "it's" on "S x"."T ""t"
alter policy "it's" on "S x"."T ""t" rename to mine
alter policy "it's" on "S x"."T ""t" to public
alter table "S x"."T ""t" drop constraint "C ""k"
alter table "S x"."T ""t" rename constraint "C ""k" to c
alter table "S x"."T ""t" alter "C c" drop default
alter table "S x"."T ""t" alter "order" set not null
alter table "S x"."T ""t" enable row level security
alter table "S x"."T ""t" rename "C c" to plain
alter table "S x"."T ""t" owner to "rich ""odd"" name"
revoke grant option for select on "S x"."T ""t" from "Odd Role"
revoke select on "S x"."T ""t" from "Odd Role"
grant insert, update on "S x"."T ""t" to public
grant all on "S x"."T ""t" to "Odd Role"
grant update ("C c") on "S x"."T ""t" to "Odd Role"
revoke delete on "S x"."T ""t" from postgres
alter type "S x"."T t" add value 'd'
alter type "S x"."T t" rename to plain
drop function "S x"."F f"; create function "S x"."F f"(b int, c text) returns text language sql as 'select ''a'''
drop view "S x"."V v"
drop view "S x"."V v"; create view "S x"."V v" as select "order" as x from "S x"."T ""t"
create or replace view "S x"."V v" with (security_barrier) as select "C c" + 1 as x, "order" from "S x"."T ""t"
drop trigger "G g" on "S x"."T ""t"
alter table "S x"."T ""t" disable trigger "G g"
drop index "S x"."I i"
alter index "S x"."I i" rename to i
drop index "S x"."I i"; create unique index "I i" on "S x"."T ""t" ("order" desc)
revoke execute on function "S x"."F f" from public
drop function "S x"."F f"
"""


async def test_names_and_texts_of_any_kind(session: Session, prepared: Connection):
    """Names that need quotes, and texts with quotes in them, are restored as well, each change by itself."""
    wrong: list[str] = []
    await session.run("begin")
    await session.run(ODD)
    before = await read_inside(session, SCOPE)
    await session.run("rollback")
    for change in CHANGES.strip().splitlines():
        found, told = await restored(prepared, change, f"{ODD}; {change}", before)
        wrong += [*found, *([] if told or "add value" in change else [f"{change}: no statement"])]
    assert "\n".join(wrong) == ""


def difference(kind: str, identity: str, expected: Attributes, found: Attributes) -> Gathered:
    """A difference by itself."""
    change: Change = "missing" if found is None else "extra" if expected is None else "changed"
    return Gathered(difference=Difference(kind=kind, identity=identity, change=change, expected=expected, found=found))


def test_what_is_not_simple_has_no_statement():
    """Whatever holds rows, and a label that is there, stay as they are."""
    nothing = Schema(objects={}, server_version_num=180000)
    restoring = Restoring(nothing, nothing)
    kinds = ("table", "column", "type", "sequence", "schema", "foreign table", "composite type", "extension")
    for kind in kinds:
        for expected, found in (({}, None), (None, {}), ({"type": "integer"}, {"type": "text"})):
            assert restoring.sql(difference(kind, "a.b.c", expected, found)) == ()
    assert restoring.sql(difference("type", "a.b", {"labels": ["x"]}, {"labels": ["x", "y"]})) == ()
    hidden = {"value": "(hidden, 12ab)"}
    assert restoring.sql(difference("setting", "app.key", hidden, {"value": "(hidden, 34cd)"})) == ()


def test_what_default_privileges_would_give_is_taken():
    """An object that is made anew is open to nobody that it was closed to, whatever default privileges say."""
    defaults = {("default privileges", "a in b on tables"): '{"granted": {"anon": "SELECT", "reader": "SELECT"}}'}
    nothing = Schema(objects={}, server_version_num=180000)
    restoring = Restoring(nothing, Schema(objects=defaults, server_version_num=180000))
    view = {"query": " SELECT 1 AS a;", "owner": "me", "granted": {"reader": "SELECT"}}
    assert restoring.sql(difference("view", "b.v", view, None)) == (
        "create or replace view b.v as\nSELECT 1 AS a",
        'alter view b.v owner to "me"',
        "revoke all on table b.v from anon",
        "revoke all on table b.v from reader",
        "grant select on table b.v to reader",
    )


ABOUT = (
    *("table app.users", "column app.users.name", "view app.seen", "function app.add(integer, integer)"),
    *("constraint app.users.users_age_check", "trigger app.users.touched", "policy app.locked_down.mine"),
    *("constraint app.positive.above_zero", "type app.mood", "type app.positive", "composite type app.pair"),
    *("index app.orders_total", "rule app.plain.no_delete", "schema app", "sequence app.free"),
    *("procedure app.run(integer)", "aggregate app.total(integer)", "materialized view app.summary"),
)
"""What comments may be about."""


async def test_comments_settings_and_default_privileges(session: Session):
    """Each is what is expected after its statement, whatever its text is."""
    schema = Schema(objects={("type", "app.positive"): "{}"}, server_version_num=180000)
    text = "it's \\ a %s text"

    async def run(kind: str, identity: str, expected: Attributes, found: Attributes) -> None:
        statements = Restoring(schema, schema).sql(difference(kind, identity, expected, found))
        assert statements != ()
        for statement in statements:
            await session.run(statement)

    await session.run("begin")
    try:
        count = f"select to_jsonb(count(*)) from pg_description where description = {literal(text)}"
        for each in ABOUT:
            await run("comment", each, {"text": text}, None)
        assert await session.read(count) == [len(ABOUT)]
        for each in ABOUT:
            await run("comment", each, None, {"text": text})
        assert await session.read(count) == [0]

        await run("setting", "search_path", {"value": '"$user", app, "%x"'}, None)
        await run("setting", "app.odd", {"value": text}, {"value": "x"})
        await run("setting", 'work_mem of "rich ""odd"" name"', {"value": "7MB"}, None)
        await run("setting", "app.gone", {"value": "1"}, None)
        await run("setting", "app.gone", None, {"value": "1"})
        found = await session.read(
            "select to_jsonb(array_agg(c order by c)) from pg_db_role_setting s join pg_database d"
            " on d.oid = s.setdatabase and d.datname = current_database(), unnest(s.setconfig) c"
            " where c ~ '^app|^search_path|7MB'"
        )
        assert found == [[f"app.odd={text}", 'search_path="$user", app, "%x"', "work_mem=7MB"]]

        acl = "select to_jsonb(array_agg(defaclacl::text order by defaclobjtype)) from pg_default_acl"
        acl += " where defaclrole = 'rich_writer'::regrole"
        reader, public = {"granted": {"rich_reader": "SELECT"}}, {"revoked": {"PUBLIC": "EXECUTE"}}
        await run("default privileges", "rich_writer in app on tables", reader, None)
        await run("default privileges", "rich_writer on functions", public, None)
        assert await session.read(acl) == [["{rich_writer=X/rich_writer}", "{rich_reader=r/rich_writer}"]]
        await run("default privileges", "rich_writer in app on tables", None, reader)
        await run("default privileges", "rich_writer on functions", None, public)
        assert await session.read(acl) == [None]
    finally:
        await session.run("rollback")
