"""What a terminal is asked before data may be lost: yes or no, and the name of a protected database."""

import asyncio
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Config
from migrator.migrating import protect, up

Project = Callable[..., Config]
Terminal = Callable[..., tuple[int, str]]

SHOP = {
    "migrations/0001.users.sql": "create table users (id int primary key)",
    "migrations/0001.users.rollback.sql": "drop table users",
    "seeds/users.yaml": "users:\n  - {id: 1}\n",
}
HOUSE = Path(__file__).parents[2]
PATIENCE = 60.0


@pytest.fixture
def terminal(tmp_path: Path, dsn: str) -> Terminal:
    """Run `migrate ...` on a pseudo-terminal; `talk` is what is asked, in part, and what is typed then."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MIGRATOR_", "GITHUB_"))}
    environ |= {"DATABASE_URL": dsn, "PYTHONPATH": str(HOUSE), "TERM": "dumb"}

    def converse(*arguments: str, talk: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
        (tmp_path / "migrator.toml").touch()
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "migrator", *arguments],
            cwd=tmp_path,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            said, heard = "", 0
            for asked, typed in talk:
                while asked not in said[heard:]:
                    part = _read(ours)
                    assert part, f"it ended without asking `{asked}`: {said}"
                    said += part
                heard = len(said)
                os.write(ours, typed.encode())
            while part := _read(ours):
                said += part
            return process.wait(PATIENCE), said.replace("\r\n", "\n")
        finally:
            os.close(ours)
            if process.poll() is None:
                process.kill()
                process.wait()

    return converse


def _read(stream: int) -> str:
    """What comes next; empty at the end, which Linux tells as an error."""
    end = time.monotonic() + PATIENCE
    ready, _, _ = select.select([stream], [], [], PATIENCE)
    assert ready, f"nothing was said for {time.monotonic() - end + PATIENCE:.0f} s"
    try:
        return os.read(stream, 65536).decode()
    except OSError:
        return ""


async def converse(terminal: Terminal, *arguments: str, talk: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
    """The same beside an event loop."""
    return await asyncio.to_thread(terminal, *arguments, talk=talk)


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("down", "Roll back 1 migration? [y/N] "),
        ("redo", "Roll back 1 migration? [y/N] "),
        ("seed", None),
        ("reset", "Drop everything in this database and build it anew? [y/N] "),
    ],
)
async def test_a_protected_database_is_asked_for(
    project: Project, db: asyncpg.Connection, terminal: Terminal, command: str, question: str | None
):
    """On a terminal the name of a protected database is asked for and, when it is typed, the work is done."""
    config = project(SHOP)
    await up(config)
    await protect(config)
    before = await db.fetchval("select 'users'::regclass::oid")
    name = await db.fetchval("select current_database()")
    first = ((question, "y\n"),) if question else ()
    asked = f" is protected: type the database's name, `{name}`, to go on: "
    code, said = await converse(terminal, command, talk=(*first, (asked, f"{name}\n")))
    assert code == 0, said
    if command == "seed":
        assert [row["id"] for row in await db.fetch("select id from users")] == [1]
    else:
        assert await db.fetchval("select to_regclass('users')::oid") != before


@pytest.mark.parametrize("typed", ["y\n", "\n", "\x04"], ids=["y", "nothing", "end of input"])
async def test_another_name_is_no(project: Project, db: asyncpg.Connection, terminal: Terminal, typed: str):
    """`--yes` does not spare the question, and any other answer than the name leaves everything as it was: exit 1."""
    config = project(SHOP)
    await up(config)
    await protect(config)
    code, said = await converse(terminal, "down", "--yes", talk=(("to go on: ", typed),))
    assert (code, said.splitlines()[-2:]) == (
        1,
        ["error: that is not the database's name", "nothing was changed"],
    )
    assert await db.fetchval("select to_regclass('users') is not null")


async def test_the_protection_is_lifted_on_a_terminal(project: Project, db: asyncpg.Connection, terminal: Terminal):
    """`protect --off` asks yes or no, and not at all where there is nothing to lift."""
    config = project(SHOP)
    await protect(config)
    question = "Lift the protection of this database? [y/N] "
    code, said = await converse(terminal, "protect", "--off", talk=((question, "n\n"),))
    assert (code, "error: the answer was no" in said) == (1, True)
    assert await db.fetchval("select count(*) from migrator.setting") == 1
    code, said = await converse(terminal, "protect", "--off", talk=((question, "y\n"),))
    assert (code, "lifted the protection of postgresql://" in said) == (0, True)
    assert await db.fetchval("select count(*) from migrator.setting") == 0
    code, said = await converse(terminal, "protect", "--off")
    assert (code, "nothing to change: postgresql://" in said) == (0, True)
