"""One connection and the few things that we do with it, each in a known number of round trips.

Commands travel by the simple protocol without arguments: one round trip, and no portal that would keep a snapshot open
between statements of a migration (a snapshot held there makes CREATE INDEX CONCURRENTLY elsewhere wait for ever). Reads
travel by COPY for the same reason.
"""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from migrator.database.address import pooler
from migrator.database.address.target import Target, TargetKind
from migrator.database.network.bounds import bounded
from migrator.database.network.failures import AGAIN, refused_setting, translate
from migrator.database.sessions.notice import Listener, Notice
from migrator.database.sessions.patience import Patience
from migrator.database.sessions.reset import forget
from migrator.errors import ConnectionLostError, MigratorError, ServerError
from migrator.sql.names import literal

FAREWELL = 5.0
"""Seconds in which the server has to confirm that something ends: a cancelled statement, a lock, a connection."""

Take = Callable[[bytes], Coroutine[Any, Any, None]]

_DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, EOFError)


def settings(chosen: tuple[tuple[str, str], ...], *, local: bool) -> str:
    """Calls, as a list of values, that give a session or (`local`) its transaction the settings of its address."""
    ends = "true" if local else "false"
    # not SET, which takes a list such as that of search_path for a single name
    calls = [f"pg_catalog.set_config({literal(name)}, {literal(value)}, {ends})" for name, value in chosen]
    return ", ".join(calls)


class Session:
    """A connection as jobs see it. Made by `connect()` or a pool; not for concurrent use.

    Its methods raise `ServerError` when PostgreSQL refuses a command, `ConnectionLostError` when the connection ends.

    Attributes:
        target: where it is connected, with what is known by now of what stands between.
        patience: what is left of the run's for things that pass by themselves; without any, nothing is waited for.
        backend: the server's process that answered last, where that was asked.
    """

    def __init__(
        self,
        connection: "asyncpg.Connection[Any] | PoolConnectionProxy[Any]",
        target: Target,
        patience: Patience | None = None,
    ) -> None:
        self._connection = connection
        self.target = target
        self.patience = patience or Patience(0.0)
        self.backend: int | None = None
        self._listeners: list[Listener] = []
        self._listening = False

    @property
    def pid(self) -> int:
        """The backend's process id, as the handshake told it."""
        return int(self._connection.get_server_pid())

    @property
    def encrypted(self) -> bool:
        """What travels is encrypted."""
        transport: asyncio.BaseTransport = self._connection._transport  # type: ignore[union-attr] # noqa: SLF001
        return transport.get_extra_info("ssl_object") is not None

    @property
    def pooled(self) -> bool:
        """A pooler is in between: what this session leaves in the server's, the next client finds."""
        return self.target.kind in pooler.POOLERS

    def answered_by(self, backend: int) -> None:
        """Learn what is in between from a command that told its `pg_backend_pid()` in passing: see `target.kind`."""
        self.found(pooler.seen(self.target, handshake=self.pid, before=self.backend, now=backend))
        self.backend = backend

    def found(self, kind: TargetKind) -> None:
        """What stands between this session and the server."""
        if kind != self.target.kind:
            self.target = replace(self.target, kind=kind)

    @property
    def version(self) -> tuple[int, str]:
        """The server's version as a number (170004) and as text (`17.4`), from the handshake: no round trip."""
        version = self._connection.get_server_version()
        if version.major >= 10:  # noqa: PLR2004 - since 10 a version has two parts
            return version.major * 10000 + version.micro, f"{version.major}.{version.micro}"
        return (
            version.major * 10000 + version.minor * 100 + version.micro,
            f"{version.major}.{version.minor}.{version.micro}",
        )

    @property
    def closed(self) -> bool:
        """The connection has ended."""
        return bool(self._connection.is_closed())

    def _require_open(self) -> None:
        """Asyncpg fails in ways of its own on a connection that it ended: its cancellation did not arrive."""
        if self.closed:
            raise ConnectionLostError("the connection to the server has ended", code="connection-lost", hint=AGAIN)

    async def run(self, sql: str) -> None:
        """Send SQL, one statement or many, as one message of the simple protocol: one round trip."""
        self._require_open()
        try:
            await self._connection.execute(sql)
        except _DRIVER_ERRORS as error:
            raise translate(error, self.target.kind) from error

    async def read(self, query: str, *, first: str | None = None, then: str | None = None) -> list[Any]:
        """The rows of a query that returns one json or jsonb column: one round trip, no snapshot left behind.

        The text is sent as `COPY (query) TO STDOUT`, so it has no trailing semicolon and takes no parameters; quote
        values with `migrator.sql.names.literal`. `first` and `then` are statements that travel before and behind it.
        """
        chunks: list[bytes] = []

        async def take(chunk: bytes) -> None:
            chunks.append(bytes(chunk))

        await self.receive(query, take, first=first, then=then)
        lines = b"".join(chunks).split(b"\n")[:-1]
        # COPY's text format doubles backslashes; a JSON text holds no raw control character that it would escape
        return [None if line == rb"\N" else json.loads(line.replace(rb"\\", b"\\")) for line in lines]

    async def receive(self, query: str, take: Take, *, first: str | None = None, then: str | None = None) -> None:
        """Hand the rows of a query to `take` as they come, in COPY's text format and in pieces that end anywhere.

        One round trip and the data; memory does not grow with it. The text is sent as that of `read`, and
        so are `first` and `then`, such as the begin and the end of a transaction.
        """
        self._require_open()
        before = "" if first is None else f"{first}; "
        behind = "" if then is None else f"; {then}"
        try:
            # not copy_from_query(), which sends one statement alone
            await self._connection._copy_out(f"{before}COPY ({query}) TO STDOUT{behind}", take, None)  # type: ignore[union-attr] # noqa: SLF001
        except _DRIVER_ERRORS as error:
            raise translate(error, self.target.kind) from error

    async def read_as_asked(self, query: str) -> list[Any]:
        """As `read`, under the settings of the address. Must not be called inside a transaction.

        Behind a pooler they hold for this query alone, which costs two round trips more. Raises `InputError` for a
        setting that the server refuses.
        """
        if not self.pooled or not self.target.settings:
            return await self.read(query)
        try:
            await self.run(f"begin; select {settings(self.target.settings, local=True)}")
        except ServerError as error:
            await self.run("rollback")
            raise refused_setting(self.target, error) from error
        try:
            found = await self.read(query)
        except BaseException:
            await self.give_up()
            raise
        await self.run("rollback")
        return found

    async def copy(
        self,
        table: str,
        columns: list[str],
        source: AsyncIterable[bytes],
        *,
        schema: str | None = None,
        csv: bool = False,
    ) -> int:
        """Load rows of COPY's text format, or `csv` below a header, into a table; returns how many.

        One round trip and the data.
        """
        try:
            status = await self._connection.copy_to_table(
                table, columns=columns, source=source, schema_name=schema, format="csv" if csv else "text", header=csv
            )
        except _DRIVER_ERRORS as error:
            raise translate(error, self.target.kind) from error
        return int(status.split()[-1])

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Send the server's messages to `listener` while the block runs.

        They arrive on the event loop just after the read that brought them; a caller that needs every one of a finished
        command yields to the loop once (`settle()`).
        """
        if not self._listening:
            self._connection.add_log_listener(self._hear)
            self._listening = True
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
            if not self._listeners:  # asyncpg warns about a connection that goes back to its pool with one
                self._connection.remove_log_listener(self._hear)
                self._listening = False

    async def settle(self) -> None:
        """Let messages that have already arrived reach their listeners."""
        await asyncio.sleep(0)

    def _hear(self, _connection: object, message: Any) -> None:
        notice = Notice(
            severity=message.severity_en or message.severity,
            message=message.message,
            sqlstate=message.sqlstate,
            detail=message.detail,
            hint=message.hint,
        )
        for listener in tuple(self._listeners):
            listener(notice)

    async def rollback(self) -> None:
        """End whatever transaction is open and forget the session's state; the connection is as new, but for locks.

        The settings of its address hold again: among them is the search_path, which says whose ledger is read next.

        One message. Does nothing on a connection that has ended.
        """
        if self.closed:
            return
        # where no transaction is open, PostgreSQL warns of it; that is no news for whoever listens
        listeners, self._listeners = self._listeners, []
        try:
            await self._forget(plpgsql=True)
        except ServerError:
            try:
                await self._forget(plpgsql=False)
            except ServerError:
                await self.run("rollback")
        except MigratorError:
            if not self.closed:
                raise
        finally:
            await self.settle()
            self._listeners = listeners

    async def give_up(self) -> None:
        """As `rollback`, for a reason that is on its way already: it takes `FAREWELL` at most and raises nothing."""
        with suppress(MigratorError):
            async with self.within():
                await self.rollback()

    def forgetting(self, *, plpgsql: bool = True) -> str:
        """SQL for an open transaction that makes the session as new, but for locks; see `rollback`."""
        # the settings of the address are the session's own, as at its start; behind a pooler no session keeps any
        again = (
            "" if self.pooled or not self.target.settings else f"; select {settings(self.target.settings, local=False)}"
        )
        return f"{forget(pooled=self.pooled, plpgsql=plpgsql)}{again}"

    async def _forget(self, *, plpgsql: bool) -> None:
        await self.run(f"rollback; begin; {self.forgetting(plpgsql=plpgsql)}; commit")

    @asynccontextmanager
    async def within(self, seconds: float = FAREWELL) -> AsyncIterator[None]:
        """Bound what the block asks of the server; a connection that does not answer in time is abandoned.

        For what is said at a run's end: a cut network must not hold a process that was asked to stop. Raises
        `ConnectionLostError` when the time is over.
        """
        try:
            async with bounded(seconds):
                yield
        except TimeoutError:
            self.abandon()
            raise ConnectionLostError(
                f"the server did not answer within {seconds:g} s", code="connection-lost", hint=AGAIN
            ) from None

    async def close(self, timeout: float = FAREWELL) -> None:  # noqa: ASYNC109 - after that, what is left is ended
        """End the connection: politely for at most `timeout` seconds, then at once."""
        if self.closed:
            return
        try:
            async with bounded(timeout):
                await self._connection.close(timeout=timeout)
        except (TimeoutError, *_DRIVER_ERRORS):
            self._connection.terminate()

    def abandon(self) -> None:
        """End an idle connection without waiting for the server: its farewell is sent, no round trip is spent."""
        self._connection.terminate()
