"""Opening sessions and pools on a target, and saying which database is at the other end."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg

from migrator.config import DEFAULT_WAIT, Config
from migrator.database import connect_failures, pooler
from migrator.database.bounds import bounded
from migrator.database.dialling import reach
from migrator.database.patience import Patience
from migrator.database.servers import locate
from migrator.database.session import Session, refused_setting, settings
from migrator.database.target import SessionAttributes, Target
from migrator.errors import MigratorError, ServerError, UnavailableError
from migrator.events import Emit, Waiting, ignore
from migrator.events.database import DatabaseInfo

CLOSE_TIMEOUT = 5.0

_ALWAYS_PASSES = frozenset({"server-starting", "pooler-full"})
_FIRST_DELAY, _LAST_DELAY = 0.1, 2.0


async def _open(target: Target) -> "asyncpg.Connection[Any]":
    """Connect to the first of the hosts that will do. Raises our errors."""
    wanted = target.session_attributes
    rounds: tuple[SessionAttributes, ...] = ("standby", "any") if wanted == "prefer-standby" else (wanted,)
    causes: list[MigratorError] = []
    for attributes in rounds:
        causes = []
        for host in target.hosts:
            try:
                return await reach(target, host, attributes)
            except UnavailableError as error:
                if error.code not in connect_failures.NEXT_HOST:
                    raise
                causes.append(error)
    raise connect_failures.together(causes)


async def open_session(target: Target, patience: Patience | None = None) -> Session:
    """Connect once; what the session waits for later is taken from `patience`.

    Raises `UnavailableError` with what to do about it, `InputError` for a missing certificate.
    """
    return Session(await _open(target), target, patience)


async def _open_patiently(target: Target, config: Config, emit: Emit) -> Session:
    """Connect, waiting for what passes by itself; the session keeps what is left of the patience.

    For a server that says that it is starting, and for a full pooler, up to `config.wait`; for a refused connection
    only when somebody asked to wait, because it is a wrong port more often than a server on its way. Never for a login
    that the server refused.
    """
    asked = config.origins.get("wait", "default") != "default" or config.wait != DEFAULT_WAIT
    passing = connect_failures.PASSES if asked else _ALWAYS_PASSES
    patience = Patience(config.wait)
    delay = _FIRST_DELAY
    last: UnavailableError | None = None
    with ExitStack() as counted:
        while True:
            try:
                return await open_session(target if last is None else _hurried(target, patience), patience)
            except UnavailableError as error:
                if last is not None and error.code == "connection-timeout" and not patience.left:
                    raise _spent(last, patience) from None  # it was given less time than it may need
                codes = {error.code, *(cause.code for cause in error.causes)}
                if not codes & passing:
                    raise
                if not patience.left:
                    raise _spent(error, patience) from None
                if last is None or error.code != last.code:
                    emit(Waiting(what="connection" if "pooler-full" in codes else "server", patience=patience.left))
                if last is None:
                    counted.enter_context(patience.waiting())
                last = error
            await asyncio.sleep(min(patience.left, delay * random.uniform(0.8, 1.2)))  # noqa: S311 - jitter is no secret
            delay = min(delay * 1.5, _LAST_DELAY)


def _hurried(target: Target, patience: Patience) -> Target:
    """A server that no longer answers must not take more time than is left; the last attempt has a moment at least."""
    return replace(target, connect_timeout=min(target.connect_timeout, max(patience.left, _FIRST_DELAY)))


def _spent(error: UnavailableError, patience: Patience) -> UnavailableError:
    """The cause that did not pass in time."""
    if patience.given:
        error.outcome = error.outcome or f"nothing was changed in the {patience.given:g} s that this run waited"
    if error.code == "server-starting":
        error.hint = "run the command again when it is up, or give it longer with `--wait 5min`"
    return error


@asynccontextmanager
async def connect(config: Config, emit: Emit = ignore, *, migrating: bool = False) -> AsyncIterator[Session]:
    """One session on the configured database, closed at the end; starts the server where the address asks for one.

    Waits up to `config.wait` seconds for a server that is starting, emitting `Waiting`. With `migrating`, an address of
    a transaction pooler becomes that of its session-mode door where one is known; `session.target.kind` tells what it
    is in the end. Raises `InputError` for an address that is missing or wrong, `UnavailableError` when nothing answers.
    """
    async with locate(config, emit) as found:
        target = pooler.for_migrating(found) if migrating else found
        for notice in target.told[len(found.told) :]:
            emit(notice)
        session = await _open_patiently(target, config, emit)
        try:
            await apply_settings(session)
            yield session
        except BaseException:
            await session.close()
            raise
        # it is idle, so the farewell alone will do: waiting for the server's would cost a round trip
        session.abandon()


async def apply_settings(session: Session) -> None:
    """Set what the address's `options` ask for, in one round trip; not where a pooler would hand it on to others."""
    target = session.target
    if not target.settings or session.pooled:
        return
    # whether this is the server itself, the server alone can tell
    here = f"pg_catalog.pg_backend_pid() = {session.pid}"
    given = f"case when {here} then row({settings(target.settings, local=False)}) is null end"
    try:
        ((backend, _),) = await session.read(f"select jsonb_build_array(pg_catalog.pg_backend_pid(), {given})")
    except ServerError as error:
        raise refused_setting(target, error) from error
    session.answered_by(backend)


class Pool:
    """Up to `size` sessions, opened when they are needed."""

    def __init__(self, pool: "asyncpg.Pool[Any]", target: Target, size: int) -> None:
        self._pool = pool
        self.target = target
        self.size = size

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow a session; it goes back as it is, so whoever borrows leaves nothing but what `SET LOCAL` made.

        Raises what `open_session` raises when it has to be opened first.
        """
        async with self._pool.acquire() as borrowed:
            # asyncpg takes a connection that ends away from who has borrowed it, and then even asking whether it has
            # ended is an error
            connection: asyncpg.Connection[Any] = borrowed._con  # type: ignore[attr-defined] # noqa: SLF001 - no other way
            yield Session(connection, self.target)


async def _keep(connection: "asyncpg.Connection[Any]") -> None:
    """Leave a returned connection as it is: behind a pooler asyncpg's own reset would release other people's locks."""


@asynccontextmanager
async def pool(target: Target, size: int) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, none of them opened before it is needed, all closed at the end.

    A login that was refused is not tried again: whoever needs a connection afterwards is told the same.
    """
    refused: UnavailableError | None = None

    async def opened(*_arguments: object, **_keywords: object) -> "asyncpg.Connection[Any]":
        nonlocal refused
        if refused is not None:
            raise refused
        try:
            return await _open(target)
        except UnavailableError as error:
            if error.code in connect_failures.REFUSED_LOGINS:
                refused = error
            raise

    inner = asyncpg.create_pool(connect=opened, min_size=0, max_size=size, reset=_keep)
    await inner
    try:
        yield Pool(inner, target, size)
    finally:
        try:
            async with bounded(CLOSE_TIMEOUT):
                await inner.close()
        except TimeoutError:
            inner.terminate()


def describe(session: Session) -> DatabaseInfo:
    """The database at the other end, as far as the handshake and the address tell: no round trip."""
    number, text = session.version
    return DatabaseInfo(
        address=str(session.target),
        origin=session.target.origin,
        kind=session.target.kind,
        server_version=text,
        server_version_num=number,
        supabase=any(pooler.is_supabase(host) for host in session.target.hosts),
    )
