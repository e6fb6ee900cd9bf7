"""Whether a server can be reached at its addresses or its socket, and how long that takes. Says nothing to it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from migrator.database.address.target import Host, Target
from migrator.database.network.bounds import bounded
from migrator.database.network.connect_failures import failed
from migrator.database.network.lookup import HostAddress
from migrator.database.network.verdicts import of_one_name
from migrator.errors import MigratorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """One attempt to connect.

    Attributes:
        at: the address and the port, or the socket's path.
        version: of the Internet Protocol; None for a unix socket.
        duration: seconds.
        error: why it failed; None where it did not.
    """

    at: str
    version: int | None
    duration: float
    error: OSError | None = None


async def knock(host: Host, found: Sequence[HostAddress], patience: float) -> tuple[Knock, ...]:
    """Connect to each of the host's addresses, all at once, for at most `patience` seconds, and hang up."""
    if host.is_socket:
        return (await _try(str(host), None, socket.AF_UNIX, str(host), patience),)
    each = (
        _try(a.at(host.port), a.version, socket.AF_INET6 if a.version == 6 else socket.AF_INET, a.place, patience)  # noqa: PLR2004
        for a in found
    )
    return tuple(await asyncio.gather(*each))


async def _try(at: str, version: int | None, family: int, place: Any, patience: float) -> Knock:
    began = time.monotonic()
    problem: OSError | None = None
    try:
        with socket.socket(family, socket.SOCK_STREAM) as opened:
            opened.setblocking(False)  # noqa: FBT003 - its signature
            async with bounded(patience):
                await asyncio.get_running_loop().sock_connect(opened, place)
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
    except OSError as error:  # TimeoutError is one
        problem = error
    return Knock(at=at, version=version, duration=time.monotonic() - began, error=problem)


def unreached(knocks: Sequence[Knock], target: Target, host: Host) -> MigratorError | None:
    """Why a connection to the host would fail, as connecting tells it; None where an address answers."""
    errors = [each.error for each in knocks if each.error is not None]
    if len(errors) < len(knocks):
        return None
    return of_one_name([failed(error, target, host, encrypted=False) for error in errors])
