"""A TLS handshake with a PostgreSQL server, as a connection begins with it, and no login behind it.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from migrator.database.address.target import Host, Target
from migrator.database.network import tls
from migrator.database.network.bounds import bounded
from migrator.database.network.certificate import Certificate, read_certificate
from migrator.database.network.connect_failures import failed
from migrator.database.network.greeting import SSL_REQUEST, stranger
from migrator.database.network.raised import DRIVER_ERRORS, REJECTED
from migrator.errors import MigratorError

FAREWELL = 1.0
"""Seconds in which the server has to end the connection, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What was agreed upon.

    Attributes:
        version: as in `TLSv1.3`.
        cipher: the cipher suite.
        certificate: what the server showed; None where it cannot be read.
        verified: the certificate was checked, as `sslmode` asked.
        distrust: why it would not stand a check with `sslmode=verify-full`; None where it does.
    """

    version: str
    cipher: str
    certificate: Certificate | None
    verified: bool
    distrust: MigratorError | None = None


async def shake_hands(target: Target, host: Host) -> Handshake:
    """Encrypt a connection as connecting does, look at the certificate, and hang up; `host` with the address to take.

    Where the mode does not verify, a second connection tells whether it could. Raises what connecting would raise.
    """
    made = await _once(target, host)
    if made.verified:
        return made
    strict = replace(target, tls=replace(target.tls, mode="verify-full"))
    try:
        await _once(strict, host)
    except MigratorError as error:
        return replace(made, distrust=error)
    return made


async def _once(target: Target, host: Host) -> Handshake:
    context = tls.context(target, host)
    try:
        async with bounded(target.connect_timeout), _encrypted(host, context) as connection:
            cipher = connection.cipher()
            shown = connection.getpeercert(binary_form=True)
            return Handshake(
                version=connection.version() or "",
                cipher=cipher[0] if cipher else "",
                certificate=read_certificate(shown) if shown else None,
                verified=context.verify_mode is ssl.CERT_REQUIRED,
            )
    except DRIVER_ERRORS as error:
        raise failed(error, target, host, encrypted=True) from None


@asynccontextmanager
async def _encrypted(host: Host, context: ssl.SSLContext) -> AsyncIterator[ssl.SSLObject]:
    reader, writer = await asyncio.open_connection(host.address or host.name, host.port)
    try:
        writer.write(SSL_REQUEST)
        answer = await reader.read(2)
        if not answer:
            raise EOFError
        # one byte and no more: what came unencrypted behind it would be taken for the server's own later
        if answer != b"S":
            # in the words of the driver, so that both are told as the same failure
            raise stranger(answer, host) or ConnectionError(REJECTED)
        await writer.start_tls(context, server_hostname=host.name)
        yield writer.get_extra_info("ssl_object")
        # a server complains in its log about a connection that ends without a word
        writer.close()
        with contextlib.suppress(OSError):
            async with bounded(FAREWELL):
                await writer.wait_closed()
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
