"""The parts of CONCURRENTLY statements, read from tokens and offsets."""

import pytest

from migrator.source import Source
from migrator.sql.indexes import Detachment, IndexBuild, detachment, dropped_index, index_build, reindexed
from migrator.sql.statement import Statement


def whole(text: str) -> Statement:
    """The text as one statement."""
    return Statement(source=Source(path="t.sql", text=text), start=0, end=len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "create index concurrently i on t (a)",
            IndexBuild(unique=False, lenient=False, name="i", table='"t"', bare_table="t", tail="(a)"),
        ),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "My ""I" ON ONLY Shop."T t" USING gin (x) -- end\n WHERE y',
            IndexBuild(
                unique=True,
                lenient=True,
                name='My "I',
                table='"shop"."T t"',
                bare_table="T t",
                tail="USING gin (x) -- end\n WHERE y",
            ),
        ),
        (
            "create index concurrently on /* here */ t using btree (lower(a))",
            IndexBuild(
                unique=False, lenient=False, name=None, table='"t"', bare_table="t", tail="using btree (lower(a))"
            ),
        ),
        ("create index i on t (a)", None),
        ("create index concurrently", None),
        ("create index concurrently i", None),
        ("create index concurrently 1 on t (a)", None),
        ("drop index concurrently i", None),
    ],
)
def test_create_index_concurrently(text, expected):
    """Name, table and the rest as written; nothing for what is none, or what the server will refuse."""
    assert index_build(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drop index concurrently i", '"i"'),
        ('DROP INDEX CONCURRENTLY IF EXISTS s."I" restrict', '"s"."I"'),
        ("drop index concurrently a, b", None),
        ("drop index i", None),
    ],
)
def test_drop_index_concurrently(text, expected):
    """The index that it drops; with CONCURRENTLY the server takes one only."""
    assert dropped_index(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "alter table if exists only p detach partition s.q concurrently",
            Detachment(parent='"p"', partition='"s"."q"'),
        ),
        ("alter table p detach partition q", None),
        ("alter table p detach partition q finalize", None),
        ("alter table p add column a int", None),
    ],
)
def test_detach_concurrently(text, expected):
    """Both tables of a DETACH PARTITION ... CONCURRENTLY."""
    assert detachment(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reindex index concurrently i", ("INDEX", '"i"')),
        ("reindex (verbose, concurrently) table s.t", ("TABLE", '"s"."t"')),
        ("reindex schema concurrently s", ("SCHEMA", '"s"')),
        ("vacuum", None),
    ],
)
def test_reindex(text, expected):
    """What kind of thing a REINDEX is about, and its name."""
    assert reindexed(whole(text)) == expected
