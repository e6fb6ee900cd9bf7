"""What a statement wants of the transaction around it: told from its tokens, for files that have none."""

import pytest

from migrator.source import Source
from migrator.sql.statement import Statement
from migrator.sql.transactions import ends_its_own, lasts_as_long


def whole(text: str) -> Statement:
    """The text as one statement."""
    return Statement(source=Source(path="t.sql", text=text), start=0, end=len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call p(1)", "CALL"),
        ("CALL /* x */ s.p()", "CALL"),
        ("do $$ begin perform 1; commit; end $$", "DO"),
        ("do language plpgsql 'begin call p(); end'", "DO"),
        ("do $$ begin ROLLBACK; end $$", "DO"),
        ("do $$ begin perform committed(); end $$", None),
        ("select 'call'", None),
        ("create procedure p() language sql as 'commit'", None),
    ],
)
def test_what_may_end_its_own_transaction(text, expected):
    """CALL always, DO where its body says COMMIT, ROLLBACK or CALL."""
    assert ends_its_own(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lock table t in exclusive mode", "LOCK TABLE"),
        ("LOCK t", "LOCK TABLE"),
        ("set local search_path = a", "SET LOCAL"),
        ("set constraints all deferred", "SET CONSTRAINTS"),
        ("set transaction isolation level serializable", "SET TRANSACTION"),
        ("select set_config('a.b', 'c', true)", "set_config(..., true)"),
        ("SELECT pg_catalog.set_config('a', 'b', true), set_config('c', 'd', true) -- x", "set_config(..., true)"),
        ("create temp table t (a int) on commit drop", "CREATE TEMPORARY TABLE ... ON COMMIT DROP"),
        ("create temporary table t on commit drop as select 1", "CREATE TEMPORARY TABLE ... ON COMMIT DROP"),
        ("declare c cursor for select 1", "DECLARE ... CURSOR"),
        ("declare c cursor with hold for select 1", None),
        ("set search_path = a", None),
        ("set session authorization x", None),
        ("select set_config('a.b', 'c', false)", None),
        ("select set_config('a.b', 'c', true), f()", None),
        ("select set_config('a.b', 'c', true) from t", None),
        ("create temp table t (a int) on commit delete rows", None),
        ("create temp table t (a text default 'on commit drop')", None),
        ("select * from t for update", None),
        ("insert into lock values (1)", None),
    ],
)
def test_what_ends_with_its_transaction(text, expected):
    """Alone in a transaction it does nothing; what serves the rest of its own statement is left alone."""
    assert lasts_as_long(whole(text)) == expected
