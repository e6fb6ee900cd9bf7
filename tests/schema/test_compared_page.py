"""The page that says what is compared is true: it names every class of objects, and no secret is told."""

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


async def test_no_secret_is_told(session: Session):
    """Values that may be secrets are told by a mark, others as they are; passwords are not read at all."""
    found = await read(session, SCOPE)
    told = {
        "wrapper": found.attributes(("foreign data wrapper", "rich_wrapper"))["options"],
        "server": found.attributes(("server", "rich_server"))["options"],
        "table": found.attributes(("foreign table", "noted.far"))["foreign options"],
        "mapping": found.attributes(("user mapping", "rich_server for rich_reader")),
        "setting": found.attributes(("setting", "rich.api")),
        "harmless": found.attributes(("setting", "work_mem")),
    }
    assert told == {
        "wrapper": {"colour": "blue", "api_key": "(hidden, 5e92)"},
        "server": {"host": "a", "password": "(hidden, 2564)"},
        "table": ["password=(hidden, 2564)", "place=a"],
        "mapping": {},
        "setting": {"value": "(hidden, cc4f)"},
        "harmless": {"value": "5MB"},
    }
    assert [key for key, text in found.objects.items() if "first" in text] == []
