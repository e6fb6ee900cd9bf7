"""Each one-statement change of the rich database is seen as what it is, and as nothing else."""

from collections.abc import Iterator

import asyncpg
import mutation
from mutation import Mutation, Seen, read_inside, seen
from riches import SCOPE, Connection, canonical

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.schema.objects import Schema
from migrator.schema.reading import LOCALLY, read
from migrator.source import Source
from migrator.sql.script import split


async def _inside(connection: Connection, each: Mutation, before: Schema) -> frozenset[Seen]:
    """What is seen of a change in its own transaction, which is rolled back."""
    await connection.execute("begin")
    try:
        await connection.execute(f"{each.sql}\n;{LOCALLY}")
        after = await canonical(connection, before)
    finally:
        await connection.execute("rollback")
    return seen(before, after)


async def _outside(session: Session, each: Mutation, before: Schema) -> frozenset[Seen]:
    for statement in split(Source(path=each.place, text=each.sql)):
        await session.run(statement.text)
    found = seen(before, await read(session, SCOPE))
    for statement in split(Source(path=each.place, text=each.undo)):
        await session.run(statement.text)
    left = seen(before, await read(session, SCOPE))
    assert left == frozenset(), f"{each.place}: its undoing leaves {sorted(left)}"
    return found


async def failures(session: Session, prepared: Connection, folder: str) -> list[str]:
    """What is not seen as expected, in words."""
    version, _ = session.version
    before = await read(session, SCOPE)
    told = []
    for each in mutation.mutations(folder):
        if each.since > version:
            continue
        try:
            found = await (_outside(session, each, before) if each.outside else _inside(prepared, each, before))
        except (MigratorError, asyncpg.PostgresError) as error:
            told.append(f"{each.place}: {error}")
            continue
        told += _told(each, found)
    return told


def _told(each: Mutation, found: frozenset[Seen]) -> Iterator[str]:
    for change, kind, identity in sorted(each.expected - found):
        yield f"{each.place}: not seen: {change} {kind} {identity}"
    for change, kind, identity in sorted(found - each.expected):
        yield f"{each.place}: seen, too: {change} {kind} {identity}"


async def test_each_change_is_seen_as_what_it_is(session: Session, prepared: Connection):
    """One statement, one transaction: exactly the objects that its file names are missing, extra or changed."""
    assert "\n".join(await failures(session, prepared, "mutations")) == ""


async def test_what_changes_nothing_is_no_difference(session: Session, prepared: Connection):
    """What leaves the schema as it was, in whatever way, is no difference."""
    assert "\n".join(await failures(session, prepared, "noops")) == ""


async def test_a_reading_inside_a_transaction_sees_what_that_has_done(session: Session):
    """The same as from outside, and what the transaction has changed; its own settings hold again afterwards."""
    before = await read(session, SCOPE)
    await session.run("begin; set local lock_timeout = '7s'; create table app.of_mine (a integer)")
    found = seen(before, await read_inside(session, SCOPE))
    settings = await session.read("select to_json(current_setting('lock_timeout'))")
    await session.run("rollback")
    assert found == {("extra", "table", "app.of_mine"), ("extra", "column", "app.of_mine.a")}
    assert settings == ["7s"]
