"""A connection asks by itself whether anybody is at the other end; and whoever ends one does not wait for ever."""

import asyncio
import socket
import sys
import time

import pytest

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.network import keepalive
from migrator.database.sessions.opening import open_session
from migrator.errors import ConnectionLostError


def test_a_tcp_socket_asks_after_half_a_minute():
    """Every option that this platform has is set; a silent connection is given up after a minute."""
    with socket.socket(socket.AF_INET) as opened:
        keepalive.keep_alive(opened)
        names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        found = {
            name: opened.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in names
            if hasattr(socket, name)
        }
        on = opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    expected = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
    assert (bool(on), found) == (True, {name: value for name, value in expected.items() if name in found})
    assert found or not sys.platform.startswith("linux")


def test_a_unix_socket_is_left_alone():
    """Its other end is this machine, whose kernel knows at once."""
    with socket.socket(socket.AF_UNIX) as opened:
        keepalive.keep_alive(opened)
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0


async def test_every_connection_over_tcp_asks(cable):
    """What `connect` opens has the options, whoever opens it."""
    session = await open_session(parse(Address(cable.dsn, "test"), {}))
    try:
        opened = session._connection._transport.get_extra_info("socket")
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    finally:
        await session.close()


async def test_a_farewell_into_a_black_hole_is_bounded(cable):
    """Where nothing comes back, neither for the statement nor for its cancellation, the connection is abandoned."""
    session = await open_session(parse(Address(cable.dsn, "test"), {}))
    cable.swallow()
    running = asyncio.create_task(session.run("select pg_sleep(60)"))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    begin = time.monotonic()
    with pytest.raises(ConnectionLostError) as raised:
        async with session.within(0.3):
            await session.rollback()
    assert time.monotonic() - begin < 2
    assert (raised.value.message, session.closed) == ("the server did not answer within 0.3 s", True)
