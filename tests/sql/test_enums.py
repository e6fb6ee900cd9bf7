"""New values of an enum that are used too early."""

import asyncpg
import pytest

from migrator.source import Source
from migrator.sql.enums import early_uses
from migrator.sql.script import split

SETUP = "create type mood as enum ('sad'); create table t (m mood); create type public.other as enum ('x')"


def found(text: str) -> list[tuple[str, str, str, str]]:
    statements = split(Source(path="t.sql", text=text))
    return [(use.value, use.type, str(use.added), str(use.used)) for use in early_uses(statements)]


UNSAFE = [
    (
        "alter type mood add value 'ok';\ninsert into t values ('ok')",
        [("ok", "mood", "t.sql:1:1", "t.sql:2:1")],
    ),
    (
        """ALTER TYPE public.Mood ADD VALUE IF NOT EXISTS E'o\\x6b' BEFORE 'sad';
select 1;
alter table t alter m set default $$ok$$""",
        [("ok", "public.mood", "t.sql:1:1", "t.sql:3:1")],
    ),
    (
        """alter type mood add value 'it''s';
alter type mood add value 'b';
select 'b'::mood, 'it''s'::mood;
select 'b'::mood""",
        [("b", "mood", "t.sql:2:1", "t.sql:3:1"), ("it's", "mood", "t.sql:1:1", "t.sql:3:1")],
    ),
]
SAFE = [
    "alter type mood add value 'ok'; insert into t values ('sad')",
    "alter type mood add value 'ok'; alter type mood add value 'better' after 'ok'",
    "create type fresh as enum ('a'); alter type fresh add value 'ok'; select 'ok'::fresh",
    "alter type mood rename value 'sad' to 'ok'; insert into t values ('ok')",
    "select 'ok'; alter type mood add value 'ok'",
]


@pytest.mark.parametrize(("text", "expected"), UNSAFE)
def test_finds_what_is_used_too_early(text: str, expected: list[tuple[str, str, str, str]]):
    """Each value once, at its first use, with the place where it was added."""
    assert sorted(found(text)) == sorted(expected)


@pytest.mark.parametrize("text", SAFE)
def test_leaves_the_rest_alone(text: str):
    """Other values, types made in the same transaction, renamed values, uses before."""
    assert found(text) == []


@pytest.mark.db
async def test_postgresql_agrees(db: asyncpg.Connection):
    """In one transaction the server refuses with 55P04 what was found, and takes the rest."""
    for text in [text for text, _ in UNSAFE]:
        await db.execute(f"begin; {SETUP}; commit")
        with pytest.raises(asyncpg.UnsafeNewEnumValueUsageError):
            await db.execute(f"begin; {text}; commit")
        await db.execute("rollback; drop table t; drop type mood; drop type other")
    for text in SAFE:
        await db.execute(f"begin; {SETUP}; commit; begin; {text}; commit")
        await db.execute("drop table t; drop type mood; drop type other; drop type if exists fresh")
