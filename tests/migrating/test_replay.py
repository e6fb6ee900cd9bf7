"""What has to run again before a file goes on: told from its text alone."""

import pytest

from migrator.migrating.files.checks import checked_script
from migrator.migrating.planning.replay import NotReplayableError, again
from migrator.source import Source
from migrator.sql.script import split

DO = "do $$ begin insert into tt values (1); end $$"


def replayed(*done: str, rest: str = "select * from tt") -> list[str]:
    """The texts that run again when the statements `done` have run and `rest` has not."""
    source = Source(path="x.sql", text=";\n".join([*done, rest]))
    script = checked_script(source, split(source), transactional=False)
    return [text for each in again(script, len(script.statements) - 1) for text in each.texts]


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (["set a.b = 'c'", "insert into t values (1)", "reset a.b"], ["set a.b = 'c'", "reset a.b"]),
        (["select set_config('a.b', 'c', false)", "select f()"], ["select set_config('a.b', 'c', false)"]),
        (["prepare p as insert into t values (1)", "execute p"], ["prepare p as insert into t values (1)"]),
        (["set a.b = 'c'", "discard all", "set a.b = 'd'"], ["set a.b = 'd'"]),
        (["listen here", "load 'auto_explain'"], ["listen here", "load 'auto_explain'"]),
        (["create table tt (a int)", "insert into tt values (1)"], []),
        (
            ["create temp table tt (a int)", "insert into tt values (1)", "create index on tt (a)", "analyze tt"],
            ["create temp table tt (a int)", "insert into tt values (1)", "create index on tt (a)"],
        ),
        (
            [
                "create table pg_temp.tt (a int)",
                "insert into pg_temp.tt values (1)",
                "insert into public.tt values (2)",
            ],
            ["create table pg_temp.tt (a int)", "insert into pg_temp.tt values (1)"],
        ),
        (
            [
                "create temp table tt (a int)",
                "insert into log values (1)",
                "drop table tt",
                "create temp view tt as table u",
            ],
            ["create temp table tt (a int)", "drop table tt", "create temp view tt as table u"],
        ),
        (
            ["create temp table tt as select * from u", "create index concurrently i on u (a)", "vacuum u"],
            ["create temp table tt as select * from u"],
        ),
        (["select 1 as a into temp tt", "set a.b = 'c'"], ["select 1 as a into temp tt", "set a.b = 'c'"]),
        (
            ["create temp table aa as select 1 as a", "create temp view tt as select * from aa"],
            ["create temp table aa as select 1 as a", "create temp view tt as select * from aa"],
        ),
        (
            [
                "create temp table tt (a int) on commit delete rows",
                "insert into tt select * from u",
                "update u set a = 1",
            ],
            ["create temp table tt (a int) on commit delete rows"],
        ),
    ],
)
def test_what_runs_again(done, expected):
    """Settings, prepared statements and temporary tables; nothing that wrote to the database."""
    assert replayed(*done) == expected


@pytest.mark.parametrize(
    ("done", "number", "name"),
    [
        (["create temp table tt as select * from u", "update u set a = 1"], 1, "tt"),
        (["create temp table tt (a int)", "insert into tt select * from u", "delete from u"], 2, "tt"),
        (
            ["create temp table tt (a int)", "with x as (delete from u returning a) insert into tt select a from x"],
            2,
            "tt",
        ),
        (["create temp table tt as with x as (delete from u returning a) select * from x"], 1, "tt"),
        (["create temp table tt (a int)", DO], 2, "tt"),
        (["create temp table tt (a int)", "prepare p as insert into tt values (1)", "execute p"], 3, "tt"),
        (["create temp table tt (a int)", "merge into tt using u on true when matched then delete"], 2, "tt"),
        (["select set_config('a.b', (select max(a)::text from u), false)", "update u set a = 2"], 1, ""),
    ],
)
def test_what_cannot_come_back(done, number, name):
    """Rows of a query that would find something else by now, and what nobody can see from here."""
    with pytest.raises(NotReplayableError) as caught:
        replayed(*done)
    assert (caught.value.number, caught.value.name) == (number, name)


def test_what_the_rest_does_not_need_is_left_out():
    """A temporary table that nothing names any more stops nobody."""
    done = ["create temp table tt as select * from u", "update u set a = 1"]
    assert replayed(*done, rest="select 1") == []
    assert replayed("create temp table tt (a int)", "insert into tt values (1)", rest="select 1") == []


def test_a_group_runs_again_with_what_it_set_for_itself():
    """Of a BEGIN ... COMMIT group only what lasted, under its own SET LOCAL; what ended with it stays away."""
    group = (
        "begin; set local search_path = q; create temp table tt (); create temp table bb () on commit drop; "
        "insert into bb values (1); insert into log values (1); commit"
    )
    assert replayed(group, rest="select * from tt, bb") == ["set local search_path = q", "create temp table tt ()"]
