"""The TCP port of a server of ours: whether it is free, and which one to take where any will do.

It listens on 127.0.0.1 alone, which every user of the machine reaches; so there it asks for a password.
"""

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from migrator.database.postgres.postmaster import started_with
from migrator.errors import UnavailableError

HOST = "127.0.0.1"

_FIRST, _COUNT = 20_000, 10_000  # below what systems give to clients, so that none of them has it when a server starts
_TRIES = 50


def is_free(port: int) -> bool:
    """A server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def candidates(directory: Path) -> Iterator[int]:
    """Free ports for the server of a data directory: the one it had last, then one that follows from its path."""
    last = started_with(directory)[1]
    start = int.from_bytes(hashlib.sha256(os.fsencode(directory)).digest()[:4])
    wanted = [last] if last else []
    wanted += [_FIRST + (start + step) % _COUNT for step in range(_TRIES)]
    for port in wanted:
        if is_free(port):
            yield port


def taken(port: int) -> UnavailableError:
    """Another program listens there, or this user may not."""
    return UnavailableError(
        f"the PostgreSQL server cannot listen on {HOST}:{port}: the port is taken, or not open to this user",
        code="embedded-port",
        outcome="no server was started",
        hint="give another one, as in `embedded:?port=5433`, or `embedded:?port=auto` for one that is free",
    )
