"""A PostgreSQL of Debian that loads pgaudit, auto_explain and pg_stat_statements, and whose log can be read."""

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address, Config

PROGRAMS = max((path.parents[1] / "bin" for path in Path("/usr/lib/postgresql").glob("*/lib/pgaudit.so")), default=None)
LIBRARIES = "pgaudit,auto_explain,pg_stat_statements"
_numbers = itertools.count(1)

Audited = Callable[..., Awaitable[Config]]


def _missing() -> str | None:
    """Why the server cannot be started here."""
    if PROGRAMS is None:
        return "PostgreSQL with pgaudit is not installed, Debian's postgresql-15-pgaudit"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no `runuser`"
    return None


@dataclass
class Auditor:
    """The server: where it listens, and where it writes its log."""

    port: int
    log: Path

    def address(self, database: str, role: str = "postgres") -> str:
        """Of one of its databases; it trusts everybody on this machine."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    async def logged(self, work: Awaitable[object]) -> str:
        """What the server writes to its log while something is done."""
        before = self.log.stat().st_size
        await work
        # backends write the log themselves, each before it answers: what is answered is in it
        with self.log.open("rb") as file:
            file.seek(before)
            return file.read().decode()


@pytest.fixture(scope="session")
def auditor(need: Callable[[str, str | None], None]) -> Iterator[Auditor]:
    """Start it once for all tests that ask, and stop it."""
    need("pgaudit", _missing())
    folder = Path(tempfile.mkdtemp(prefix="migrator-pgaudit-"))
    folder.chmod(0o755)
    switch = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if switch:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])

    def program(name: str, *arguments: str) -> None:
        command = [*switch, f"{PROGRAMS}/{name}", "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    program("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    options += f" -c shared_preload_libraries={LIBRARIES} -c log_line_prefix= -c log_checkpoints=off"
    program("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield Auditor(port=port, log=folder / "log")
    finally:
        program("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def audited(auditor: Auditor, tmp_path: Path) -> AsyncIterator[Audited]:
    """Make a project on a database of its own on that server, which each of the given statements is run in first.

    In them `{database}` is the database's name; `deployer` is a role without any right.
    """
    made: list[str] = []

    async def execute(database: str, *statements: str) -> None:
        connection = await asyncpg.connect(auditor.address(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def make(files: dict[str, str], *statements: str, role: str = "postgres") -> Config:
        name = f"audited_{next(_numbers)}"
        await execute("postgres", f"create database {name}")
        made.append(name)
        await execute(name, *(statement.format(database=name) for statement in statements))
        folder = tmp_path / name / "migrations"
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).write_text(text, encoding="utf-8")
        return Config(
            root=folder.parent,
            database=Address(auditor.address(name, role), "test"),
            migrations=(folder,),
            seeds=(folder.parent / "seeds",),
        )

    await execute("postgres", "create role deployer login")
    yield make
    await execute("postgres", *(f"drop database {name} with (force)" for name in made), "drop role deployer")
