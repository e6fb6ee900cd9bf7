"""The page that says what is compared names every class of objects, and no other."""

import re
from pathlib import Path

import mutation
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.ignore_list import KINDS
from migrator.schema.reading import read

PAGE = Path(__file__).parents[2] / "docs/compared.md"


def _named() -> set[str]:
    """The classes in the first column of its table."""
    table = PAGE.read_text(encoding="utf-8").partition("| class |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall("`([^`]+)`", row.split("|")[1])}


async def test_every_class_is_named(session: Session):
    """A database that has everything in it has the classes of the page; no server of ours has a provider of labels."""
    found = await read(session, SCOPE)
    assert {*found.counts(), "security label"} == _named()
    assert _named() == set(mutation.KINDS)
    assert _named() == set(KINDS)
