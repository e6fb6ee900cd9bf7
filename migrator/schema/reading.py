"""Reading the live schema: one statement over one snapshot, under settings that make equal databases print equally."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError, UnavailableError
from migrator.schema import catalog
from migrator.schema.objects import Schema, schema_of
from migrator.schema.scope import Scope

Answer = TypeVar("Answer")
Row = tuple[str, str, str]

BATCH = "migrator_batch"
"""The savepoint that what is locked for one batch ends at."""

LOCALLY = """set local search_path = '';
set local jit = off;
set local enable_nestloop = off;
set local work_mem = '32MB';
set local lock_timeout = '5s';
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local quote_all_identifiers = off"""
"""What the texts of `pg_get_*` depend on, and what keeps a reader from being slow or in the way.

Nothing tells the planner how many rows a part of the query will have, and a nested loop over two of them takes time
that grows with the square of the schema."""

SETTINGS = f"begin isolation level repeatable read read only; {LOCALLY}"
"""What a transaction begins with that reads the schema."""

GONE_MEANWHILE = frozenset({"XX000", "42P01", "42704", "42703", "42883", "3F000"})
"""`pg_get_*` read the catalog of now, not that of the snapshot: another session has just dropped what they describe."""

ATTEMPTS = 4


async def read(session: Session, scope: Scope) -> Schema:
    """All that is in the database and compared, in one round trip. Writes nothing.

    Takes ACCESS SHARE locks of views and their tables for its time, as `pg_get_viewdef` does, and waits up to 5 s for
    each; tries again where another session's DDL was in the way. Must not be called inside a transaction.

    Raises `UnavailableError` (`schema-busy`) where a lock was held for longer, or the schema did not keep still.
    """
    return await steadily(session, lambda: read_opened(session, scope, first=SETTINGS))


async def steadily(session: Session, question: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a question of several reads, over one snapshot: in a transaction that begins with `SETTINGS`.

    The question begins the transaction with the first that it sends, and ends it with the last, as `read` does. It is
    asked anew where another session's DDL was in the way; see `read` for locks and what is raised.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await _asked(session, question)
        except ServerError as error:
            await session.rollback()
            if error.report.sqlstate == "55P03":
                raise locked() from error
            if error.report.sqlstate not in GONE_MEANWHILE:
                raise
            if attempt == ATTEMPTS - 1:
                raise busy(f"other sessions change the schema all the time: {error.report.message}") from error
            await asyncio.sleep(0.1 * (attempt + 1))
    raise AssertionError


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
    try:
        opening = "; ".join(filter(None, [first, f"savepoint {BATCH}"]))
        rows = await _rows(session, scope.query(version), first=opening, then=then)
    except ServerError as error:
        if error.report.sqlstate != catalog.TOO_MANY_LOCKS:
            raise
        rows = await _in_batches(session, scope, version)
        if then is not None:
            await session.run(then)
    return schema_of(rows, server_version_num=version, supabase=scope.supabase)


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
        rows.extend(map(_row, lines))

    await session.receive(query, take, first=first, then=then)
    return rows


async def read_inside(session: Session, scope: Scope) -> Schema:
    """The same in a transaction that goes on as it was, and whose own changes are seen: two round trips, one try.

    Raises `ServerError` as it comes; the transaction is aborted then.
    """
    await session.run(f"savepoint migrator_reading; {LOCALLY}")
    return await read_opened(session, scope, then="rollback to migrator_reading; release migrator_reading")


def _row(line: bytes) -> Row:
    text = line.decode()
    kind, identity, definition = text.split("\t") if "\\" not in text else map(unescape, text.split("\t"))
    return kind, identity, definition


_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape(text: str) -> str:
    """A value of COPY's text format; https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def locked() -> UnavailableError:
    """A lock was held for longer than the reader waits (SQLSTATE 55P03)."""
    return busy("another session has locked a table that a view is made of")


def busy(why: str) -> UnavailableError:
    """The schema could not be read just now."""
    return UnavailableError(
        f"the schema could not be read: {why}",
        code="schema-busy",
        outcome="nothing was compared, and nothing was changed",
        hint="run the command again when that session is done",
    )
