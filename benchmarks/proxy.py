"""A wide-area network between a client and PostgreSQL: a TCP proxy that holds every byte for half a round trip.

As a program it prints what passed when it is stopped:

    python benchmarks/proxy.py --listen 6543 --to 127.0.0.1:5432 --round-trip 40
    python benchmarks/proxy.py --listen 6543 --to /run/postgresql/.s.PGSQL.5432

As a context manager it runs on the caller's event loop: `async with Proxy(to="127.0.0.1:5432") as proxy: proxy.port`.
Only latency is added; throughput is not limited.
"""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

CHUNK = 64 * 1024
# chunks under way in one direction; a slow reader at the far end slows the sender instead of filling our memory
IN_FLIGHT = 1024


@dataclass(slots=True)
class Traffic:
    """What passed through a proxy.

    Attributes:
        connections: TCP connections that clients opened.
        turns: how often the server answered; a client's farewell, which nothing answers, is none.
        sent: bytes from clients to the server.
        received: bytes from the server to clients.
    """

    connections: int = 0
    turns: int = 0
    sent: int = 0
    received: int = 0

    @property
    def round_trips(self) -> int:
        """Round trips that clients could wait for: the TCP handshake of each connection, and every turn."""
        return self.connections + self.turns

    def __str__(self) -> str:
        return (
            f"{self.connections} connections, {self.round_trips} round trips, "
            f"{self.sent} bytes to the server, {self.received} bytes back"
        )


class Proxy:
    """Listen on 127.0.0.1 and pass everything on to a server that seems `round_trip` seconds away.

    Args:
        to: `HOST:PORT`, or the path of a unix socket.
        round_trip: seconds; half of it is spent in each direction, and one whole before a new connection's first byte.
        port: where to listen; 0 picks a free port, `port` then tells which.
    """

    def __init__(self, to: str, *, round_trip: float = 0.040, port: int = 0) -> None:
        self.to = to
        self.round_trip = round_trip
        self.port = port
        self.traffic = Traffic()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        assert self._server is not None  # noqa: S101 - only __aenter__ makes it
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def reset(self) -> Traffic:
        """Begin counting anew; returns what was counted until now."""
        traffic, self.traffic = self.traffic, Traffic()
        return traffic

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._line(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _line(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One client's connection, from its handshake until both sides have said everything."""
        traffic = self.traffic
        traffic.connections += 1
        writers = [to_client]
        asked = False

        def sent(size: int) -> None:
            nonlocal asked
            traffic.sent += size
            asked = True

        def received(size: int) -> None:
            nonlocal asked
            traffic.received += size
            traffic.turns += asked
            asked = False

        try:
            # the kernel has accepted already, where a real client would still wait for the answer to its first packet
            await asyncio.sleep(self.round_trip)
            server, to_server = await self._open()
            writers.append(to_server)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(client, to_server, departed=sent))
                both.create_task(self._carry(server, to_client, arrived=received))
        except* (ConnectionError, FileNotFoundError):
            pass  # one side is gone; closing tells the other
        finally:
            for writer in writers:
                writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.to.startswith("/"):
            return await asyncio.open_unix_connection(self.to)
        host, _, port = self.to.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        departed: Callable[[int], None] = lambda _: None,
        arrived: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Copy one direction, each chunk half a round trip late; an empty chunk is the end."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)

        async def deliver() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not data:
                    # a client that has said goodbye may be gone by now
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                    return
                writer.write(data)
                arrived(len(data))
                await writer.drain()

        async with asyncio.TaskGroup() as pair:
            pair.create_task(deliver())
            while True:
                data = await reader.read(CHUNK)
                if data:
                    departed(len(data))
                await under_way.put((loop.time() + self.round_trip / 2, data))
                if not data:
                    return


async def serve(to: str, round_trip: float, port: int) -> Traffic:
    """Run until SIGINT or SIGTERM; returns what passed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Proxy(to, round_trip=round_trip, port=port) as proxy:
        print(f"127.0.0.1:{proxy.port} -> {to}, round trip {round_trip * 1000:g} ms", flush=True)
        await stop.wait()
        return proxy.traffic


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="a free port when not given")
    parser.add_argument("--to", required=True, metavar="HOST:PORT|SOCKET", help="PostgreSQL's address or unix socket")
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS", help="milliseconds (40)")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        print(asyncio.run(serve(given.to, given.round_trip / 1000, given.listen)))


if __name__ == "__main__":
    main()
