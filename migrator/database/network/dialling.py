"""One host: its name looked up, its addresses in turn, encryption as it is wanted, and one login."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from migrator.database.address.target import Host, SessionAttributes, Target
from migrator.database.network import tls, verdicts
from migrator.database.network.bounds import bounded
from migrator.database.network.keepalive import keep_alive
from migrator.database.network.lookup import HostAddress, addresses, is_literal
from migrator.database.network.raised import DRIVER_ERRORS, REJECTED
from migrator.errors import MigratorError, UnavailableError


async def reach(target: Target, host: Host, attributes: SessionAttributes) -> "asyncpg.Connection[Any]":
    """Connect to one host; a wrong password is sent once. Raises our errors.

    `connect_timeout` holds for each address of the name, as in libpq, and for its look-up, which libpq does not bound.
    """
    failures: list[UnavailableError] = []
    for place in await _places(target, host):
        try:
            return await _log_in(target, host, place, attributes, tls.attempts(target, host))
        except UnavailableError as error:
            if error.code not in verdicts.NEXT_ADDRESS:
                raise
            failures.append(error)
    raise verdicts.of_one_name(failures)


async def _places(target: Target, host: Host) -> Sequence[Host]:
    """Where to connect to: the host with each of its addresses. Never left to the driver, see `unwatched`."""
    if host.is_socket or is_literal(host):
        return (host,)
    return [each.of(host) for each in await look_up(target, host)]


async def look_up(target: Target, host: Host) -> Sequence[HostAddress]:
    """The addresses of a host, within `connect_timeout`. Raises our errors."""
    try:
        async with bounded(target.connect_timeout):
            return await addresses(host)
    except TimeoutError:
        from migrator.database.network.connect_failures import silent_name_service

        raise silent_name_service(target, host) from None
    except (OSError, UnicodeError) as error:
        raise _failed(error, target, host, encrypted=False) from None


async def _log_in(
    target: Target, host: Host, place: Host, attributes: SessionAttributes, attempts: tuple[bool, ...]
) -> "asyncpg.Connection[Any]":
    """Connect to one address, encrypted or not; the other way only where the server wants it before any login."""
    encrypted, *others = attempts
    try:
        return await _dial(target, place, attributes, encrypted=encrypted)
    except DRIVER_ERRORS as error:
        if not others or not _wants_other_encryption(error, encrypted=encrypted):
            raise await _failure(error, target, host, place, encrypted=encrypted) from None
        refusal = error
    try:
        return await _log_in(target, host, place, attributes, tuple(others))
    except UnavailableError as error:
        if error.code != "tls-unsupported":
            raise
        # its rules ask for encryption that it does not offer: it is they that are to be told
        raise _failed(refusal, target, host, encrypted=encrypted) from None


async def _failure(error: BaseException, target: Target, host: Host, place: Host, *, encrypted: bool) -> MigratorError:
    if REJECTED in str(error):
        from migrator.database.network.greeting import answer_to_ssl, stranger  # a run that connects does without

        other = stranger(await answer_to_ssl(place, target.connect_timeout), host)
        if other is not None:
            return other
    return _failed(error, target, host, encrypted=encrypted)


def _failed(error: BaseException, target: Target, host: Host, *, encrypted: bool) -> MigratorError:
    from migrator.database.network.connect_failures import failed  # a run that connects does without

    return failed(error, target, host, encrypted=encrypted)


async def _dial(
    target: Target, host: Host, attributes: SessionAttributes, *, encrypted: bool
) -> "asyncpg.Connection[Any]":
    """One attempt at one host. The one place where the password leaves its `Secret`.

    asyncpg fills whatever is not given from PG* variables and files of its own choice, so everything is given; an empty
    password is what it would send without any.
    """
    secret = target.secret(host)
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        host=[host.address or host.name],
        port=[host.port],
        user=target.user,
        password=secret.reveal() if secret is not None else "",
        database=target.database,
        ssl=tls.context(target, host) if encrypted else False,
        direct_tls=False,
        target_session_attrs=SessionAttribute(attributes),
        krbsrvname="postgres",
        gsslib="gssapi",
        timeout=target.connect_timeout,
        statement_cache_size=0,
        # a message is parsed before a SET in it is run, and literals must end for the server where they end for us;
        # poolers know both parameters
        server_settings={"application_name": target.application_name, "standard_conforming_strings": "on"},
    )
    transport: asyncio.BaseTransport = connection._transport  # type: ignore[attr-defined] # noqa: SLF001 - no other way
    opened: socket.socket | None = transport.get_extra_info("socket")
    if opened is not None:
        keep_alive(opened)
    return connection


def _wants_other_encryption(error: BaseException, *, encrypted: bool) -> bool:
    """The server refused before any login because of the encryption: it wants some, or has none."""
    said = str(error)
    if isinstance(error, asyncpg.PostgresError):
        other = (
            ("SSL encryption", "SSL on")
            if encrypted
            else ("no encryption", "SSL off", "SSL required", "SSL connection is required")
        )
        return any(text in said for text in other)
    return encrypted and REJECTED in said
