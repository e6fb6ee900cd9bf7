"""The projects of this folder, and databases for them on the server that the product has made for Supabase."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address, Config

_numbers = itertools.count(1)

Databases = Callable[[], Awaitable[str]]


@pytest.fixture
async def databases(supabase_server: Path, on: Callable[..., str]) -> AsyncIterator[Databases]:
    """Make a database as the prelude leaves `postgres`, and return its name; they are gone when the test ends."""
    made: list[str] = []
    connection = await asyncpg.connect(on(supabase_server, "supabase_admin", "template1"), statement_cache_size=0)

    async def make() -> str:
        made.append(f"project_{next(_numbers)}")
        await connection.execute(f"create database {made[-1]} template postgres owner postgres strategy file_copy")
        await connection.execute(f'alter database {made[-1]} set search_path to "$user", public, extensions')
        return made[-1]

    yield make
    for name in made:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def of(supabase_server: Path, on: Callable[..., str]) -> Callable[..., Config]:
    """The configuration of a project on a database, with another one for replays: `of("shop", name, scratch)`."""

    def make(project: str, database: str | None, scratch: str | None = None) -> Config:
        def address(name: str | None) -> Address | None:
            return None if name is None else Address(on(supabase_server, "postgres", name), "test")

        root = Path(__file__).parent / project
        return Config(
            root=root,
            database=address(database),
            scratch=address(scratch),
            supabase=True,
            migrations=(root / "supabase/migrations",),
            seeds=(root / "seeds",),
        )

    return make
