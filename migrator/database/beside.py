"""A new database beside the configured one, on the same server: made for a command, dropped at its end.

Its name says when it was made. One that nobody is connected to, a minute later, is that of a command which was killed:
the next one drops it.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from migrator.config import Config
from migrator.database.address.target import Target
from migrator.database.connect import connect
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.errors import InputError, MigratorError, ServerError, UnavailableError
from migrator.events import Emit
from migrator.sql.names import quote

PREFIX = "migrator_scratch_"

SURROUNDINGS = """select jsonb_build_array(
    (select rolsuper or rolcreatedb from pg_catalog.pg_roles where rolname = current_user), current_user,
    exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin'),
    to_char(now() at time zone 'UTC', 'YYYYMMDDHH24MISS'))"""
"""May the role create databases; its name; is this Supabase; the time on the server's clock."""

LEFT = rf"""select to_jsonb(d.datname) from pg_catalog.pg_database d
    where d.datname ~ '^{PREFIX}\d{{14}}_[0-9a-f]{{8}}$' and pg_catalog.pg_has_role(d.datdba, 'member')
      and to_timestamp(substr(d.datname, {len(PREFIX) + 1}, 14), 'YYYYMMDDHH24MISS')
          < (now() at time zone 'UTC' - interval '1 minute')::timestamptz
      and not exists (select from pg_catalog.pg_stat_activity a where a.datid = d.oid)"""
"""Databases that killed commands have left."""

KEPT_OPEN = "set idle_session_timeout = 0"
"""The session that shows others that the database is in use must not be ended for its rest."""


@asynccontextmanager
async def database_beside(config: Config, emit: Emit) -> AsyncIterator[Target]:
    """A new empty database on the server of the configured one, for the block. Writes: `CREATE DATABASE` and `DROP`.

    The configured database itself is only connected to. Raises `UnavailableError` where the role may not create
    databases, `InputError` on a server of Supabase, and whatever connecting raises.
    """
    async with connect(config, emit, migrating=True) as session:
        name = await _create(session)
        target = replace(session.target, database=name)
    try:
        keeper = await open_session(target)
        try:
            await keeper.run(KEPT_OPEN)
            yield target
        finally:
            await keeper.close()
    finally:
        async with connect(config, migrating=True) as session:
            await session.run(f"drop database if exists {quote(name)} with (force)")


async def _create(session: Session) -> str:
    ((may, role, supabase, now),) = await session.read(SURROUNDINGS)
    if supabase:
        raise InputError(
            "a new database on a server of Supabase has nothing of what a project expects",
            code="scratch-supabase",
            outcome="nothing was changed",
            hint="`--scratch embedded:` is a temporary server that has it",
        )
    if not may:
        raise UnavailableError(
            f"`{role}` may not create the database that `--scratch create` asks for",
            code="scratch-rights",
            outcome="nothing was changed",
            hint=f"`alter role {quote(role)} createdb`, or `--scratch embedded:`, a temporary server of its own",
        )
    for left in await session.read(LEFT):
        with contextlib.suppress(ServerError):  # another run was faster
            await session.run(f"drop database if exists {quote(left)}")
    name = f"{PREFIX}{now}_{secrets.token_hex(4)}"
    try:
        await session.run(f"create database {quote(name)} template template0")
    except MigratorError as error:
        error.outcome = error.outcome or "nothing was changed"
        raise
    return name
