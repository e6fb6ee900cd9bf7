"""The real `yoyo` command, on the database and the migrations of a test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Yoyo = Callable[..., subprocess.Popen[str]]

FILES = {
    "0001.create-users.sql": "-- create users\n-- depends:\n\ncreate table users (id int primary key);\n",
    "0001.create-users.rollback.sql": "drop table users;\n",
    "0002.add-name.sql": "-- add a name\n-- depends: 0001.create-users\n\nalter table users add column name text;\n",
    "0002.add-name.rollback.sql": "alter table users drop column name;\n",
}


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A folder with two migrations that can be rolled back."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def yoyo(tmp_path: Path, dsn: str, need: Callable[[str, str | None], None]) -> Iterator[Yoyo]:
    """Start `yoyo COMMAND ... ` on the test's database and folders; what still runs when the test ends is killed."""
    try:
        import psycopg2  # noqa: F401 - the driver that the command needs
    except ImportError as error:
        need("yoyo", f"yoyo needs a driver: {error}")
    started: list[subprocess.Popen[str]] = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTHON"))}

    def begin(command: str, *arguments: str, folders: tuple[str, ...] = ("migrations",)) -> subprocess.Popen[str]:
        options = ["--batch", "--no-config-file", "--database", dsn, *arguments]
        sources = [] if command == "break-lock" else [str(tmp_path / folder) for folder in folders]
        process = subprocess.Popen(
            [sys.executable, "-m", "yoyo", command, *options, *sources],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
