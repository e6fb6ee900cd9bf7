"""`up --dry-run --sql` prints the exact SQL, and nothing on stdout but SQL."""

import asyncio
import sys
from collections.abc import Callable

import asyncpg
import pytest

from migrator.cli import run
from migrator.config import Config


def test_what_it_prints_is_what_applies(
    project: Callable[..., Config], dsn: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Sending the printed text through any client applies the migrations: afterwards `status --check` says yes."""
    folder = project(
        {
            "migrator.toml": "",
            "migrations/0001.a.sql": "CREATE TABLE a (name text DEFAULT 'x;y');",
            "migrations/0002.b.sql": "CREATE TABLE b ();\nINSERT INTO a VALUES ('ä \\'), (E'\\x1b');",
        }
    ).root
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", dsn)
    assert run(["up", "--to", "0001"]) == 0
    capsys.readouterr()
    assert run(["up", "--dry-run", "--sql"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""

    async def send() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            await connection.execute(printed.out)
            return list(await connection.fetch("select name from a"))
        finally:
            await connection.close()

    assert [row["name"] for row in asyncio.run(send())] == ["ä \\", "\x1b"]
    assert run(["status", "--check"]) == 0
    assert sys.stdout is not None


def test_sql_without_dry_run_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """`--sql` alone would be taken for a dry run by whoever forgets the other half."""
    monkeypatch.delenv("MIGRATOR_DRY_RUN", raising=False)
    assert run(["up", "--sql"]) == 2
    assert "error: `--sql` needs `--dry-run`" in capsys.readouterr().err
