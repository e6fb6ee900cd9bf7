"""What listens where a PostgreSQL server was expected, by its answer to the first thing that is said to one.

A server answers the question for TLS with one byte, `S` or `N`. The driver takes any other answer for an `N`, which
would make an HTTP proxy a server without TLS.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
"""

import asyncio
import struct

from migrator.database.address.target import Host
from migrator.database.network.bounds import bounded
from migrator.errors import UnavailableError

SSL_REQUEST = struct.pack("!ii", 8, 80877103)

_LONGEST = 64
_TLS_ALERT = b"\x15\x03"


async def answer_to_ssl(place: Host, patience: float) -> bytes:
    """What is answered to the question for TLS, within `patience` seconds; nothing where nothing is. No login."""
    try:
        async with bounded(patience):
            reader, writer = await asyncio.open_connection(place.address or place.name, place.port)
            try:
                writer.write(SSL_REQUEST)
                return await reader.read(_LONGEST)
            finally:
                writer.transport.abort()
    except OSError:  # TimeoutError is one
        return b""


def stranger(answer: bytes, host: Host) -> UnavailableError | None:
    """That it is no PostgreSQL server, where its answer says so."""
    if answer in {b"", b"N", b"S"}:
        return None
    spoken = {b"HT": "HTTP", _TLS_ALERT: "TLS from the first byte on"}.get(answer[:2], "something else")
    return UnavailableError(
        f"`{host}` is no PostgreSQL server: it speaks {spoken}",
        code="connection-protocol",
        hint="correct host and port; a proxy in front of the server has to pass TCP on as it is",
    )
