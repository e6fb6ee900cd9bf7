"""Differences as findings: what they say, how bad they are, and where the files last named the object."""

from collections.abc import Callable
from pathlib import Path

import asyncpg

from migrator import up, verify
from migrator.config import Config
from migrator.schema.compare import Comparison, compare
from migrator.schema.objects import Schema
from migrator.verifying.expecting.expected import Expected
from migrator.verifying.naming.named import Named
from migrator.verifying.telling import drift

FILES = {
    "migrations/0001.users.sql": """\
create table users (id int primary key, email text not null, note text);
create policy own on users using (email = current_user);
create function f() returns int language sql as 'select 1';
""",
    "migrations/0002.orders.sql": """\
create table orders (id int primary key, user_id int references users);
create view emails as
    select email from users;
grant select on emails to public;
""",
    "migrations/0003.later.sql": "alter table users add column age int;\nalter policy own on users to public;\n",
}


OR = "or dropped, and another one added"
MORE = "with 2 columns, 1 constraint and 1 index"


async def test_what_findings_say(project: Callable[..., Config], db: asyncpg.Connection):
    """Each names its object as people do, says what happened to it, and points at the statement that named it last."""
    config = project(FILES)
    await up(config)
    await db.execute("""
        drop policy own on users;
        drop table orders;
        alter table users drop column age;
        alter table users rename note to remark;
        alter table users alter column email drop not null, enable row level security;
        revoke select on emails from public;
        create or replace function f() returns int language sql as 'select 2';
        create table by_hand (id int primary key, t text);
        create index on users (email);
    """)
    result = await verify(config)
    told = {
        f"{each.code} {each.severity} {each.subject}": (
            each.message,
            None if each.where is None else f"{Path(each.where.path).name}:{each.where.line}:{each.where.column}",
        )
        for each in result.findings
    }
    outside = "outside the migrations"
    assert told == {
        "V203 error public.users.email": (
            f"column `email` of `public.users` was changed {outside}: `not null`",
            "0001.users.sql:1:41",
        ),
        "V201 error public.users.age": (
            f"column `age` of `public.users` is missing: it was dropped {outside}",
            "0003.later.sql:1:30",
        ),
        "V201 error public.users.note": (
            f"column `note` of `public.users` is called `remark` now: it was renamed {outside}, {OR}",
            "0001.users.sql:1:62",
        ),
        "V202 error public.users_email_idx": (
            f"index `public.users_email_idx` on `public.users` should not be there: it was made {outside}",
            None,
        ),
        "V203 error public.f()": (f"function `public.f()` was changed {outside}: `definition`", "0001.users.sql:3:17"),
        "V201 error public.users.own": (
            f"policy `own` on `public.users` is missing: it was dropped {outside}",
            "0003.later.sql:2:14",
        ),
        "V202 error public.by_hand": (
            f"table `public.by_hand` should not be there: it was made {outside}, {MORE}",
            None,
        ),
        "V201 error public.orders": (
            f"table `public.orders` is missing: it was dropped {outside}, with 2 columns, 2 constraints and 1 index",
            "0002.orders.sql:1:14",
        ),
        "V203 error public.users": (
            f"table `public.users` was changed {outside}: `row level security`",
            "0003.later.sql:1:13",
        ),
        "V203 error public.emails": (f"view `public.emails` was changed {outside}: `granted`", "0002.orders.sql:4:17"),
    }


def _schema(**objects: str) -> Schema:
    return Schema(
        objects=dict(sorted((tuple(key.split("__")), text) for key, text in objects.items())),  # type: ignore[misc]
        server_version_num=180000,
    )


def test_the_diff_of_a_new_name_is_that_name():
    """Nobody has to look for what else may be gone, where nothing is."""
    one, other = (
        _schema(**{f"statistics__app.{name}": '{"owner": "ada", "definition": "x"}'}) for name in ("old", "new")
    )
    expected = Expected(schema=one, said="the record")
    (found,) = drift.findings(compare(one, other), expected, other, Named(()))
    assert found.message == "statistics `app.old` is called `new` now: it was renamed outside the migrations"
    assert (found.diff or "").splitlines() == [
        "--- expected statistics: app.old",
        "+++ live statistics: app.new",
        "@@ -1,3 +1,3 @@",
        "-statistics: app.old",
        "+statistics: app.new",
        "   definition: x",
        "   owner: ada",
    ]


def test_what_is_there_anyway():
    """A row that tells only what was changed of something that every database has is no object, made or dropped."""
    rows = {
        "database__current": '{"granted": {"ada": "CREATE"}}',
        "default privileges__ada on tables": '{"granted": {"bob": "SELECT"}}',
        "language__plpgsql": '{"revoked": {"PUBLIC": "USAGE"}}',
        "operator family__pg_catalog.integer_ops using btree": '{"functions": ["1 (bigint, a.b) a.f(bigint,a.b)"]}',
    }
    told = [
        "the database was changed outside the migrations: `granted`",
        "default privileges of `ada on tables` were changed outside the migrations: `granted`",
        "language `plpgsql` was changed outside the migrations: `revoked`",
        "operator family `pg_catalog.integer_ops using btree` was changed outside the migrations: `functions`",
    ]
    with_rows, without = _schema(**rows), _schema()
    for one, other in ((with_rows, without), (without, with_rows)):
        expected = Expected(schema=one, said="the record")
        found = drift.findings(compare(one, other), expected, other, Named(()))
        assert [(each.code, each.message) for each in found] == [("V203", each) for each in told]
    assert [each.sql for each in found] == [
        (),
        ("alter default privileges for role ada revoke select on tables from bob",),
        ("grant usage on language plpgsql to PUBLIC",),
        (),
    ]
    made = _schema(language__mine='{"owner": "ada"}')
    expected = Expected(schema=made, said="the record")
    (gone,) = drift.findings(compare(made, without), expected, without, Named(()))
    assert (gone.code, gone.message) == (
        "V201",
        "language `mine` is missing: it was dropped outside the migrations",
    )


def test_what_is_mild():
    """The order of columns and the version of an extension are warnings, a comment is a note."""
    order = {"column order__a.b": '{"columns": ["x", "y"]}', "extension version__v": '{"version": "1"}'}
    expected = Expected(schema=_schema(**order, **{"comment__table a.b": '{"text": "one"}'}), said="the record")
    live = _schema(
        **{
            "column order__a.b": '{"columns": ["y", "x"]}',
            "extension version__v": '{"version": "2"}',
            "comment__column a.b.c": '{"text": "two"}',
        }
    )
    found = drift.findings(compare(expected.schema, live), expected, live, Named(()))
    assert [(each.code, each.severity, each.message) for each in found] == [
        (
            "V203",
            "warning",
            "the order of the columns of `a.b` is another one: they were made in another order outside the migrations",
        ),
        ("V202", "info", "the comment on column `c` of `a.b` should not be there: it was made outside the migrations"),
        ("V201", "info", "the comment on table `a.b` is missing: it was dropped outside the migrations"),
        ("V203", "warning", "the version of the extension `v` was changed outside the migrations: `version`"),
    ]
    assert found[1].sql == ("comment on column a.b.c is NULL",)
    assert (found[3].diff or "").splitlines() == [
        "--- expected extension version: v",
        "+++ live extension version: v",
        "@@ -1,2 +1,2 @@",
        " extension version: v",
        '-  version: "1"',
        '+  version: "2"',
    ]


def test_nothing_is_no_finding():
    """Equal schemas have none."""
    expected = Expected(schema=_schema(), said="the record")
    assert drift.findings(Comparison(differences=()), expected, _schema(), Named(())) == ()
