"""A rich database, once on the server of the tests and once on every other PostgreSQL that is here."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import pytest
import servers
from riches import SCOPE, Connection, config_of, rich_database
from servers import Other

from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.schema.reading import LOCALLY


@pytest.fixture(scope="session")
def rich(server_dsn: str) -> Iterator[str]:
    """The address of the rich database on the server of the tests; whoever changes it puts it back."""

    def address(name: str) -> str:
        head, mark, query = server_dsn.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{mark}{query}"

    with rich_database(server_dsn, address) as dsn:
        yield dsn


@pytest.fixture
async def session(rich: str) -> AsyncIterator[Session]:
    """A session of ours on the rich database."""
    async with connect(config_of(rich)) as opened:
        yield opened


@pytest.fixture
async def prepared(rich: str) -> AsyncIterator[Connection]:
    """A connection on which the product's statement is prepared: planning it takes as long as running it."""
    connection = await asyncpg.connect(rich, statement_cache_size=0)
    try:
        version = int(await connection.fetchval("show server_version_num"))
        async with connection.transaction():
            await connection.execute(f"{LOCALLY}; prepare canonical as {SCOPE.query(version)}; execute canonical")
        yield connection
    finally:
        await connection.close()


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


@pytest.fixture
def all_others(others: Callable[[str], Other]) -> list[Other]:
    """All of them, from the oldest to the newest."""
    return [others(name) for name in servers.OTHERS]
