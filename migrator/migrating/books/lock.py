"""One runner at a time: an advisory lock of the session, polled.

Never blocked on: a session that waits for a lock holds a snapshot, and CREATE INDEX CONCURRENTLY of the runner that has
the lock waits for that snapshot. The two would wait for each other for ever.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from migrator.config import LedgerKind
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Emit, Waiting
from migrator.events.blocking import Blocker
from migrator.migrating.books.unlock import unlock

POLL = (0.05, 0.25)
"""Seconds between two tries, drawn anew each time so that waiting runners do not march in step."""


async def rest(*, at_most: float = inf, times: int = 1) -> None:
    """Wait before the next try, `times` as long as usual, `at_most` so many seconds."""
    await asyncio.sleep(min(at_most, random.uniform(*POLL) * times))  # noqa: S311 - jitter needs no secrecy


def key(schema: str) -> int:
    """The lock's number for the ledger in this schema; advisory locks are a database's own already."""
    digest = hashlib.sha256(f"migrator ledger {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _is_ours(number: int) -> str:
    high, low = (number >> 32) & 0xFFFFFFFF, number & 0xFFFFFFFF
    return (
        f"l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.classid = {high} and l.objid = {low} "
        "and l.database = (select oid from pg_catalog.pg_database where datname = current_database())"
    )


def holder_query(number: int) -> str:
    """A query for who has the lock of this number: who it is, since when, and for how many seconds."""
    return f"""select jsonb_build_object('pid', l.pid, 'client', coalesce(a.client_hostname, host(a.client_addr)),
                   'application', a.application_name, 'since', coalesce(a.xact_start, a.query_start, a.backend_start),
                   'age', round(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.query_start))))
        from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where {_is_ours(number)}"""


def held_by(schema: str, pid: int) -> str:
    """A query for whether this backend still has the lock of the ledger in `schema`: not 0."""
    return f"select to_jsonb(count(*)) from pg_catalog.pg_locks l where l.pid = {pid} and {_is_ours(key(schema))}"


def gate(schema: str) -> str:
    """SQL for a transaction of a runner that cannot hold the lock: has it until COMMIT, or fails with 22012."""
    return f"select 1 / pg_catalog.pg_try_advisory_xact_lock({key(schema)})::integer"


def _try(session: Session, number: int) -> str:
    """An SQL expression that takes the lock; null where it was not tried, because the backend is not the known one."""
    if session.target.kind == "transaction-pooler":
        return f"pg_catalog.pg_try_advisory_xact_lock({number})"  # which ends with this query
    take = f"pg_catalog.pg_try_advisory_lock({number})"
    if not session.pooled or session.backend is None:
        return take
    # a lock on a backend that is not ours would stay there
    return f"case when pg_catalog.pg_backend_pid() = {session.backend} then {take} end"


@dataclass(slots=True)
class Held:
    """The lock, held. Whoever sends `release` with its last command sets `released`, and saves a round trip.

    Not behind a pooler, where another backend than the one that has it may answer, unseen, to a last command.

    Attributes:
        release: SQL that gives the lock back.
        pid: the backend that has it: the server's own, where a pooler tells another one in its handshake.
        waited: somebody else had it before, so what was read without it may be old.
        released: it was sent, and the server has run it.
    """

    release: str
    pid: int | None = None
    waited: bool = False
    released: bool = False


async def _holder(session: Session, number: int, patience: float) -> Waiting:
    rows = await session.read(holder_query(number))
    if not rows:  # released between the two questions
        return Waiting(what="lock", patience=patience)
    return waiting(rows[0], patience)


def waiting(row: Mapping[str, Any], patience: float) -> Waiting:
    """For whom a run waits, from a row of `holder_query`."""
    since = row["since"]
    return Waiting(
        what="lock",
        pid=row["pid"],
        client=row["client"],
        application=row["application"],
        since=None if since is None else datetime.fromisoformat(since),
        patience=patience,
    )


def in_the_way(seen: Sequence[Blocker], *, patience: float) -> Waiting:
    """For whom a run waits that met the entry or the lock row of another one; `seen` is who blocked it there."""
    if not seen:
        return Waiting(what="lock", patience=patience)
    who = seen[0]
    since = None if who.open is None else datetime.now(UTC) - timedelta(seconds=who.open)
    return Waiting(
        what="lock", pid=who.pid, client=who.client, application=who.application, since=since, patience=patience
    )


def named(holder: Waiting) -> str:
    """Who holds a lock, as far as that is known: a unix socket has no client, and a role may not see all of others."""
    who = f"backend {holder.pid}" if holder.pid else "another session"
    from_ = f" from {holder.client}" if holder.client else ""
    return f"{who}{from_}" + (f" (`{holder.application}`)" if holder.application else "")


def _refusal(holder: Waiting, waited: float) -> UnavailableError:
    return UnavailableError(
        f"another `migrate` holds the lock: {named(holder)}",
        code="locked",
        outcome=f"nothing was changed in the {waited:g} s that this run waited",
        hint="run the command again when the other one is done, or give it longer with `--wait 5min`",
    )


def row_holder(rows: Sequence[Any]) -> str | None:
    """Whom the ledger's own lock names, as `Entries.holder` finds it; None where nobody has it.

    Yoyo's row names a process of whatever machine it came from, and has an age; a lock of the server has a backend.
    """
    if not rows:
        return None
    row = rows[0]
    return f"process {row['pid']}, for {row['age']} s" if "client" not in row else named(waiting(row, 0.0))


def by_row(rows: Sequence[Any], *, patience: float) -> Waiting | None:
    """For whom a run waits that met that lock; None where nobody has it."""
    if not rows:
        return None
    row = rows[0]
    if "client" in row:
        return waiting(row, patience)
    since = None if row["age"] is None else datetime.now(UTC) - timedelta(seconds=row["age"])
    return Waiting(what="lock", application=f"process {row['pid']}", since=since, patience=patience)


def taken_by_other(kind: LedgerKind, holder: str | None = None, *, outcome: str) -> UnavailableError:
    """The refusal where the ledger is in use by somebody whom our own lock does not keep away."""
    who = {"yoyo": "`yoyo`", "supabase": "the Supabase CLI"}[kind]
    dead = "; if that process is dead, `yoyo break-lock --database ADDRESS` removes its lock" if kind == "yoyo" else ""
    return UnavailableError(
        f"{who} or another `migrate` holds the lock of the ledger" + (f": {holder}" if holder else ""),
        code="locked",
        outcome=outcome,
        hint=f"run the command again when it is done{dead}",
    )


def noted_elsewhere(id_: str, own: str, *, outcome: str) -> UnavailableError:
    """The refusal where a file without a transaction is under way in another ledger that shares our journal."""
    return UnavailableError(
        f"`{id_}` is under way, or half done, in another ledger that keeps its notes in the schema `{own}`",
        code="locked",
        migration=id_,
        outcome=outcome,
        hint="finish it there first; or let each ledger keep its notes in a schema of its own (`schema` in the "
        "configuration)",
    )


@asynccontextmanager
async def hold(session: Session, schema: str, *, emit: Emit) -> AsyncIterator[Held]:
    """Hold the lock of the ledger in `schema` while the block runs.

    Tries for as long as the session has patience and tells through `emit` whom it waits for. Raises `UnavailableError`
    (`locked`) after that. The lock is given up at the end, or by the server when the connection ends.

    Behind a pooler that shares sessions nothing can be held: it waits until nobody has the lock, and the fence of every
    migration has to do. That a pooler does so may turn out here only; `session.target.kind` tells.
    """
    number = key(schema)
    with ExitStack() as counted:
        waited, backend = await _taken(session, number, emit, counted)
    shared = session.target.kind == "transaction-pooler"
    release = "" if shared else f"select pg_catalog.pg_advisory_unlock({number})"
    held = Held(release=release, pid=None if shared else backend, waited=waited, released=shared)
    try:
        yield held
    finally:
        await _release(session, held, number, backend, emit)


async def _release(session: Session, held: Held, number: int, backend: int, emit: Emit) -> None:
    if held.released or session.closed:
        return
    try:
        async with session.within():
            await unlock(session, number, backend, emit)
    except MigratorError:
        # the connection is gone or beyond use; the server frees the lock with it, and the real error is on its way
        session.abandon()


async def _taken(session: Session, number: int, emit: Emit, counted: ExitStack) -> tuple[bool, int]:
    """Take the lock: whether somebody else had it before, and the backend that has it now. Raises as `hold` does.

    The time from the first refusal on is the session's patience, until `counted` is closed.
    """
    waited, told = False, None
    while True:
        query = f"select jsonb_build_array({_try(session, number)}, pg_catalog.pg_backend_pid())"
        ((locked, backend),) = await session.read(query)
        session.answered_by(backend)
        if locked:
            return waited, backend
        if locked is None:  # another backend answered: the session is shared, and asks as such
            continue
        if not waited:
            counted.enter_context(session.patience.waiting())
        waited, patience = True, session.patience.left
        holder = await _holder(session, number, patience)
        if patience <= 0:
            raise _refusal(holder, session.patience.given)
        if holder.pid not in {None, told}:  # None: it was released between the two questions
            emit(holder)
            told = holder.pid
        await rest(at_most=patience)
