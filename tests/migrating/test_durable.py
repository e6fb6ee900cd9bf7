"""What a run has told as committed survives a crash of the server, although only one commit waits for the disk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashing import Server, forgetful_server, run

from migrator.config import Address, Config
from migrator.errors import WorkError
from migrator.migrating import up

pytestmark = pytest.mark.db


@pytest.fixture
def server() -> Iterator[Server]:
    """Start one that keeps its writes as long in memory as it may, so that a missing wait shows."""
    with forgetful_server() as made:
        yield made


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
