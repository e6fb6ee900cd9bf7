"""Golden files, compared as they are or written anew with `pytest --golden`; one database that all cases share."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

# a hundred new databases would take longer than all cases together
EMPTY = """
do $$
declare name text;
begin
    for name in select nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)' loop
        execute format('drop schema %I cascade', name);
    end loop;
end $$;
create schema public authorization pg_database_owner;
grant usage on schema public to public
"""


def _run(dsn: str, statement: str) -> None:
    async def go() -> None:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(go())


@pytest.fixture(scope="session")
def shared_dsn(server_dsn: str) -> Iterator[str]:
    """The address of the database that all cases use, one after the other."""
    name = f"cases_{os.getpid()}"
    head, _, query = server_dsn.partition("?")
    _run(server_dsn, f"create database {name} template template0")
    try:
        yield head.rpartition("/")[0] + "/" + name + (f"?{query}" if query else "")
    finally:
        _run(server_dsn, f"drop database {name} with (force)")


@pytest.fixture
def dsn(shared_dsn: str) -> str:
    """The address of a database with nothing in it."""
    _run(shared_dsn, EMPTY)
    return shared_dsn


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], str]:
    """The text that a golden file holds; with `--golden`, after writing what was found to it."""

    def read(path: Path, found: str) -> str:
        if request.config.getoption("--golden"):
            path.write_text(found, encoding="utf-8", newline="")
        assert path.exists(), f"{path} is missing: `pytest --golden` writes it"
        return path.read_bytes().decode()

    return read
