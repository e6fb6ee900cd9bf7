"""A scratch database that somebody names by its address: it must be empty, and not the configured one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target
from migrator.database.connect import connect
from migrator.database.launching.servers import standing
from migrator.database.sessions.session import Session
from migrator.database.supabase.managed import MANAGED_SCHEMAS
from migrator.errors import InputError, MigratorError
from migrator.events import Emit
from migrator.events.database import Told
from migrator.sql.names import literal

HELD = """select jsonb_build_object(
    'relation', (
        select count(*) from pg_catalog.pg_class c join ours on ours.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not exists (
            select from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
    'routine', (
        select count(*) from pg_catalog.pg_proc p join ours on ours.oid = p.pronamespace
        where not exists (
            select from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')),
    'type', (
        select count(*) from pg_catalog.pg_type t join ours on ours.oid = t.typnamespace
        where t.typtype in ('e', 'd', 'r') and not exists (
            select from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')),
    'schema', (select count(*) from ours where nspname <> 'public'))
    from (select) one"""
"""What a database holds that somebody made, by kind."""

OURS = f"""with ours as (
    select n.oid, n.nspname from pg_catalog.pg_namespace n
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
      and not (n.nspname in ({", ".join(map(literal, sorted(MANAGED_SCHEMAS)))})
               and exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin'))
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'))
"""
"""Schemas that are neither the server's, nor an extension's, nor Supabase's."""

WHICH = "select jsonb_build_array(oid, datname, pg_catalog.pg_postmaster_start_time()) from pg_catalog.pg_database "
WHICH += "where datname = current_database()"
"""Tells a database from every other, whatever the address that leads to it."""


@asynccontextmanager
async def given_database(
    config: Config, address: Address, emit: Emit, live: Session | None = None
) -> AsyncIterator[Target]:
    """The database of this address, where it is empty and another one than the configured. Writes nothing.

    `live` is a session on that one, where there is any. Raises `InputError` for the configured database itself
    and for one that is not empty, and whatever connecting raises.
    """
    target = parse(address, config.environ)
    other = configured(config)
    if other is not None and other.database == target.database and shares_server(target, other):
        raise _is_live(target)
    async with connect(replace(config, database=address), emit, migrating=True) as session:
        if live is not None and await session.read(WHICH) == await live.read(WHICH):
            raise _is_live(target)
        ((held),) = await session.read(f"{OURS}{HELD}")
        found = session.target
    total = sum(held.values())
    if total:
        kinds = ", ".join(_counted(number, kind) for kind, number in sorted(held.items()) if number)
        raise InputError(
            f"the scratch database `{target}` is not empty: it holds {_counted(total, 'object')} ({kinds})",
            code="scratch-not-empty",
            outcome="nothing was changed",
            hint="name an empty one, or `--scratch create` for a new one beside the configured database",
        )
    message = f"what this command makes in `{target}` stays there: drop that database before the next run"
    emit(Told(code="scratch-stays", message=message))
    yield found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def shares_server(target: Target, live: Target | None) -> bool:
    """Both are on one server, as far as addresses tell."""
    places = [{(host.name, host.port) for host in each.hosts} for each in (target, live) if each is not None]
    return len(places) > 1 and not places[0].isdisjoint(places[1])


def configured(config: Config) -> Target | None:
    """Where the configured address leads, without starting anything; None where it leads nowhere or cannot be read."""
    try:
        return standing(config)
    except MigratorError:  # it is not needed, and whoever needs it will say what is wrong with it
        return None


def _is_live(target: Target) -> InputError:
    return InputError(
        f"the scratch database `{target}` is the configured database itself",
        code="scratch-is-live",
        outcome="nothing was changed",
        hint="name another one; `embedded:` is a temporary server of its own",
    )
