"""A host that is dialled by its number: the connection goes there, and the certificate is still the name's."""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.sessions.opening import open_session
from migrator.errors import UnavailableError


@pytest.mark.parametrize(
    ("name", "expected"), [("db.example.com", "wrong-password"), ("db.example.org", "tls-untrusted")]
)
async def test_the_certificate_is_the_names(
    encrypted: Callable[..., Awaitable[Any]], certificates: Path, name: str, expected: str
):
    """`hostaddr` says where to connect to, without asking a name service; `host` is asked for and checked."""
    fake = await encrypted("other")
    asked: list[str | None] = []

    def see(_socket: object, found: str | None, _context: ssl.SSLContext) -> None:
        asked.append(found)

    fake.context.sni_callback = see
    text = (
        f"host={name} hostaddr=127.0.0.1 port={fake.port} user=u password=x dbname=d sslmode=verify-full "
        f"sslrootcert={certificates}/ca.crt"
    )
    with pytest.raises(UnavailableError) as raised:
        await open_session(parse(Address(text, "test"), {}))
    assert (raised.value.code, asked) == (expected, [name])
