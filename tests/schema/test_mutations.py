"""Each one-statement change of the rich database is seen as what it is, and as nothing else."""

from collections.abc import Iterator

import mutation
import pytest
from mutation import Mutation, Seen, seen
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.schema.objects import Schema
from migrator.schema.reading import read, read_inside
from migrator.source import Source
from migrator.sql.script import split


async def _inside(session: Session, each: Mutation, before: Schema) -> frozenset[Seen]:
    """What is seen of a change in its own transaction, which is rolled back."""
    await session.run("begin")
    try:
        await session.run(each.sql)
        return seen(before, await read_inside(session, SCOPE))
    finally:
        await session.run("rollback")


async def _outside(session: Session, each: Mutation, before: Schema) -> frozenset[Seen]:
    for statement in split(Source(path=each.place, text=each.sql)):
        await session.run(statement.text)
    found = seen(before, await read(session, SCOPE))
    for statement in split(Source(path=each.place, text=each.undo)):
        await session.run(statement.text)
    left = seen(before, await read(session, SCOPE))
    assert left == frozenset(), f"{each.place}: its undoing leaves {sorted(left)}"
    return found


async def failures(session: Session, folder: str, name: str) -> list[str]:
    """What is not seen as expected, in words."""
    version, _ = session.version
    before = await read(session, SCOPE)
    told = []
    for each in mutation.mutations(folder, name):
        if each.since > version:
            continue
        try:
            found = await (_outside if each.outside else _inside)(session, each, before)
        except MigratorError as error:
            told.append(f"{each.place}: {error}")
            continue
        told += _told(each, found)
    return told


def _told(each: Mutation, found: frozenset[Seen]) -> Iterator[str]:
    for change, kind, identity in sorted(each.expected - found):
        yield f"{each.place}: not seen: {change} {kind} {identity}"
    for change, kind, identity in sorted(found - each.expected):
        yield f"{each.place}: seen, too: {change} {kind} {identity}"


@pytest.mark.parametrize("name", mutation.files("mutations"))
async def test_each_change_is_seen_as_what_it_is(session: Session, name: str):
    """One statement, one transaction: exactly the objects that the file names are missing, extra or changed."""
    assert "\n".join(await failures(session, "mutations", name)) == ""


@pytest.mark.parametrize("name", mutation.files("noops"))
async def test_what_changes_nothing_is_no_difference(session: Session, name: str):
    """What leaves the schema as it was, in whatever way, is no difference."""
    assert "\n".join(await failures(session, "noops", name)) == ""
