"""A server that finds the stand-ins, and a role without power that uses them."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from standing import FOLDER, run

from migrator.config import Address


@pytest.fixture(scope="session")
def search(server_dsn: str) -> Iterator[str]:
    """An `extension_control_path` with the stand-ins, in a folder that the server's account can read."""
    if run(server_dsn, lambda found: found.fetchval("select current_setting('server_version_num')::int")) < 180000:
        pytest.skip("before PostgreSQL 18 there is no `extension_control_path`")
    place = Path(tempfile.mkdtemp(prefix="migrator-stand-ins-"))
    shutil.copytree(FOLDER, place / "extension")
    for path in (place, place / "extension", *(place / "extension").iterdir()):
        path.chmod(0o755)
    yield f"$system:{place}"
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def powerless(server_dsn: str) -> Iterator[str]:
    """A role that is no superuser; its password is its name."""
    name = "stand_in_owner"
    drop = f"drop role if exists {name}"
    run(server_dsn, lambda found: found.execute(f"{drop}; create role {name} login password '{name}'"))
    yield name
    run(server_dsn, lambda found: found.execute(drop))


@pytest.fixture
def owner(server_dsn: str, dsn: str, search: str, powerless: str) -> str:
    """A role that is no superuser and owns the test's database, where the stand-ins are found, as on the platform."""
    database = dsn.partition("?")[0].rpartition("/")[2]

    async def prepare(found: "asyncpg.Connection[asyncpg.Record]") -> None:
        await found.execute(f"alter database {database} owner to {powerless}")
        await found.execute(f"alter database {database} set extension_control_path = '{search}'")
        await found.execute(f'alter database {database} set search_path = "$user", public, extensions')

    run(server_dsn, prepare)
    return powerless


@pytest.fixture
async def theirs(owner: str, address_as: Callable[[str], Address]) -> AsyncIterator[Any]:
    """A connection of that role, with a schema `extensions` as every Supabase project has one."""
    connection = await asyncpg.connect(address_as(owner).text, statement_cache_size=0)
    await connection.execute("create schema extensions; create schema graphql; create schema vault")
    try:
        yield connection
    finally:
        await connection.close()
