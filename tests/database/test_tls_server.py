"""Encryption with a real server: every `sslmode`, certificates on both sides, and one login for a wrong password."""

import asyncio
import shutil
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import debian
import pytest
from debian import Debian
from fake import SSL_REQUEST

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.sessions.opening import open_session
from migrator.errors import MigratorError
from migrator.seeding import seed

PROGRAMS = debian.programs()

RULES = """
hostnossl all plain all scram-sha-256
hostssl all hidden all scram-sha-256
hostssl all old all md5
hostssl all client all cert
hostssl all tenant all cert
hostssl all double all scram-sha-256 clientcert=verify-ca
host all either all scram-sha-256
host all postgres all trust
"""
ROLES = ("plain", "hidden", "either", "client", "tenant", "double")
PASSWORD = "right"


async def let_go() -> None:
    """Wait for the end of a connection that failed: the farewells of TLS are said after the error is told."""
    open_ = asyncio.get_running_loop()._selector.get_map()  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while len(open_) > 1:  # noqa: ASYNC110 - nothing tells; the loop has one of its own
            await asyncio.sleep(0.005)


class Served:
    """The server, and the certificate that it shows at the moment."""

    def __init__(self, server: Debian, certificates: Path) -> None:
        self.server = server
        self.certificates = certificates
        self.shows = ""

    def show(self, name: str) -> None:
        """Let it show another certificate."""
        if name == self.shows:
            return
        for kind in ("crt", "key"):
            shutil.copy(self.certificates / f"{name}.{kind}", self.server.data / f"server.{kind}")
            self.server.own(self.server.data / f"server.{kind}")
        if self.shows:
            self.server.run("pg_ctl", "reload")
            wanted = ssl.PEM_cert_to_DER_cert((self.certificates / f"{name}.crt").read_text())
            deadline = time.monotonic() + 10
            while self._shown() != wanted:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        self.shows = name

    def _shown(self) -> bytes | None:
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as plain:
            plain.sendall(struct.pack("!ii", 8, SSL_REQUEST))
            assert plain.recv(1) == b"S"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as encrypted:
                return encrypted.getpeercert(binary_form=True)

    async def outcome(
        self, query: str, *, role: str = "either", password: str = PASSWORD, host: str = "localhost"
    ) -> str:
        """How a connection is encrypted, or the code of the error that there is instead."""
        text = f"postgresql://{role}:{password}@{host}:{self.server.port}/postgres?{query}"
        try:
            session = await open_session(parse(Address(text.format(self.certificates), "test"), {}))
        except MigratorError as error:
            await let_go()
            return "shown" if password in f"{error} {error.detail} {error.hint}" else error.code
        try:
            asked = "select to_json(ssl) from pg_stat_ssl where pid = pg_backend_pid()"
            return "encrypted" if await session.read(asked) == [True] else "plain"
        finally:
            session.abandon()


@pytest.fixture(scope="module")
def served(need: Callable[[str, str | None], None], certificates: Path) -> Iterator[Served]:
    """Start it, with an authority for clients and roles that each may log in another way."""
    need("tls", debian.missing(PROGRAMS, "postgresql"))
    with debian.made(PROGRAMS) as server:
        found = Served(server, certificates)
        found.show("server")
        shutil.copy(certificates / "ca.crt", server.data / "ca.crt")
        server.own(server.data / "ca.crt")
        (server.data / "pg_hba.conf").write_text(RULES)
        debian.start(server, "ssl=on", "ssl_ca_file=ca.crt", "log_connections=on", "max_connections=20")

        async def prepare() -> None:
            connection = await asyncpg.connect(server.address("postgres"))
            try:
                for role in ROLES:
                    await connection.execute(f"create role {role} login password '{PASSWORD}'")
                await connection.execute(f"set password_encryption = md5; create role old login password '{PASSWORD}'")
            finally:
                await connection.close()

        asyncio.run(prepare())
        yield found


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own certificates decide here."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


CA = "sslrootcert={}/ca.crt"


@pytest.mark.parametrize(
    ("shows", "query", "host", "expected"),
    [
        ("server", "sslmode=disable", "localhost", "plain"),
        ("server", "", "localhost", "plain"),
        ("server", "sslmode=allow", "localhost", "plain"),
        ("server", "sslmode=prefer", "localhost", "encrypted"),
        ("server", "sslmode=require", "localhost", "encrypted"),
        ("server", f"sslmode=verify-ca&{CA}", "localhost", "encrypted"),
        ("server", f"sslmode=verify-full&{CA}", "localhost", "encrypted"),
        ("server", CA, "localhost", "encrypted"),
        ("server", CA, "127.0.0.1", "tls-untrusted"),
        ("server", f"sslmode=verify-ca&{CA}", "127.0.0.1", "encrypted"),
        ("server", "sslrootcert=system", "localhost", "tls-untrusted"),
        ("server", "sslmode=verify-full&sslrootcert={}/stranger.crt", "localhost", "tls-untrusted"),
        ("other", f"sslmode=verify-full&{CA}", "localhost", "tls-untrusted"),
        ("other", f"sslmode=verify-ca&{CA}", "localhost", "encrypted"),
        ("expired", f"sslmode=verify-full&{CA}", "localhost", "tls-untrusted"),
        ("expired", f"sslmode=verify-ca&{CA}", "localhost", "tls-untrusted"),
        ("expired", "sslmode=require", "localhost", "encrypted"),
    ],
)
async def test_each_mode(served: Served, shows: str, query: str, host: str, expected: str):
    """What the mode promises holds on a real server: encrypted or not, trusted or refused before any login."""
    served.show(shows)
    assert await served.outcome(query, host=host) == expected


async def test_the_authorities_of_the_system(served: Served, certificates: Path, monkeypatch: pytest.MonkeyPatch):
    """`sslrootcert=system` trusts what the system trusts, and asks for the right name as well."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
    served.show("server")
    found = [await served.outcome("sslrootcert=system", host=host) for host in ("localhost", "127.0.0.1")]
    assert found == ["encrypted", "tls-untrusted"]


@pytest.mark.parametrize(
    ("role", "query", "expected"),
    [
        ("hidden", "", "encrypted"),
        ("hidden", "sslmode=allow", "encrypted"),
        ("hidden", "sslmode=disable", "login-refused"),
        ("old", "sslmode=require", "encrypted"),
        ("plain", "sslmode=prefer", "plain"),
        ("plain", "sslmode=allow", "plain"),
        ("plain", "sslmode=require", "login-refused"),
    ],
)
async def test_a_server_that_wants_or_forbids_encryption(served: Served, role: str, query: str, expected: str):
    """`allow` and `prefer` go the other way where the server's rules leave no first one."""
    served.show("server")
    assert await served.outcome(query, role=role) == expected


@pytest.mark.parametrize("role", ["either", "hidden", "old"])
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", ""])
async def test_a_wrong_password_is_sent_once(served: Served, mode: str, role: str):
    """The server's own log counts one failed login in every mode, whatever the way to it was."""
    served.show("server")
    query = (f"sslmode={mode}&" if mode else "") + (CA if mode.startswith("verify") else "")
    log = await served.server.logged(served.outcome(query, role=role, password="hunter2"))
    failed = log.count("password authentication failed for user")
    assert failed == (0 if mode == "disable" and role != "either" else 1)


async def test_a_seeding_run_logs_in_once_with_a_wrong_password(served: Served, project: Callable[..., Config]):
    """A run with many files, which opens many connections, ends at the first login that is refused."""
    served.show("server")
    files = {f"seeds/{number}.yaml": "t:\n  - {n: 1}\n" for number in range(6)}
    address = Address(f"postgresql://either:hunter2@localhost:{served.server.port}/postgres", "test")

    async def run() -> None:
        with pytest.raises(MigratorError) as raised:
            await seed(project(files, database=address, wait=5.0))
        assert raised.value.code == "wrong-password"

    log = await served.server.logged(run())
    assert (log.count("password authentication failed for user"), log.count("connection received")) == (1, 1)


async def test_another_host_is_encrypted_unless_told_otherwise(served: Served, monkeypatch: pytest.MonkeyPatch):
    """Without `sslmode` a host over a network gets encryption, and its name is what the certificate is asked for."""
    served.show("other")

    def look_up(*_arguments: object, **_keywords: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", served.server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    queries = ("", "sslmode=disable", CA)
    named = [await served.outcome(query, host="db.example.com") for query in queries]
    other = await served.outcome(CA, host="db.example.org")
    assert (named, other) == (["encrypted", "plain", "encrypted"], "tls-untrusted")


KEY = "sslmode=require&sslcert={0}/client.crt&sslkey={0}/client.key"


@pytest.mark.parametrize(
    ("role", "query", "expected"),
    [
        ("client", KEY, "encrypted"),
        ("client", f"sslmode=verify-full&{CA}&sslcert={{0}}/client.crt&sslkey={{0}}/client.key", "encrypted"),
        ("client", "sslmode=require", "login-refused"),
        ("double", KEY, "encrypted"),
        ("double", "sslmode=require", "login-refused"),
        ("either", KEY, "encrypted"),
    ],
)
async def test_a_certificate_of_the_client(served: Served, role: str, query: str, expected: str):
    """The server lets in whoever shows the certificate that its rules ask for, and nobody without one."""
    served.show("server")
    assert await served.outcome(query.replace("{}", "{0}"), role=role) == expected


async def refusal(served: Served, query: str, role: str) -> MigratorError:
    text = f"postgresql://{role}:right@localhost:{served.server.port}/postgres?{query.format(served.certificates)}"
    with pytest.raises(MigratorError) as raised:
        await open_session(parse(Address(text, "test"), {}))
    return raised.value


async def test_what_a_refused_certificate_is_told(served: Served):
    """None, that of another role and that of a foreign authority are three mistakes with three ways out."""
    served.show("server")
    at = f"localhost:{served.server.port}"
    strange = KEY.replace("client.", "stranger.")
    none, other, foreign = [
        await refusal(served, query, role)
        for query, role in (("sslmode=require", "client"), (KEY, "tenant"), (strange, "client"))
    ]
    assert [(error.code, error.message, error.detail, error.hint) for error in (none, other)] == [
        (
            "login-refused",
            f"the server at `{at}` refuses user `client`",
            "connection requires a valid client certificate (28000)",
            "it asks for a certificate of this client: `sslcert=PATH` and `sslkey=PATH`",
        ),
        (
            "login-refused",
            f"the server at `{at}` refuses user `tenant`",
            'certificate authentication failed for user "tenant" (28000)',
            "the certificate of `sslcert` has to be of that user, and signed by an authority that the server trusts",
        ),
    ]
    # the alert may be lost where the server hangs up at once
    assert (foreign.code in {"tls-failed", "connection-closed"}, (foreign.hint or "").split("; or")[0]) == (
        True,
        "the server may not trust the certificate of `sslcert`: it must be signed by an authority of its `ssl_ca_file`",
    )


def _with_mode(source: Path, target: Path, mode: int) -> str:
    shutil.copy(source, target)
    target.chmod(mode)
    return str(target)


async def test_a_key_that_cannot_be_used(served: Served, certificates: Path, tmp_path: Path):
    """A key with a passphrase, one that others can read and one of another certificate are told before a connection."""
    shared = _with_mode(certificates / "client.key", tmp_path / "shared.key", 0o644)
    query, locked = "sslmode=require&sslcert={0}/client.crt&sslkey=", f"{certificates}/locked.key"
    found = [await refusal(served, query + key, "client") for key in (locked, shared, "{0}/server.key")]
    assert [(error.exit_code, error.code, error.message, error.hint) for error in found] == [
        (
            2,
            "tls-file",
            f"the key of `sslkey` is encrypted with a passphrase, which nobody can type here: `{locked}`",
            f"write it without one, for this account alone: `(umask 077; openssl pkey -in {locked} -out client.key)`",
        ),
        (
            2,
            "tls-file",
            f"the key of `sslkey` can be read by other accounts (mode 0644): `{shared}`",
            f"`chmod 600 {shared}`, as psql asks for, too",
        ),
        (
            2,
            "tls-file",
            f"the file of `sslkey` holds nothing that can be used: `{certificates}/server.key`",
            "it has to be PEM (`-----BEGIN ...`), a key without a password and belonging to its certificate",
        ),
    ]


SPELLINGS = (
    "p@ss/w\u00f6rd",
    "\u2168 \ufb01",
    "I\u00adX",
    "a\u00a0b",
    "\u043f\u0430\u0440\u043e\u043b\u044c",
    "e\u0301",
    "\U0001f600\U0001f511",
    "\u06271",
    "\u05d0a",
    "ab\u0007cd",
    "\u0221",
    " spaces ",
    'it\'s "quoted" \\',
    "x" * 300,
)
"""NFKC, characters that SASLprep drops or turns into spaces, those that it forbids, and both directions of writing."""


@pytest.mark.parametrize("kind", ["scram-sha-256", "md5"])
async def test_passwords_in_any_script(served: Served, kind: str):
    """Whatever password the server was given by `create role` logs in, whether or not SASLprep changes it."""
    served.show("server")
    role = "hidden" if kind == "scram-sha-256" else "old"
    connection = await asyncpg.connect(served.server.address("postgres"))
    failed = []
    try:
        await connection.execute(f"set password_encryption = '{kind}'")
        for spelling in SPELLINGS:
            quoted = await connection.fetchval("select quote_literal($1)", spelling)
            await connection.execute(f"alter role {role} password {quoted}")
            if await served.outcome("sslmode=require", role=role, password=quote(spelling, safe="")) != "encrypted":
                failed.append(spelling)
    finally:
        await connection.execute(f"alter role {role} password '{PASSWORD}'")
        await connection.close()
    assert failed == []
