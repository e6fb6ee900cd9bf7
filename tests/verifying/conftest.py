"""A database for Supabase that all cases of the checks share."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest


@pytest.fixture(scope="session")
def many(supabase_server: Path, on: Callable[..., str]) -> Iterator[str]:
    """The address of a superuser in a database for all these tests; each puts it back."""

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(on(supabase_server, "supabase_admin", "template1"), statement_cache_size=0)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run("create database security template postgres owner postgres strategy file_copy"))
    yield on(supabase_server, "supabase_admin", "security")
    asyncio.run(run("drop database security with (force)"))
