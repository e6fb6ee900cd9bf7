"""The configured database: a session on it, opened with patience, and which database it is."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

from migrator.config import DEFAULT_WAIT, Config
from migrator.database.address import pooler
from migrator.database.address.target import Target
from migrator.database.launching.servers import locate
from migrator.database.network import verdicts
from migrator.database.sessions.opening import apply_settings, open_session
from migrator.database.sessions.patience import Patience
from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError
from migrator.events import Emit, ignore
from migrator.events.database import DatabaseInfo

_ALWAYS_PASSES = frozenset({"server-starting", "pooler-full"})
_HURRIED = frozenset({"connection-timeout", "host-unknown"})
_FIRST_DELAY, _LAST_DELAY = 0.1, 2.0


async def _open_patiently(target: Target, config: Config, emit: Emit) -> Session:
    """Connect, waiting for what passes by itself; the session keeps what is left of the patience.

    For a server that says that it is starting, and for a full pooler, up to `config.wait`; for a refused connection
    only when somebody asked to wait, because it is a wrong port more often than a server on its way. Never for a login
    that the server refused.
    """
    asked = config.origins.get("wait", "default") != "default" or config.wait != DEFAULT_WAIT
    passing = verdicts.PASSES if asked else _ALWAYS_PASSES
    patience = Patience(config.wait)
    delay = _FIRST_DELAY
    last: UnavailableError | None = None
    with ExitStack() as counted:
        while True:
            try:
                return await open_session(target if last is None else _hurried(target, patience), patience)
            except UnavailableError as error:
                if last is not None and error.code in _HURRIED and not patience.left:
                    raise _spent(last, patience) from None  # it was given less time than it may need
                codes = verdicts.codes(error)
                if not codes & passing:
                    raise
                if not patience.left:
                    raise _spent(error, patience) from None
                if last is None or error.code != last.code:
                    from migrator.events import Waiting  # most servers answer at once

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
