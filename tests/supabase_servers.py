"""Fixtures of every folder: one server a run that the product has made for Supabase, and copies of its database."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from places import make_place

from migrator.database.address.launch import DEFAULT_DIRECTORY, SUPABASE_DIRECTORY, Launch
from migrator.database.launching import embedded
from migrator.database.postgres import postmaster

Connection = asyncpg.Connection
_numbers = itertools.count(1)


def address(directory: Path, role: str = "postgres", database: str = "postgres") -> str:
    """The address of a role on a server of ours."""
    found = postmaster.read(directory)
    assert found is not None
    return f"postgresql://{role}@/{database}?host={found.sockets}&port={found.port}"


async def _run(directory: Path, *statements: str) -> None:
    connection = await asyncpg.connect(address(directory, "supabase_admin"), statement_cache_size=0)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.fixture(scope="session")
def on() -> Callable[..., str]:
    """The address of a role on a server of ours, from its data directory: `on(directory, role, database)`."""
    return address


@pytest.fixture
async def folder() -> AsyncIterator[Path]:
    """A project folder of the test's own, whose server for Supabase is stopped at the end."""
    made = make_place()
    yield made
    await embedded.stop(made / SUPABASE_DIRECTORY)
    await embedded.stop(made / DEFAULT_DIRECTORY)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def supabase_server() -> Iterator[Path]:
    """The data directory of a running server for Supabase."""
    made = make_place()
    directory = made / SUPABASE_DIRECTORY
    try:
        asyncio.run(embedded.start(Launch(directory=directory, supabase=True)))
        # tests of crashes start servers of their own; this one may lose its data in a crash of the machine
        asyncio.run(_run(directory, "alter system set fsync = off", "select pg_reload_conf()"))
        yield directory
    finally:
        asyncio.run(embedded.stop(directory))
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
async def supabase_database(supabase_server: Path) -> AsyncIterator[str]:
    """The name of a database of this test's own, as the prelude has left `postgres`."""
    name = f"s_{next(_numbers)}"
    connection = await asyncpg.connect(address(supabase_server, "supabase_admin", "template1"), statement_cache_size=0)
    await connection.execute(f"create database {name} template postgres owner postgres strategy file_copy")
    await connection.execute(f'alter database {name} set search_path to "$user", public, extensions')
    yield name
    # a role is the server's, so that what a project has told its API is there for the next test, too
    await connection.execute("alter role authenticator reset pgrst.db_schemas")
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def admin(supabase_server: Path, supabase_database: str) -> AsyncIterator[Connection]:
    """A superuser's connection to the test's database."""
    connection = await asyncpg.connect(
        address(supabase_server, "supabase_admin", supabase_database), statement_cache_size=0
    )
    yield connection
    await connection.close()


@pytest.fixture
async def postgres(supabase_server: Path, supabase_database: str) -> AsyncIterator[Connection]:
    """The connection that a project's migrations have."""
    connection = await asyncpg.connect(address(supabase_server, "postgres", supabase_database), statement_cache_size=0)
    yield connection
    await connection.close()


@pytest.fixture
def supabase_dsn(supabase_server: Path, supabase_database: str) -> str:
    """The address that a project's migrations have."""
    return address(supabase_server, "postgres", supabase_database)
