"""The schema `migrator` and its tables: what we keep beside the ledger, made once by whoever comes first.

Every table has a primary key, so that logical replication can carry it. Who may read and write them is told in
`rights.py`.
"""

import asyncio
import random

from migrator.config import Config
from migrator.database import rights
from migrator.database.sessions.notice import Notice
from migrator.database.sessions.session import Session
from migrator.errors import ServerError, UnavailableError
from migrator.events import Emit, Noticed, ignore
from migrator.sql.names import quote

TABLES = {
    "journal": """(
        migration_id text primary key,
        ledger_applied_at timestamp,
        ledger_row text,
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
        included jsonb,
        rows bigint not null,
        loaded_at timestamptz not null,
        loaded_by text,
        tool_version text,
        primary key (path, env))""",
    "snapshot": """(
        id boolean primary key default true check (id),
        ledger text not null,
        head text,
        objects bytea not null,
        server_version_num integer not null,
        catalog_version integer not null,
        supabase boolean not null,
        recorded_at timestamptz not null,
        recorded_by text,
        tool_version text)""",
}
"""The columns of our tables, by name. Columns are only ever added."""

ADDED = {"seed": {"included": "jsonb"}}
"""Columns that tables of earlier versions lack."""

CREATED_MEANWHILE = {"23505", "42P07", "42P06", "42710", "40P01", "XX000"}
"""Another session made the same thing at the same moment: IF NOT EXISTS does not see what is not committed yet."""

ATTEMPTS = 10


def tables(schema: str) -> list[str]:
    """Our tables, quoted."""
    return [quote(schema, name) for name in TABLES]


def creation(config: Config) -> str:
    """The SQL that makes whatever of ours is missing; does nothing where all is there."""
    parts = [f"create schema if not exists {quote(config.schema)}"]
    parts += [f"create table if not exists {quote(config.schema, name)} {columns}" for name, columns in TABLES.items()]
    parts += [
        f"alter table {quote(config.schema, name)} add column if not exists {column} {kind}"
        for name, columns in ADDED.items()
        for column, kind in columns.items()
    ]
    return "; ".join(parts)


def creation_settled(config: Config, *, plpgsql: bool = True) -> str:
    """The same, closed to the roles of API keys and open to `readers`; `plpgsql`: the role may use PL/pgSQL."""
    if not plpgsql:
        return "; ".join(
            [creation(config), *rights.granted(tables(config.schema), own=config.schema, readers=config.readers)]
        )
    mine, parts = tables(config.schema), [creation(config)]
    if config.role is not None:
        parts.append(rights.owned(mine, own=config.schema, role=config.role))
    parts.append(rights.settled(mine, own=config.schema, ledger=config.schema, readers=config.readers))
    return "; ".join(parts)


async def create(session: Session, sql: str, *, what: str, schema: str, emit: Emit = ignore) -> None:
    """Run idempotent DDL in a transaction of its own, again while others make the same things at the same moment.

    What it tells goes to `emit`; the things are made in `schema`, too. It waits as long
    as the session has patience for whoever makes the same and has not committed.

    Raises `UnavailableError` after that, and when the role may not create `what`, with the statement that an
    administrator must run.
    """

    def hear(notice: Notice) -> None:
        emit(Noticed(severity=notice.severity, message=notice.message, hint=notice.hint))

    patience = session.patience
    for attempt in range(ATTEMPTS):
        bounded = f"set local lock_timeout = '{max(1, round(patience.left * 1000))}ms'"
        settings = f"set local client_min_messages = warning; {bounded}"
        try:
            with patience.waiting(), session.listening(hear):
                await session.run(f"begin; {settings}; {sql}; commit")
                await session.settle()
        except ServerError as error:
            await session.run("rollback")
            if error.report.sqlstate == "42501":
                raise refused(session, what=what, schema=schema, said=error.report.message) from error
            if error.report.sqlstate == "55P03":
                raise UnavailableError(
                    f"another session has a lock that it takes to make {what}",
                    code="locked",
                    sqlstate="55P03",
                    outcome=f"nothing was changed in the {patience.given:g} s that this run waited",
                    hint="run the command again when that transaction is done, or give it longer with `--wait`",
                ) from error
            if error.report.sqlstate not in CREATED_MEANWHILE or attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - jitter needs no secrecy
        else:
            return


def refused(session: Session, *, what: str, schema: str, said: str) -> UnavailableError:
    """The refusal of a role that may not create `what`, some of it in `schema`; `said` by the server."""
    return UnavailableError(
        f"this role may not create {what}: {said}",
        code="missing-rights",
        sqlstate="42501",
        outcome="nothing was changed",
        hint=f"an administrator must run: {_hint(session, schema)}",
    )


def refuse_unwritable(schema: str, table: str, error: ServerError, *, outcome: str) -> None:
    """Raise `UnavailableError` where the server has refused a write to a table of ours for a right that is missing."""
    if error.report.sqlstate == "42501":
        raise UnavailableError(
            f"this role may not write to `{schema}.{table}`",
            code="missing-rights",
            sqlstate="42501",
            outcome=outcome,
            hint="use the role that runs `migrate up`, or its owner",
        ) from error


def _hint(session: Session, schema: str) -> str:
    target = session.target
    user = quote(target.user)
    return (
        f"`grant create on database {quote(target.database)} to {user}`, "
        f"and `grant create on schema {quote(schema)} to {user}` where that schema exists"
    )


async def ensure(session: Session, config: Config, emit: Emit = ignore, *, plpgsql: bool = True) -> None:
    """Make our schema and tables where they are missing; for callers who have found one missing.

    Writes, in a transaction of its own; must not be called inside one. Raises `InputError` for a reader that is none.
    `plpgsql`: the role may use PL/pgSQL.
    """
    await rights.refuse_unfit(session, config.readers)
    sql = creation_settled(config, plpgsql=plpgsql)
    what = f"the schema `{config.schema}`"
    await create(session, sql, what=what, schema=config.schema, emit=emit)
