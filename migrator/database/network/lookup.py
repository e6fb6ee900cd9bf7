"""Which addresses a host's name has, and which of them this machine can use."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from migrator.database.address.target import Host

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddress:
    """One address of a host.

    Attributes:
        text: as in `192.0.2.7` or `2001:db8::7`.
        version: of the Internet Protocol, 4 or 6.
        usable: this machine has a route to it; nothing was sent to find that out.
        place: what a socket connects to.
    """

    text: str
    version: int
    usable: bool
    place: tuple[Any, ...]

    def of(self, host: Host) -> Host:
        """The host, to be connected to here."""
        return replace(host, address=self.text, port=self.place[1])

    def at(self, port: int) -> str:
        """With a port, as in `192.0.2.7:5432`."""
        return str(Host(name=self.text, port=port))


def is_literal(host: Host) -> bool:
    """The host is an address, so that there is no name to look up."""
    name = host.address or host.name
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    try:
        socket.inet_pton(family, name.partition("%")[0])
    except (OSError, UnicodeError, ValueError):
        return False
    return True


async def addresses(host: Host) -> tuple[HostAddress, ...]:
    """The addresses of a host, in the order in which they are tried: the one that `hostaddr` gives, or its name's.

    Takes as long as the name service does; may be cancelled. Raises `OSError` or `UnicodeError` as it does.
    """
    found = await unwatched(lambda: socket.getaddrinfo(host.address or host.name, host.port, type=socket.SOCK_STREAM))
    return tuple(_address(family, place) for family, _type, _protocol, _name, place in found)


def _address(family: int, place: tuple[Any, ...]) -> HostAddress:
    return HostAddress(
        text=str(place[0]),
        version=6 if family == socket.AF_INET6 else 4,
        usable=_has_route(family, place),
        place=place,
    )


def _has_route(family: int, place: tuple[Any, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)  # of a datagram socket this sends nothing: it chooses a route
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    """This machine has a route to the internet by IPv6; nothing is sent."""
    return _has_route(socket.AF_INET6, ("2000::1", 53))


async def unwatched(question: Callable[[], Answer]) -> Answer:
    """What a blocking function answers, or raises, in a thread that nobody waits for at the end.

    An event loop looks names up in a thread that it waits for when it ends, and a name service that is silent keeps it
    for half a minute.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Answer] = loop.create_future()

    def settle(tell: Callable[[], None]) -> None:
        if not answer.done():  # nobody waits any more once it was cancelled
            tell()

    def ask() -> None:
        tell: Callable[[], None]
        try:
            found = question()
        except (OSError, UnicodeError) as error:
            tell = partial(answer.set_exception, error)
        else:
            tell = partial(answer.set_result, found)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, tell)

    threading.Thread(target=ask, daemon=True).start()
    return await answer
