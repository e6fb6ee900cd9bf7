"""docs/supabase-server.md says of each extension on the embedded server what it is."""

import re
from pathlib import Path

import asyncpg
from standing import FOLDER, NAMES, version

PAGE = Path(__file__).parents[2] / "docs" / "supabase-server.md"


def section() -> str:
    """What the page says of extensions."""
    return PAGE.read_text(encoding="utf-8").partition("\n## Extensions\n")[2].partition("\n## ")[0]


def test_the_table_is_the_folder():
    r"""The table holds every stand-in with its version and the words that `\\dx` shows, and nothing else."""
    shown = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", section(), re.MULTILINE)
    told = []
    for name in NAMES:
        comment = re.search(r"^comment = '(.*)'$", (FOLDER / f"{name}.control").read_text(), re.MULTILINE)
        assert comment is not None
        told.append((name, version(name), comment[1].removeprefix(f"stand-in of {name} made by migrator: ")))
    assert shown == told


async def test_what_is_called_real_is(theirs: asyncpg.Connection):
    """Every extension that the page calls real is one of the installation, and no stand-in."""
    words = section().partition("Real are those")[2].partition("What the embedded server has not")[0]
    real = re.findall(r"`(.*?)`", words.partition("\n\n")[2])
    found = await theirs.fetch("select name, comment from pg_available_extensions where name = any ($1)", real)
    missing = sorted({*real} - {row["name"] for row in found if "stand-in" not in row["comment"]})
    assert (missing, len(real)) == ([], 31)


def test_each_file_says_what_it_stands_for():
    """Each script opens with what it stands for and what of it works, and every stand-in has its pair of files."""
    wrong = [
        name
        for name in NAMES
        if not re.match(
            r"-- Stands for [\s\S]*?\n-- (Real|Raises|Different|NOT REAL|Settings)",
            (FOLDER / f"{name}--{version(name)}.sql").read_text(),
        )
    ]
    assert (wrong, len(list(FOLDER.iterdir()))) == ([], 2 * len(NAMES))
