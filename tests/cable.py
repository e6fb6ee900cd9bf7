"""A network cable between a client and a test's database that a test can cut, at any byte, in several ways."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Self
from urllib.parse import quote

from migrator.config import Address
from migrator.database.address.dsn import parse

CHUNK = 64 * 1024


class Line:
    """One client's connection; `number` counts from 1."""

    def __init__(self, cable: "Cable", number: int) -> None:
        self.cable = cable
        self.number = number
        self.deaf = False
        self.writers: list[asyncio.StreamWriter] = []

    def cut(self, *, reset: bool = False) -> None:
        """End it for both sides: with a FIN, as a process does that exits, or with a RST, as firewalls do."""
        for writer in self.writers:
            opened = writer.transport.get_extra_info("socket")
            if reset and opened.fileno() >= 0:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


Look = Callable[[Line, bytes], bytes]
"""Sees a chunk on its way and returns what of it shall arrive; may cut the line."""


def unchanged(_line: Line, data: bytes) -> bytes:
    """Let everything pass."""
    return data


class Cable:
    """Listens on 127.0.0.1 and passes everything on to the server of `dsn`; a client's address is `self.dsn`.

    Attributes:
        outward: looks at what clients send; the test may put its own there.
        inward: looks at what the server answers.
        lines: every connection that there was.
        gate: where a new connection waits until the test sets it.
    """

    def __init__(self, dsn: str) -> None:
        self._target = parse(Address(dsn, "test"), {})
        self.outward: Look = unchanged
        self.inward: Look = unchanged
        self.lines: list[Line] = []
        self.dsn = ""
        self.gate: asyncio.Event | None = None
        self._dark = False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        login = quote(self._target.user, safe="")
        if self._target.password is not None:
            login += ":" + quote(self._target.password.reveal(), safe="")
        self.dsn = f"postgresql://{login}@127.0.0.1:{port}/{self._target.database}?sslmode=disable"
        return self

    async def __aexit__(self, *_exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, *, reset: bool = False) -> None:
        """End every connection that there is; a client may open new ones, which nobody looks at."""
        self.outward = self.inward = unchanged
        for line in self.lines:
            line.cut(reset=reset)

    def refuse(self) -> None:
        """Refuse new connections; those that there are stay."""
        assert self._server is not None
        self._server.close()

    def unplug(self) -> None:
        """End every connection, and refuse new ones."""
        self.refuse()
        self.cut()

    def swallow(self) -> None:
        """Become a black hole: nothing ends, nothing arrives, and new connections are accepted like that, too."""
        self._dark = True

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, len(self.lines) + 1)
        line.writers.append(writer)
        self.lines.append(line)
        task = asyncio.create_task(self._run(line, reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, line: Line, client: asyncio.StreamReader) -> None:
        host = self._target.hosts[0]
        try:
            if self.gate is not None:
                await self.gate.wait()
            if host.is_socket:
                server, to_server = await asyncio.open_unix_connection(f"{host.name}/.s.PGSQL.{host.port}")
            else:
                server, to_server = await asyncio.open_connection(host.name, host.port)
            line.writers.append(to_server)
            pair = [
                asyncio.create_task(self._carry(line, client, to_server, outward=True)),
                asyncio.create_task(self._carry(line, server, line.writers[0], outward=False)),
            ]
            try:
                await asyncio.wait(pair, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in pair:
                    one.cancel()
                await asyncio.gather(*pair, return_exceptions=True)
        except OSError:
            pass  # the server is away: closing tells the client
        finally:
            for writer in line.writers:
                writer.close()
            for writer in line.writers:
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await writer.wait_closed()

    async def _carry(
        self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outward: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._dark:
                    continue
                kept = (self.outward if outward else self.inward)(line, data)
                if kept and not writer.is_closing():
                    writer.write(kept)
                    await writer.drain()
            if self._dark:
                await asyncio.Event().wait()


def half_of(words: bytes, *, reset: bool = False) -> Look:
    """For `outward`: cut in the middle of the first chunk that holds these words; half of it arrives."""

    def look(line: Line, data: bytes) -> bytes:
        if words not in data:
            return data
        line.cable.outward = unchanged
        kept = data[: len(data) // 2]
        line.writers[1].write(kept)
        # what was written is to arrive before the end of the connection does
        asyncio.get_running_loop().call_later(0.05, lambda: line.cut(reset=reset))
        return b""

    return look


def deaf_from(words: bytes) -> Look:
    """For `inward`: from the chunk that holds these words on, no answer arrives on that line any more."""

    def look(line: Line, data: bytes) -> bytes:
        line.deaf = line.deaf or words in data
        return b"" if line.deaf else data

    return look


def cut_at(words: bytes, *, reset: bool = False) -> Look:
    """For `inward`: what comes before these words arrives, and then the line is cut."""

    def look(line: Line, data: bytes) -> bytes:
        if line.deaf:
            return b""
        before, found, _ = data.partition(words)
        if found:
            line.deaf, line.cable.inward = True, unchanged
            asyncio.get_running_loop().call_later(0.05, lambda: line.cut(reset=reset))
        return before

    return look
