"""`migrate reset` where the server refuses to drop: one transaction, so that nothing is half gone."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from migrator import up
from migrator.config import Address, Config
from migrator.errors import ServerError
from migrator.project import reset

Connection = asyncpg.Connection


async def test_what_others_own_is_not_dropped(
    project: Callable[..., Config],
    db: Connection,
    roles: Callable[..., Awaitable[None]],
    address_as: Callable[[str], Address],
):
    """A role that does not own every schema learns that nothing was dropped, and all that it made is still there."""
    await roles("test_deployer")
    name = await db.fetchval("select current_database()")
    await db.execute(
        f"grant create on database {name} to test_deployer; grant create on schema public to test_deployer"
    )
    config = project({"migrations/0001.a.sql": "create table a (b int);\n"}, database=address_as("test_deployer"))
    await up(config)
    with pytest.raises(ServerError) as raised:
        await reset(config)
    assert (raised.value.outcome, raised.value.sqlstate) == ("nothing was dropped", "42501")
    assert await db.fetchval("select to_regclass('a')::text") == "a"
