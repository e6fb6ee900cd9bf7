"""A PostgreSQL of Debian that loads pgaudit, auto_explain and pg_stat_statements, and whose log can be read."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import debian
import pytest
from debian import Debian

from migrator.config import Address, Config

PROGRAMS = debian.programs("lib/pgaudit.so")
LIBRARIES = "pgaudit,auto_explain,pg_stat_statements"
_numbers = itertools.count(1)

Audited = Callable[..., Awaitable[Config]]


@pytest.fixture(scope="session")
def auditor(need: Callable[[str, str | None], None]) -> Iterator[Debian]:
    """Start it once for all tests that ask, and stop it."""
    need("pgaudit", debian.missing(PROGRAMS, "postgresql-15-pgaudit"))
    with debian.made(PROGRAMS) as server:
        debian.start(server, f"shared_preload_libraries={LIBRARIES}", "log_checkpoints=off")
        yield server


@pytest.fixture
async def audited(auditor: Debian, tmp_path: Path) -> AsyncIterator[Audited]:
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
