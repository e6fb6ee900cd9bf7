"""What seeding tests share: tables to seed, files to write, and one call that seeds them."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from migrator.config import Config
from migrator.events.seeding import SeedOutcome
from migrator.seeding import seed

Connection = asyncpg.Connection
Seed = Callable[..., Awaitable[dict[str, SeedOutcome]]]


@pytest.fixture
def run(project: Callable[..., Config]) -> Seed:
    """Write `{name: text}` into the folder of seeds and seed them; gives the outcomes by the file's name."""

    async def go(files: dict[str, str | bytes] | None = None, *, force: bool = False, **options: object):
        config = project({f"seeds/{name}": text for name, text in (files or {}).items()}, **options)
        result = await seed(config, force=force)
        return {outcome.path.rpartition("/seeds/")[2]: outcome for outcome in result.files}

    return go


@pytest.fixture
async def users(db: Connection) -> Connection:
    """The `users` table of the seed article."""
    await db.execute(
        "create table users (user_id int primary key, first_name text not null, last_name text, email text unique)"
    )
    return db
