"""A server that speaks just enough of PostgreSQL's protocol to refuse logins, in whatever words a test gives it."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

SSL_REQUEST = 80877103

Answer = tuple[str, str] | bytes | None
"""A `(sqlstate, message)`; bytes, which are sent as they are; or None, which closes the connection."""


def error_response(sqlstate: str, message: str) -> bytes:
    """https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE."""
    body = b"".join(
        kind + text.encode() + b"\0"
        for kind, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", sqlstate), (b"M", message))
    )
    return b"E" + struct.pack("!i", len(body) + 5) + body + b"\0"


async def startup(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """The code and the parameters of a client's first message."""
    length, code = struct.unpack("!ii", await reader.readexactly(8))
    words = (await reader.readexactly(length - 8)).split(b"\0")
    return code, {key.decode(): value.decode() for key, value in zip(words[::2], words[1::2], strict=False) if key}


@dataclass
class Fake:
    """A server that answers each login with the next of its answers, the last of them for ever.

    Attributes:
        answers: what logins get.
        to_ssl: what a client gets that asks for TLS.
        port: where it listens, on 127.0.0.1.
        logins: the startup messages that it has got, as dictionaries.
        ssl_requests: how often a client asked for TLS.
    """

    answers: tuple[Answer, ...] = (None,)
    to_ssl: bytes = b"N"
    port: int = 0
    logins: list[dict[str, str]] = field(default_factory=list)
    ssl_requests: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the server of one client."""
        try:
            code, parameters = await startup(reader)
            while code == SSL_REQUEST:
                self.ssl_requests += 1
                writer.write(self.to_ssl)
                code, parameters = await startup(reader)
            answer = self.answers[min(len(self.logins), len(self.answers) - 1)]
            self.logins.append(parameters)
            if isinstance(answer, tuple):
                writer.write(error_response(*answer))
            elif answer:
                writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextlib.contextmanager
def beside(fake: Fake) -> Iterator[Fake]:
    """Run it in a thread of its own, for a test whose own code runs an event loop."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(fake.serve, "127.0.0.1", 0))
    fake.port = int(server.sockets[0].getsockname()[1])
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def is_everywhere(fake: Fake, patch: pytest.MonkeyPatch) -> None:
    """Let every name of a host be found at the server, whatever the port: Supabase's hosts are known by their names."""

    def look_up(*_arguments: Any, **_keywords: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", fake.port))]

    patch.setattr(socket, "getaddrinfo", look_up)
