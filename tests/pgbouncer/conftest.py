"""A real PgBouncer in front of the server of the tests, in the mode that a test asks for."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import psycopg2
import pytest

Bounced = Callable[..., str]

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _server(dsn: str) -> dict[str, str]:
    """How PgBouncer reaches the server of an address, in its own words, and the login that it makes there."""
    url = urlsplit(dsn)
    query = {key: values[-1] for key, values in parse_qs(url.query).items()}
    found = {
        "host": query.get("host") or url.hostname or "127.0.0.1",
        "port": query.get("port") or str(url.port or 5432),
        "user": unquote(url.username or "postgres"),
        "password": unquote(url.password or ""),
    }
    return {key: value for key, value in found.items() if value}


def _account(server: dict[str, str]) -> list[str]:
    """PgBouncer refuses to run as root: as root it runs as whoever owns the server's socket, else as `nobody`."""
    if os.geteuid() != 0:
        return []
    place = Path(server["host"]) / f".s.PGSQL.{server['port']}"
    owner = pwd.getpwuid(place.stat().st_uid).pw_name if place.exists() else "nobody"
    return ["-u", "nobody" if owner == "root" else owner]


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PgBouncer does not start: {log.read_text()}")
            time.sleep(0.01)
        else:
            return


@pytest.fixture
def bounced(dsn: str, need: Callable[[str, str | None], None]) -> Iterator[Bounced]:
    """Put a PgBouncer before the test's database: `bounced("transaction", size=2)` is its address.

    `size` server connections are shared by all clients. `user` is a role whose password is its name. `logins` are the
    passwords of those whom it lets in itself. Whatever else is given goes into its configuration. It is stopped after
    the test.
    """
    need("pgbouncer", None if PROGRAM else "PgBouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="migrator-pgbouncer-"))
    folder.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []

    def begin(
        mode: str, *, size: int = 2, user: str | None = None, logins: dict[str, str] | None = None, **settings: object
    ) -> str:
        server, port = _server(dsn), _free_port()
        server |= {"user": user, "password": user} if user else {}
        wanted = {
            "listen_addr": "127.0.0.1",
            "listen_port": port,
            "unix_socket_dir": "",
            # every login becomes that of the server's own address
            "auth_type": "any",
            "pool_mode": mode,
            "default_pool_size": size,
            "admin_users": server["user"],
            **settings,
        }
        entry = " ".join(f"{key}='{value}'" for key, value in server.items())
        lines = ["[databases]", f"* = {entry}", "[pgbouncer]", *(f"{key} = {value}" for key, value in wanted.items())]
        if logins is not None:
            known = folder / f"{port}.txt"
            known.write_text("".join(f'"{name}" "{secret}"\n' for name, secret in logins.items()), encoding="utf-8")
            known.chmod(0o644)
            lines.append(f"auth_file = {known}")
        ini, log = folder / f"{port}.ini", folder / f"{port}.log"
        ini.write_text("\n".join(lines) + "\n", encoding="utf-8")
        ini.chmod(0o644)  # whatever root's umask is
        with log.open("wb") as output:
            process = subprocess.Popen([str(PROGRAM), *_account(server), str(ini)], stdout=output, stderr=output)
        started.append(process)
        _wait(process, port, log)
        database = urlsplit(dsn).path.lstrip("/")
        return f"postgresql://{server['user']}@127.0.0.1:{port}/{database}"

    try:
        yield begin
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def clients_waiting(address: str) -> int:
    """How many clients of a PgBouncer wait for a connection of the test's database, as its console tells."""
    url = urlsplit(address)
    # the console speaks the simple protocol alone, which asyncpg's fetch does not
    console = psycopg2.connect(host=url.hostname, port=url.port, user=url.username, dbname="pgbouncer")
    try:
        console.autocommit = True
        with console.cursor() as cursor:
            cursor.execute("show pools")
            names = [column.name for column in cursor.description or ()]
            pools = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        console.close()
    return sum(int(pool["cl_waiting"]) for pool in pools if pool["database"] == url.path.lstrip("/"))


@pytest.fixture
def waiting() -> Callable[[str], int]:
    """How many clients wait, see `clients_waiting`."""
    return clients_waiting


STATE = """select jsonb_build_object(
    'search_path', current_setting('search_path'),
    'role', current_user::text,
    'session_user', session_user::text,
    'statement_timeout', current_setting('statement_timeout'),
    'lock_timeout', current_setting('lock_timeout'),
    'client_connection_check_interval', current_setting('client_connection_check_interval'),
    'synchronous_commit', current_setting('synchronous_commit'),
    'application_name', current_setting('application_name'),
    'own setting', coalesce(current_setting('app.tenant', true), ''),
    'prepared', (select jsonb_agg(name) from pg_prepared_statements where from_sql),
    'cursors', (select jsonb_agg(name) from pg_cursors where is_holdable),
    'temporary', (select jsonb_agg(relname) from pg_class where relnamespace = pg_my_temp_schema()),
    'channels', (select jsonb_agg(c) from pg_listening_channels() c))::text"""
"""What a session can tell of whoever had it before."""

Looked = Callable[[str], Awaitable[tuple[int, dict[str, Any]]]]


async def looked(address: str) -> tuple[int, dict[str, Any]]:
    """Be the next client of a pooler: which backend it gets, and what that tells of the clients before."""
    import json

    # PgBouncer gives a client that has no name the one of the client before, whoever that was
    named = {"application_name": "the next client"}
    connection = await asyncpg.connect(address, statement_cache_size=0, server_settings=named)
    try:
        async with asyncio.timeout(20), connection.transaction():
            return await connection.fetchval("select pg_backend_pid()"), json.loads(await connection.fetchval(STATE))
    finally:
        await connection.close()


@pytest.fixture
def look() -> Looked:
    """Be the next client of a pooler, see `looked`."""
    return looked
