"""One patience for a run: what one wait has spent, the next one has no more; work costs nothing of it."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from fake import Fake

from migrator import up
from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target
from migrator.database.connect import connect
from migrator.database.sessions.patience import Patience
from migrator.database.sessions.reconnect import connect_again
from migrator.errors import UnavailableError
from migrator.events import Event, Waiting
from migrator.migrating.books.lock import hold

BODY = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
STARTING = b"E" + struct.pack("!i", len(BODY) + 4) + BODY
Listen = Callable[[Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]
Project = Callable[..., Config]


async def _real(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host = target.hosts[0]
    if host.is_socket:
        return await asyncio.open_unix_connection(f"{host.name}/.s.PGSQL.{host.port}")
    return await asyncio.open_connection(host.name, host.port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_the_lock_is_waited_for_with_what_the_server_has_left(project: Project, dsn: str, listen: Listen):
    """A server that starts takes its part of `--wait`, and who then waits for the lock has only the rest."""
    logins = 0
    target = parse(Address(dsn, "test"), {})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal logins
        logins += 1
        if logins <= 3:
            await reader.read(4096)
            writer.write(STARTING)
            await writer.drain()
            writer.close()
            return
        inner, outer = await _real(target)
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer), return_exceptions=True)

    password = "" if target.password is None else f":{quote(target.password.reveal(), safe='')}"
    where = f"127.0.0.1:{await listen(serve)}/{target.database}?sslmode=disable"
    address = Address(f"postgresql://{target.user}{password}@{where}", "test")
    config = project({"migrations/0001.a.sql": "create table a ()"})
    waits: list[Waiting] = []

    def hear(event: Event) -> None:
        if isinstance(event, Waiting):
            waits.append(event)

    async with connect(config) as session, hold(session, "public", emit=lambda _: None):
        began = time.monotonic()
        with pytest.raises(UnavailableError) as raised:
            await up(project(database=address, wait=2.5), emit=hear)
        took = time.monotonic() - began
    assert (raised.value.code, raised.value.outcome, [wait.what for wait in waits]) == (
        "locked",
        "nothing was changed in the 2.5 s that this run waited",
        ["server", "lock"],
    )
    # three pauses of 0.1, 0.15 and 0.225 s, each up to a fifth shorter, came before
    assert (waits[0].patience > 2.4, 0 < waits[1].patience < 2.2, took >= 2.5) == (True, True, True)


async def test_a_server_that_falls_silent_takes_no_more_than_is_left(listen: Listen):
    """An attempt that begins within the patience ends with it, and the cause told is the one that was waited for."""
    logins = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal logins
        logins += 1
        await reader.read(4096)
        if logins == 1:
            writer.write(STARTING)
            await writer.drain()
            writer.close()
        else:
            await asyncio.sleep(60)

    port = await listen(serve)
    config = Config(root=Path(), database=Address(f"postgresql://u@127.0.0.1:{port}/d", "test"), wait=0.5)
    began = time.monotonic()
    with pytest.raises(UnavailableError) as raised:
        async with connect(config):
            pass
    assert (raised.value.code, logins, time.monotonic() - began < 10) == ("server-starting", 2, True)


async def test_a_name_service_that_falls_silent_takes_no_more_than_is_left(
    refusing: Callable[..., Awaitable[Fake]], monkeypatch: pytest.MonkeyPatch
):
    """A look-up that is cut short by the end of the patience is not what the run has failed for."""
    fake = await refusing(("57P03", "the database system is starting up"))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", fake.port))]
    silence = threading.Event()

    def look_up(*_arguments: object, **_keywords: object) -> list[object]:
        if fake.logins:
            silence.wait(30)
        return [*found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    address = Address("postgresql://u@db.example.com/d?sslmode=disable", "test")
    with pytest.raises(UnavailableError) as raised:
        async with connect(Config(root=Path(), database=address, wait=0.4)):
            pass
    silence.set()
    assert (raised.value.code, len(fake.logins)) == ("server-starting", 1)


async def test_of_several_hosts_one_that_starts_is_worth_waiting(refusing: Callable[..., Awaitable[Fake]]):
    """Where one host refuses and another one is starting, the run waits, although the causes differ."""
    fake = await refusing(("57P03", "the database system is starting up"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        hosts = f"127.0.0.1:{free.getsockname()[1]},127.0.0.1:{fake.port}"
        config = Config(root=Path(), database=Address(f"postgresql://u@{hosts}/d", "test"), wait=0.4)
        with pytest.raises(UnavailableError) as raised:
            async with connect(config):
                pass
    assert (raised.value.code, len(fake.logins) > 1) == ("no-host", True)


async def test_a_lost_connection_to_one_of_several_hosts(refusing: Callable[..., Awaitable[Fake]]):
    """While they change places one host is down and the other is not ready: that passes, although the causes differ."""
    fake = await refusing(("57P03", "the database system is starting up"), ("28P01", "no"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        hosts = f"127.0.0.1:{free.getsockname()[1]},127.0.0.1:{fake.port}"
        target = parse(Address(f"postgresql://u:x@{hosts}/d", "test"), {})
        with pytest.raises(UnavailableError) as raised:
            async with connect_again(target, patience=10):
                pass
    assert (raised.value.code, len(fake.logins)) == ("wrong-password", 2)


def test_only_waiting_is_counted(monkeypatch: pytest.MonkeyPatch):
    """Work between two waits costs nothing, a wait inside another one counts once, a turn that got nowhere counts."""
    now = 0.0
    monkeypatch.setattr("migrator.database.sessions.patience.monotonic", lambda: now)
    patience = Patience(10)
    with patience.waiting():
        now += 1
        with patience.waiting():
            now += 2
        inside = patience.left
    now += 100
    with patience.unless(lambda: True):
        now += 100
    after = patience.left
    with patience.unless(lambda: False):
        with patience.waiting():
            now += 1
        now += 2
    lost = patience.left
    with patience.waiting():
        now += 50
    assert (inside, after, lost, patience.left, patience.spent) == (7, 7, 4, 0, 56)
