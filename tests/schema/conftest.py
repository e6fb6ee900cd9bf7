"""A rich database, once on the server of the tests and once on every other PostgreSQL that is here."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import mutation
import pytest
import servers
from servers import Other

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.schema.scope import Scope

SCOPE = Scope(own="migrator", ledger="public", supabase=False)

Opened = Callable[[], AbstractAsyncContextManager[Session]]


async def perform(dsn: str, *scripts: str) -> int:
    """Run scripts, each in one message; returns the server's `server_version_num`."""
    connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        for script in scripts:
            await connection.execute(script)
        return int(await connection.fetchval("show server_version_num"))
    finally:
        await connection.close()


@contextlib.contextmanager
def rich_database(server: str, address: Callable[[str], str]) -> Iterator[str]:
    """The address of a new rich database on this server; it and its roles are gone at the end."""
    name = f"rich_{os.getpid()}"
    version = asyncio.run(perform(server, f"create database {name} template template0"))
    try:
        asyncio.run(perform(address(name), *mutation.setup(version)))
        yield address(name)
    finally:
        asyncio.run(perform(server, f"drop database {name} with (force)", DROP_ROLES))


DROP_ROLES = """do $$
declare
    found text;
begin
    for found in select rolname from pg_roles where rolname ~ '^rich_|^rich ' loop
        execute format('drop role %I', found);
    end loop;
end
$$"""


@pytest.fixture(scope="session")
def rich(server_dsn: str) -> Iterator[str]:
    """The address of the rich database on the server of the tests; whoever changes it puts it back."""

    def address(name: str) -> str:
        head, mark, query = server_dsn.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{mark}{query}"

    with rich_database(server_dsn, address) as dsn:
        yield dsn


def config_of(dsn: str) -> Config:
    """A configuration of that database alone."""
    nowhere = Path("/nonexistent")
    return Config(root=nowhere, database=Address(dsn, "test"), migrations=(nowhere,), seeds=(nowhere,))


@pytest.fixture
async def session(rich: str) -> AsyncIterator[Session]:
    """A session of ours on the rich database."""
    async with connect(config_of(rich)) as opened:
        yield opened


@pytest.fixture(scope="session")
def others(need: Callable[[str, str | None], None]) -> Iterator[Callable[[str], Other]]:
    """A PostgreSQL that is not the one of the tests, by its name in `servers.OTHERS`, with a rich database.

    Each is started when it is first asked for, whatever the order of tests, and stopped at the end.
    """
    running: dict[str, Other] = {}
    with contextlib.ExitStack() as stack:

        def start(name: str) -> Other:
            if name not in running:
                need("postgresql" if name == "debian" else "pgserver", servers.missing(name))
                server = stack.enter_context(servers.started(name))
                dsn = stack.enter_context(rich_database(server.address("postgres"), server.address))
                running[name] = Other(server=server, dsn=dsn)
            return running[name]

        yield start


@pytest.fixture(params=servers.OTHERS)
def other(request: pytest.FixtureRequest, others: Callable[[str], Other]) -> Other:
    """Each of the others in turn."""
    return others(str(request.param))
