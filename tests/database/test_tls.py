"""Encryption: what each `sslmode` accepts from which certificate, and that a wrong password is sent once."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fake import is_everywhere

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target
from migrator.database.launching import embedded
from migrator.database.network.tls import attempts, mode_of
from migrator.database.sessions.opening import open_session
from migrator.errors import MigratorError

Encrypted = Callable[..., Awaitable[Any]]
LOGGED_IN = "a login was tried"


def target(text: str) -> Target:
    return parse(Address(text, "test"), {})


async def outcome(text: str) -> str:
    """The code of what a connection ends with; the servers here refuse every password, so that is the best."""
    with pytest.raises(MigratorError) as raised:
        await open_session(target(text))
    assert "hunter2" not in f"{raised.value} {raised.value.hint} {raised.value.detail}"
    return LOGGED_IN if raised.value.code == "wrong-password" else raised.value.code


@pytest.mark.parametrize(
    ("certificate", "host", "query", "expected"),
    [
        ("server", "localhost", "sslmode=require", LOGGED_IN),
        ("server", "localhost", "sslmode=prefer", LOGGED_IN),
        ("server", "localhost", "sslmode=verify-ca&sslrootcert={ca}", LOGGED_IN),
        ("server", "localhost", "sslmode=verify-full&sslrootcert={ca}", LOGGED_IN),
        ("server", "localhost", "sslrootcert={ca}", LOGGED_IN),
        ("server", "localhost", "sslmode=require&sslrootcert={ca}", LOGGED_IN),
        ("server", "localhost", "sslrootcert=system", "tls-untrusted"),
        ("server", "localhost", "sslmode=verify-full", "tls-untrusted"),
        ("server", "127.0.0.1", "sslmode=verify-full&sslrootcert={ca}", "tls-untrusted"),
        ("server", "127.0.0.1", "sslmode=verify-ca&sslrootcert={ca}", LOGGED_IN),
        ("other", "localhost", "sslmode=verify-full&sslrootcert={ca}", "tls-untrusted"),
        ("other", "localhost", "sslmode=verify-ca&sslrootcert={ca}", LOGGED_IN),
        ("expired", "localhost", "sslmode=verify-ca&sslrootcert={ca}", "tls-untrusted"),
        ("expired", "localhost", "sslmode=require", LOGGED_IN),
        ("server", "localhost", "sslmode=require&sslrootcert={other}", "tls-untrusted"),
    ],
)
async def test_which_certificate_is_trusted(
    encrypted: Encrypted, certificates: Path, certificate: str, host: str, query: str, expected: str
):
    """Each mode accepts and refuses what libpq's does, always encrypted, with one login or none."""
    fake = await encrypted(certificate, plain=("XX000", "a login without encryption"))
    query = query.format(ca=certificates / "ca.crt", other=certificates / "other.crt")
    found = await outcome(f"postgresql://u:hunter2@{host}:{fake.port}/d?{query}")
    assert (found, len(fake.logins), fake.ssl_requests) == (expected, int(expected == LOGGED_IN), 1)


async def test_a_certificate_that_is_not_trusted_says_why(encrypted: Encrypted, certificates: Path):
    """Another host's name, an expired date and an unknown authority have each their own way out."""
    found = []
    for certificate, root in (("other", "ca.crt"), ("expired", "ca.crt"), ("server", "server.crt")):
        fake = await encrypted(certificate)
        with pytest.raises(MigratorError) as raised:
            await open_session(
                target(f"postgresql://u:hunter2@localhost:{fake.port}/d?sslrootcert={certificates / root}")
            )
        found.append((raised.value.message.replace(str(fake.port), "PORT"), raised.value.hint))
    assert found == [
        (
            "the certificate of `localhost:PORT` is not trusted",
            "the address has to name the host as its certificate does, or use `sslmode=verify-ca`",
        ),
        (
            "the certificate of `localhost:PORT` is not trusted",
            "renew the server's certificate, or correct the clock of this machine",
        ),
        ("the certificate of `localhost:PORT` is not trusted", "name the authority that signed it: `sslrootcert=PATH`"),
    ]


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [("server", "unable to get local issuer certificate"), ("stranger", "self-signed certificate")],
)
@pytest.mark.parametrize("host", ["db.abcdefgh.supabase.co", "aws-0-eu-central-1.pooler.supabase.com"])
async def test_supabases_authority_is_in_no_system(
    encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch, host: str, certificate: str, reason: str
):
    """Whoever asks for a check of Supabase's certificate is told where its authority is, before any login."""
    fake = await encrypted(certificate)
    is_everywhere(fake, monkeypatch)
    with pytest.raises(MigratorError) as raised:
        await open_session(target(f"postgresql://postgres.abcdefgh:hunter2@{host}/postgres?sslrootcert=system"))
    assert (raised.value.code, raised.value.message, raised.value.detail, raised.value.hint, fake.logins) == (
        "tls-untrusted",
        f"the certificate of `{host}:5432` is not trusted",
        reason,
        (
            "Supabase's authority is in no system: download it in the dashboard (Database > Settings > SSL) and add "
            "`sslrootcert=PATH`"
        ),
        [],
    )


async def test_a_local_server_is_tried_without_encryption_first(encrypted: Encrypted):
    """On this machine no encryption is the default, and a wrong password is not tried again with it."""
    fake = await encrypted()
    assert (await outcome(f"postgresql://u:hunter2@localhost:{fake.port}/d"), len(fake.logins), fake.ssl_requests) == (
        LOGGED_IN,
        1,
        0,
    )


async def test_a_local_server_that_wants_encryption_gets_it(encrypted: Encrypted):
    """Only the answer that encryption is missing makes us try again with it."""
    fake = await encrypted(
        plain=("28000", 'no pg_hba.conf entry for host "127.0.0.1", user "u", database "d", no encryption')
    )
    assert (await outcome(f"postgresql://u:hunter2@localhost:{fake.port}/d"), len(fake.logins), fake.ssl_requests) == (
        LOGGED_IN,
        2,
        1,
    )


def test_the_mode_of_each_kind_of_host():
    """Without `sslmode` a network is encrypted, this machine need not be, a socket never is; what is written counts."""
    found = {
        text: (mode_of(target(text), target(text).hosts[0]), attempts(target(text), target(text).hosts[0]))
        for text in (
            "postgresql://u@db.example.com/d",
            "postgresql://u@10.0.0.1/d",
            "postgresql://u@localhost/d",
            "postgresql://u@[::1]/d",
            "postgresql://u@/d?host=/run&sslmode=require",
            "postgresql://u@db/d?sslmode=disable",
            "postgresql://u@db/d?sslmode=prefer",
        )
    }
    assert found == {
        "postgresql://u@db.example.com/d": ("require", (True,)),
        "postgresql://u@10.0.0.1/d": ("require", (True,)),
        "postgresql://u@localhost/d": ("allow", (False, True)),
        "postgresql://u@[::1]/d": ("allow", (False, True)),
        "postgresql://u@/d?host=/run&sslmode=require": ("disable", (False,)),
        "postgresql://u@db/d?sslmode=disable": ("disable", (False,)),
        "postgresql://u@db/d?sslmode=prefer": ("prefer", (True, False)),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sslmode=verify-ca&sslrootcert={0}/gone.crt", "the file of `sslrootcert` cannot be read: `{0}/gone.crt`"),
        ("sslrootcert={0}/ca.key", "the file of `sslrootcert` holds nothing that can be used: `{0}/ca.key`"),
        ("sslmode=require&sslcert={0}/gone.crt", "the file of `sslcert` cannot be read: `{0}/gone.crt`"),
        (
            "sslmode=require&sslcert={0}/client.crt&sslkey={0}/server.key",
            "the file of `sslkey` holds nothing that can be used: `{0}/server.key`",
        ),
        ("sslmode=verify-ca", "`sslmode=verify-ca` needs the certificate of an authority"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    certificates: Path, monkeypatch: pytest.MonkeyPatch, query: str, expected: str
):
    """A missing or unusable file is the user's mistake, told before anything is sent."""
    monkeypatch.setenv("HOME", str(certificates))
    with pytest.raises(MigratorError) as raised:
        await open_session(target(f"postgresql://u:hunter2@localhost:1/d?{query.format(certificates)}"))
    assert (raised.value.exit_code, raised.value.code, raised.value.message) == (
        2,
        "tls-file",
        expected.format(certificates),
    )


async def test_a_client_certificate(encrypted: Encrypted, certificates: Path):
    """`sslcert` and `sslkey` are shown to a server that asks; without them it ends the handshake."""
    fake = await encrypted(client_certificate=True)
    base = f"postgresql://u:hunter2@localhost:{fake.port}/d?sslmode=require"
    shown = await outcome(f"{base}&sslcert={certificates}/client.crt&sslkey={certificates}/client.key")
    without = await outcome(base)
    assert (shown, without in {"tls-failed", "connection-closed"}, len(fake.logins)) == (LOGGED_IN, True, 1)


async def test_an_encrypted_session_works(encrypted: Encrypted, own_server: Path):
    """Through TLS a session runs commands and reads what it asks for."""
    socket = own_server / ".s.PGSQL.5432"
    fake = await encrypted(behind=str(socket))
    session = await open_session(target(f"postgresql://postgres@localhost:{fake.port}/postgres?sslmode=require"))
    try:
        assert await session.read("select to_json(repeat('x', 100000) || 1)") == ["x" * 100000 + "1"]
    finally:
        await session.close()
    assert re.fullmatch(r"postgresql://postgres@/postgres\?host=.*", str(embedded.running(own_server, "test")))
