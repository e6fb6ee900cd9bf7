"""Reading the live schema: one message over one snapshot, under settings that make equal databases print equally."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError, ServerReport, UnavailableError
from migrator.schema import catalog
from migrator.schema.catalog.sparing import IMPOSSIBLE
from migrator.schema.objects import Schema, schema_of
from migrator.schema.scope import Scope

Answer = TypeVar("Answer")
Row = tuple[str, str, str]

BATCH = "migrator_batch"
"""The savepoint that what is locked for one batch ends at."""

LOCALLY = """set local search_path = '';
set local jit = off;
set local max_parallel_workers_per_gather = 0;
set local enable_nestloop = off;
set local join_collapse_limit = 1;
set local work_mem = '32MB';
set local lock_timeout = '200ms';
set local statement_timeout = 0;
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local quote_all_identifiers = off"""
"""What the texts of `pg_get_*` depend on, and what keeps a reader from being slow or in the way.

Nothing tells the planner how many rows a part of the query will have, and a nested loop over two of them takes time
that grows with the square of the schema; so there is no order of joins to be looked for, either. A lock is waited for
in short turns, between which we let go of all locks: who waits for us and for whom we wait would be a deadlock, which
the server ends after a second by refusing one of both, perhaps a migration."""

SETTINGS = f"begin isolation level repeatable read read only; {LOCALLY}"
"""What a transaction begins with that reads the schema."""

LOCKED = "55P03"
IN_THE_WAY = frozenset({"XX000", "42P01", "42704", "42703", "42883", "3F000", "40P01", LOCKED})
"""SQLSTATEs of what passes by itself. `pg_get_*` read the catalog of now, not that of the snapshot: another session has
just dropped what they describe; or it has a lock on it."""

NO_ROOM = "53200"
"""The SQLSTATE of a server whose table of locks is full."""

GONE = b"\t\\N"
"""The end of a row of an object that another session has just dropped: it has no definition any more."""

PATIENCE = 5.0
"""Seconds in which the schema is asked for again where another session is in the way."""

PAUSE = 0.05


LOCKED_TABLES = """select to_json(c.oid::regclass) from pg_locks l join pg_class c on c.oid = l.relation
where l.granted and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid() and c.relkind not in ('i', 'I', 't')
    and l.database = (select oid from pg_database where datname = current_database()) order by c.relname limit 3"""
"""Which tables another session has for itself."""


async def read(session: Session, scope: Scope) -> Schema:
    """All that is in the database and compared, in one round trip. Writes nothing.

    Takes ACCESS SHARE locks of views and their tables for a moment, as `pg_get_viewdef` does; asks again for up to
    `PATIENCE` seconds where another session's lock or DDL was in the way. Must not be called inside a transaction.

    Raises `UnavailableError` (`schema-busy`) where a lock was held for longer, or the schema did not keep still.
    """
    return await steadily(session, lambda: read_opened(session, scope, first=SETTINGS))


async def steadily(session: Session, question: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a question of several reads, over one snapshot: in a transaction that begins with `SETTINGS`.

    The question begins the transaction with the first that it sends, and ends it with the last, as `read` does. It is
    asked anew where another session's DDL was in the way; see `read` for locks and what is raised.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await _asked(session, question)
        except ServerError as error:
            await session.rollback()
            report = error.report
            if report.sqlstate == NO_ROOM:
                raise busy(f"the server has no room for more locks: {report.message}") from error
            if report.sqlstate not in IN_THE_WAY:
                raise
            if time.monotonic() > end:
                raise busy(await _why(session, report)) from error
            await asyncio.sleep(PAUSE)


async def _why(session: Session, report: ServerReport) -> str:
    if report.sqlstate != LOCKED:
        return f"other sessions change the schema all the time: {report.message}"
    tables = await session.read(LOCKED_TABLES)
    return f"another session has locked {', '.join(f'`{name}`' for name in tables) or 'a table'}"


async def _asked(session: Session, question: Callable[[], Awaitable[Answer]]) -> Answer:
    try:
        return await question()
    except (MigratorError, asyncio.CancelledError) as error:
        if not isinstance(error, ServerError):
            await session.give_up()
        raise


async def read_opened(
    session: Session, scope: Scope, *, first: str | None = None, then: str | None = "rollback"
) -> Schema:
    """The same in a transaction that has begun with `SETTINGS`, or `first` begins, and `then` ends: one try.

    Raises `ServerError` as it comes.
    """
    version, _ = session.version
    # what was locked is let go even where the transaction goes on
    ending = then or f"rollback to {BATCH}"
    try:
        opening = "; ".join(filter(None, [first, f"savepoint {BATCH}"]))
        rows = await _sparing(session, scope, version, first=opening, then=ending)
    except ServerError as error:
        if error.report.sqlstate != catalog.TOO_MANY_LOCKS:
            raise
        rows = await _in_batches(session, scope, version)
        await session.run(ending)
    return schema_of(rows, server_version_num=version, supabase=scope.supabase)


async def _sparing(session: Session, scope: Scope, version: int, *, first: str, then: str) -> list[Row]:
    """In one round trip; in two where there is no PL/pgSQL for this role."""
    before, query = scope.sparing(version)
    try:
        return await _rows(session, query, first=f"{first}; {before}", then=then)
    except ServerError as error:
        if error.report.sqlstate not in IMPOSSIBLE:
            raise
    return await _rows(session, scope.query(version), first=f"rollback to {BATCH}", then=then)


async def _in_batches(session: Session, scope: Scope, version: int) -> list[Row]:
    """As many round trips as it takes; the end of a savepoint gives back what was locked since, not the snapshot."""
    rows: list[Row] = []
    batches, number = 1, 0
    while number < batches:
        found = await _rows(session, scope.query(version, batch=number), first=f"rollback to {BATCH}")
        batches = next((json.loads(text)["count"] for kind, _, text in found if kind == catalog.BATCHES), batches)
        rows += (row for row in found if row[0] != catalog.BATCHES)
        number += 1
    return rows


async def _rows(session: Session, query: str, *, first: str, then: str | None = None) -> list[Row]:
    rows: list[Row] = []
    rest = b""

    async def take(chunk: bytes) -> None:  # while the server goes on
        nonlocal rest
        *lines, rest = (rest + chunk).split(b"\n")
        rows.extend(_row(line) for line in lines if not line.endswith(GONE))

    await session.receive(query, take, first=first, then=then)
    return rows


def _row(line: bytes) -> Row:
    text = line.decode()
    kind, identity, definition = text.split("\t") if "\\" not in text else map(unescape, text.split("\t"))
    return kind, identity, definition


_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape(text: str) -> str:
    """A value of COPY's text format; https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def busy(why: str) -> UnavailableError:
    """The schema could not be read just now."""
    return UnavailableError(
        f"the schema could not be read: {why}",
        code="schema-busy",
        outcome="nothing was compared, and nothing was changed",
        hint="run the command again when that session is done",
    )
