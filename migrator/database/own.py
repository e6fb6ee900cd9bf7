"""The schema `migrator` and its tables: what we keep beside the ledger, made once by whoever comes first.

Every table has a primary key, so that logical replication can carry it. Nothing here is readable or writable with an
API key: on Supabase, default privileges would give `anon` and `authenticated` every right on a new table.
"""

import asyncio
import random

from migrator.config import Config
from migrator.database.session import Session
from migrator.errors import ServerError, UnavailableError
from migrator.sql.names import literal, quote

TABLES = {
    "journal": """(
        migration_id text primary key,
        ledger_applied_at timestamp,
        sha256 bytea,
        sha256_without_comments bytea,
        statements_done integer not null,
        statements_total integer not null,
        prefix_hashes bytea[],
        state text not null,
        started_at timestamptz,
        finished_at timestamptz,
        applied_by text,
        tool_version text,
        yoyo_lock_ctime timestamp,
        yoyo_lock_pid integer)""",
    "setting": "(name text primary key, value text)",
    "seed": """(
        path text,
        env text,
        sha256 bytea not null,
        rows bigint not null,
        loaded_at timestamptz not null,
        loaded_by text,
        tool_version text,
        primary key (path, env))""",
}
"""The columns of our tables, by name. Columns are only ever added."""

CREATED_MEANWHILE = {"23505", "42P07", "42P06", "42710", "XX000"}
"""Another session made the same thing at the same moment: IF NOT EXISTS does not see what is not committed yet."""

ATTEMPTS = 10


def closed_to_api_roles(tables: list[str]) -> str:
    """SQL that takes every right on `tables` (quoted names) from everybody but the owner.

    `public` and, where they exist, Supabase's `anon` and `authenticated`: the roles behind the keys that browsers hold.
    """
    names = ", ".join(tables)
    api = literal(f"revoke all on {names} from anon, authenticated")
    guard = "select from pg_catalog.pg_roles where rolname = 'anon'"
    both = "select from pg_catalog.pg_roles where rolname = 'authenticated'"
    return (
        f"revoke all on {names} from public; "
        f"do $api$ begin if exists ({guard}) and exists ({both}) then execute {api}; end if; end $api$"
    )


def creation(config: Config) -> str:
    """The SQL that makes whatever of ours is missing; does nothing where all is there."""
    schema = quote(config.schema)
    names = {name: quote(config.schema, name) for name in TABLES}
    parts = [f"create schema if not exists {schema}"]
    parts += [f"create table if not exists {names[name]} {columns}" for name, columns in TABLES.items()]
    parts.append(closed_to_api_roles(list(names.values())))
    return "; ".join([*parts, *grants(config.schema, list(names.values()), config.readers)])


def grants(schema: str, tables: list[str], readers: tuple[str, ...]) -> list[str]:
    """SQL that lets `readers` read `tables` (quoted names), of which some are in our `schema`."""
    roles = ", ".join(quote(reader) for reader in readers)
    if not roles:
        return []
    return [f"grant usage on schema {quote(schema)} to {roles}", f"grant select on {', '.join(tables)} to {roles}"]


async def create(session: Session, sql: str, *, what: str) -> None:
    """Run idempotent DDL in a transaction of its own, again while others make the same things at the same moment.

    Raises `UnavailableError` when the role may not create `what`, with the statement that an administrator must run.
    """
    for attempt in range(ATTEMPTS):
        try:
            await session.run(f"begin; set local client_min_messages = warning; {sql}; commit")
        except ServerError as error:
            await session.run("rollback")
            if error.report.sqlstate == "42501":
                raise UnavailableError(
                    f"this role may not create {what}: {error.report.message}",
                    code="missing-rights",
                    sqlstate="42501",
                    outcome="nothing was changed",
                    hint=f"an administrator must run: {_hint(session)}",
                ) from error
            if error.report.sqlstate not in CREATED_MEANWHILE or attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - jitter needs no secrecy
        else:
            return


def _hint(session: Session) -> str:
    target = session.target
    user = quote(target.user)
    return (
        f"`grant create on database {quote(target.database)} to {user}`, "
        f"and `grant create on schema ... to {user}` for the ledger's schema"
    )


async def ensure(session: Session, config: Config) -> None:
    """Make our schema and tables where they are missing; for callers who have found one missing.

    Writes, in a transaction of its own; must not be called inside one.
    """
    await create(session, creation(config), what=f"the schema `{config.schema}`")
