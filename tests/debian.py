"""A PostgreSQL of Debian's, for what the embedded one lacks (TLS, pgaudit): with settings of its own and a log."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/usr/lib/postgresql")


def programs(beside: str = "bin/initdb") -> Path | None:
    """The programs of the newest installed version that has this file; None where there is none."""
    versions = [path for path in ROOT.glob("*") if path.name.isdigit() and (path / beside).exists()]
    return max(versions, key=lambda path: int(path.name)) / "bin" if versions else None


def missing(found: Path | None, package: str) -> str | None:
    """Why such a server cannot be started here."""
    if found is None:
        return f"Debian's {package} is not installed"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no `runuser`"
    return None


@dataclass(kw_only=True)
class Debian:
    """The server; it trusts everybody on this machine unless its `pg_hba.conf` is written anew."""

    programs: Path
    folder: Path
    port: int

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.folder / "data"

    def address(self, database: str, role: str = "postgres") -> str:
        """Of one of its databases."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def own(self, path: Path) -> Path:
        """Give a file to the server's account, for it alone."""
        path.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(path, "postgres")
        return path

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs under its account, on its data directory."""
        switch = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*switch, f"{self.programs}/{program}", "-D", str(self.data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    async def logged(self, work: Awaitable[object]) -> str:
        """What the server writes to its log while something is done."""
        log = self.folder / "log"
        before = log.stat().st_size
        await work
        # backends write the log themselves, each before it answers: what is answered is in it
        with log.open("rb") as file:
            file.seek(before)
            return file.read().decode()


@contextlib.contextmanager
def made(found: Path | None) -> Iterator[Debian]:
    """A new cluster that is not started yet, in a folder of its own; stopped at the end."""
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="migrator-debian-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Debian(programs=found, folder=folder, port=int(free.getsockname()[1]))
    try:
        server.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        yield server
    finally:
        if (server.data / "postmaster.pid").exists():
            server.run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def start(server: Debian, *settings: str) -> None:
    """Start it with `name=value` settings; it is ready afterwards."""
    options = [f"-p {server.port} -k {server.folder}"]
    options += [
        f"-c {setting}" for setting in ("listen_addresses=127.0.0.1", "fsync=off", "log_line_prefix=", *settings)
    ]
    server.run("pg_ctl", "-w", "-l", str(server.folder / "log"), "-o", " ".join(options), "start")
