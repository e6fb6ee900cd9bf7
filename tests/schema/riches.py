"""The rich database: made anew on any server, and what a test asks of it with."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import mutation

from migrator.config import Address, Config
from migrator.schema.objects import Schema, schema_of
from migrator.schema.scope import Scope

Connection = asyncpg.Connection[asyncpg.Record] if TYPE_CHECKING else asyncpg.Connection

SCOPE = Scope(own="migrator", ledger="public", supabase=False)


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
        asyncio.run(perform(address(name), DROP_SUBSCRIPTION))
        asyncio.run(perform(server, f"drop database {name} with (force)", DROP_ROLES))


DROP_SUBSCRIPTION = "drop subscription if exists rich_sub"
"""A database with a subscription cannot be dropped."""


async def canonical(connection: Connection, before: Schema) -> Schema:
    """What a connection of the fixture `prepared` sees now, on the server of another reading."""
    rows = await connection.fetch("execute canonical")
    return schema_of(
        ((kind, identity, text) for kind, identity, text in rows if text is not None),
        server_version_num=before.server_version_num,
        supabase=before.supabase,
    )


DROP_ROLES = """do $$
declare
    found text;
begin
    for found in select rolname from pg_roles where rolname ~ '^rich_|^rich ' loop
        execute format('drop role %I', found);
    end loop;
end
$$"""


def config_of(dsn: str) -> Config:
    """A configuration of that database alone."""
    nowhere = Path("/nonexistent")
    return Config(root=nowhere, database=Address(dsn, "test"), migrations=(nowhere,), seeds=(nowhere,))
