"""A server of ours that listens on a port: for whom, with which password, and what its address is."""

import asyncio
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from migrator.database.address.launch import ANY_PORT, DEFAULT_DIRECTORY, Launch
from migrator.database.launching import embedded, password
from migrator.database.postgres import postmaster, programs
from migrator.errors import MigratorError
from migrator.events import Event, Told


@dataclass
class Shop:
    """A project whose server listens on a port of its own."""

    directory: Path
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2].partition("/")[0])


@pytest.fixture(scope="module")
def shop(new_place: Callable[[], Path]) -> Iterator[Shop]:
    """Started once; tests of this file may stop and start it."""
    directory = new_place() / DEFAULT_DIRECTORY
    asyncio.run(embedded.start(Launch(directory=directory, port=ANY_PORT)))
    try:
        found = asyncio.run(embedded.url(Launch(directory=directory, port=ANY_PORT)))
        yield Shop(directory=directory, url=str(found.url))
    finally:
        asyncio.run(embedded.stop(directory))


def told(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Told) and event.code == "embedded-differs"]


async def test_its_address_works_in_psql_and_in_an_application(shop: Shop):
    """What `migrate server url` prints logs in over TCP as it is, in psql and in a driver, from any folder."""
    connection = await asyncpg.connect(shop.url)
    try:
        by_driver = await connection.fetchval("select current_user || ' ' || host(inet_server_addr())")
    finally:
        await connection.close()
    by_psql = subprocess.run(
        [str(programs.find(shop.directory).folder / "psql"), "-XAt", "-c", "select inet_server_port()", shop.url],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert (by_driver, by_psql.stdout) == ("postgres 127.0.0.1", f"{shop.port}\n")


async def test_nobody_else_of_the_machine_gets_in(shop: Shop):
    """Over the port a password is asked for, another one is refused, and no other address of the machine listens."""
    refused = []
    for attempt in ("", "guess"):
        with pytest.raises(asyncpg.PostgresError) as raised:
            await asyncpg.connect(f"postgresql://postgres:{attempt}@127.0.0.1:{shop.port}/postgres", passfile="/none")
        refused.append(raised.value.sqlstate)
    file = shop.directory / password.FILE
    found = postmaster.answering(shop.directory)
    assert found is not None
    assert (refused, found.host, stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (
        ["28P01", "28P01"],
        "127.0.0.1",
        0o600,
        shop.directory.stat().st_uid,
    )


async def test_only_url_shows_the_password(shop: Shop):
    """`start` and `status` print the address of the socket; a result's repr, which a log may hold, has no password."""
    secret = str(password.kept(shop.directory))
    launch = Launch(directory=shop.directory, port=ANY_PORT)
    started = await embedded.start(launch)
    status = embedded.status(launch)
    result = await embedded.url(launch)
    assert (len(secret), secret in str(result.url), secret in repr(result), started.url, status.url) == (
        32,
        True,
        False,
        f"postgresql://postgres@/postgres?host={shop.directory}&port={shop.port}",
        f"postgresql://postgres@/postgres?host={shop.directory}&port={shop.port}",
    )


async def test_the_log_never_holds_the_password(shop: Shop):
    """The server is told a verifier, so that even a log of every statement has no password."""
    log = (shop.directory / postmaster.LOG).read_text()
    assert str(password.kept(shop.directory)) not in log


async def test_an_address_that_asks_for_something_else_is_told(shop: Shop):
    """A server that runs is never silently another one than the address says, and the way out is told."""
    events: list[Event] = []
    embedded.status(Launch(directory=shop.directory), events.append)
    embedded.status(Launch(directory=shop.directory, port=shop.port), events.append)
    embedded.status(Launch(directory=shop.directory, port=ANY_PORT, programs=Path("/opt/pg/bin")), events.append)
    await embedded.target(Launch(directory=shop.directory, port=1), "test", events.append)
    program, _port = postmaster.started_with(shop.directory)
    assert program is not None
    start = f"the server that runs in `{shop.directory}`"
    end = ", which the address does not ask for; after `migrate server stop` the next command starts it as asked for"
    assert told(events) == [
        f"{start} listens on 127.0.0.1:{shop.port}{end}",
        f"{start} is that of `{program.parent}`{end}",
        f"{start} listens on 127.0.0.1:{shop.port}{end}",
    ]


async def test_it_keeps_port_and_password(shop: Shop):
    """Stopped and started it has the same address, so that an application's configuration stays right."""
    await embedded.stop(shop.directory)
    await embedded.start(Launch(directory=shop.directory, port=ANY_PORT))
    again = await embedded.url(Launch(directory=shop.directory, port=ANY_PORT))
    connection = await asyncpg.connect(str(again.url))
    await connection.close()
    assert again.url == shop.url


async def test_a_killed_command_leaves_no_password_that_does_not_work(shop: Shop):
    """Where the server runs and no password was kept, `url` makes one; several at once agree about it."""
    (shop.directory / password.FILE).unlink()
    code = (
        "import asyncio, sys; from pathlib import Path; from migrator.database.launching import embedded; "
        "from migrator.database.address.launch import Launch; "
        "print(asyncio.run(embedded.url(Launch(directory=Path(sys.argv[1])))).url)"
    )
    asking = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(shop.directory), stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    urls = {(await process.communicate())[0].decode().strip() for process in asking}
    assert len(urls) == 1
    shop.url = urls.pop()
    connection = await asyncpg.connect(shop.url)
    await connection.close()
    assert re.fullmatch(rf"postgresql://postgres:[\w-]{{32}}@127\.0\.0\.1:{shop.port}/postgres", shop.url)


async def test_a_taken_port_is_told(shop: Shop):
    """A port that somebody has is an error with the way out; `auto` takes the next one instead."""
    await embedded.stop(shop.directory)
    with socket.create_server(("127.0.0.1", shop.port)):
        with pytest.raises(MigratorError) as raised:
            await embedded.start(Launch(directory=shop.directory, port=shop.port))
        await embedded.start(Launch(directory=shop.directory, port=ANY_PORT))
        other = postmaster.answering(shop.directory)
        await embedded.stop(shop.directory)
    await embedded.start(Launch(directory=shop.directory, port=shop.port))
    back = postmaster.answering(shop.directory)
    assert other is not None
    assert back is not None
    assert (raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint) == (
        3,
        "embedded-port",
        f"the PostgreSQL server cannot listen on 127.0.0.1:{shop.port}: the port is taken, or not open to this user",
        "give another one, as in `embedded:?port=5433`, or `embedded:?port=auto` for one that is free",
    )
    assert (other.port == shop.port, back.port == shop.port) == (False, True)


def test_a_port_that_is_no_port_opens_nothing(own_server: Path):
    """Without a port nothing listens on a network."""
    found = postmaster.answering(own_server)
    assert found is not None
    assert (found.host, (own_server / password.FILE).exists()) == ("", False)


def test_the_verifier_is_postgresqls_own():
    """A verifier is of the form that PostgreSQL keeps, with a salt of its own each time."""
    first, second = password.verifier("x"), password.verifier("x")
    form = r"SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}="
    assert (bool(re.fullmatch(form, first)), first == second) == (True, False)


async def test_data_of_others_without_our_role(place: Path):
    """A data directory that others made with another superuser is told by the words of every login, not by a crash."""
    directory = place / "pg"
    found = programs.find(directory)
    directory.mkdir(mode=0o700)
    if found.account:
        os.chown(directory, found.account.uid, found.account.gid)
    code, said = found.run("initdb", ["-D", str(directory), "-U", "ada", "-A", "trust", "--no-sync"], folder=place)
    assert code == 0, said
    try:
        with pytest.raises(MigratorError) as raised:
            await embedded.start(Launch(directory=directory, port=ANY_PORT))
    finally:
        await embedded.stop(directory)
    assert (raised.value.exit_code, raised.value.sqlstate, str(raised.value.message).rpartition("has ")[2]) == (
        3,
        "28000",
        "no user `postgres`",
    )
