"""Every way in which a connection does not come about, told with host, port, cause and way out."""

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from fake import Fake

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.target import Host, Target
from migrator.database.connect import connect
from migrator.database.network import connect_failures
from migrator.database.network.connect_failures import failed
from migrator.database.sessions.opening import open_session
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Event, Waiting

SHARED = "aws-0-eu-central-1.pooler.supabase.com"
DIRECT = "db.abcdefgh.supabase.co"
Refusing = Callable[..., Awaitable[Fake]]


def target(text: str) -> Target:
    return parse(Address(text, "DATABASE_URL"), {})


async def refusal(text: str) -> MigratorError:
    with pytest.raises(MigratorError) as raised:
        await open_session(target(text))
    shown = " ".join(map(str, (raised.value, raised.value.detail, raised.value.hint, repr(raised.value))))
    assert "hunter2" not in shown
    return raised.value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_port():
    """Nobody listens: the address, and what to start or correct."""
    port = free_port()
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{port}/d")
    assert (error.exit_code, error.code, error.message, error.hint) == (
        3,
        "connection-refused",
        f"`127.0.0.1:{port}` refuses connections",
        "start the server, or correct host and port; `--wait 60s` waits for one that is starting",
    )


async def test_a_missing_socket(tmp_path: Path):
    """No server has made the socket that the address names."""
    error = await refusal(f"postgresql://u:hunter2@/d?host={tmp_path}")
    assert (error.code, error.message) == (
        "connection-refused",
        f"no PostgreSQL server listens at `{tmp_path}/.s.PGSQL.5432`",
    )


async def test_a_host_that_does_not_resolve():
    """A name without an address is told as such, not as a number of the system."""
    error = await refusal("postgresql://u:hunter2@no-such-host.invalid/d")
    assert (error.code, error.message) == ("host-unknown", "the host `no-such-host.invalid` has no address")


async def test_a_name_that_no_host_can_have():
    """A label that is too long for the name system is the address's mistake."""
    error = await refusal(f"postgresql://u:hunter2@{'x' * 70}/d")
    assert (error.code, error.hint) == ("host-unknown", "correct the host in the address")


async def test_a_server_that_does_not_answer():
    """A server that accepts and stays silent ends after `connect_timeout`, with host and port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        began = time.monotonic()
        error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{port}/d?connect_timeout=0.3")
        took = time.monotonic() - began
    assert (error.code, error.message, 0.2 < took < 3) == (
        "connection-timeout",
        f"no answer from `127.0.0.1:{port}` within 0.3 s",
        True,
    )


@pytest.mark.parametrize(
    ("sqlstate", "message", "expected"),
    [
        (
            "28P01",
            'password authentication failed for user "u"',
            (
                "wrong-password",
                "the server at `{host}` refuses the password of user `u`",
                (
                    "check the user first, then that special characters of the password are escaped in a URL (`@` as "
                    "`%40`), then whether it was changed; it is not tried again by itself"
                ),
            ),
        ),
        (
            "3D000",
            'database "d" does not exist',
            (
                "unknown-database",
                "the server at `{host}` has no database `d`",
                "check the name in the address, or make it: `create database`",
            ),
        ),
        (
            "28000",
            'role "u" does not exist',
            (
                "unknown-role",
                "the server at `{host}` has no user `u`",
                "check the user in the address; `create role ... login` makes one",
            ),
        ),
        (
            "28000",
            'no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", SSL encryption',
            (
                "login-refused",
                "the server at `{host}` does not let user `u` into `d` from this machine",
                "its pg_hba.conf decides by address, user, database and encryption",
            ),
        ),
        (
            "53300",
            "sorry, too many clients already",
            (
                "too-many-connections",
                "the server at `{host}` has no free connection",
                "close other clients, or raise `max_connections`",
            ),
        ),
        (
            "XX000",
            "(ENOTFOUND) tenant/user postgres.abc not found",
            (
                "pooler-user",
                "the pooler at `{host}` does not know the project of user `u`",
                (
                    "the user is `postgres.<project reference>`; copy the host with its prefix (`aws-0-`, `aws-1-`) "
                    "from the dashboard; the project may be paused"
                ),
            ),
        ),
        (
            "XX000",
            "Tenant or user not found",
            (
                "pooler-user",
                "the pooler at `{host}` does not know the project of user `u`",
                (
                    "the user is `postgres.<project reference>`; copy the host with its prefix (`aws-0-`, `aws-1-`) "
                    "from the dashboard; the project may be paused"
                ),
            ),
        ),
        (
            "XX000",
            "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
            (
                "login-banned",
                "`{host}` takes no logins for a while: too many of them failed",
                "wait two minutes and try once with the right password; it is not tried again by itself",
            ),
        ),
        (
            "XX000",
            "(EADDRNOTALLOWED) address not in tenant allow_list",
            (
                "address-not-allowed",
                "`{host}` does not accept connections from the address of this machine",
                "allow it in the project's network restrictions (Database > Settings)",
            ),
        ),
        (
            "08P01",
            "unsupported startup parameter: options",
            ("connection-failed", "the server at `{host}` refuses the connection", None),
        ),
    ],
)
async def test_a_login_that_is_refused(
    refusing: Refusing, sqlstate: str, message: str, expected: tuple[str, str, str | None]
):
    """What a server or a pooler answers becomes a cause with a way out; the login is tried once, also with `--wait`."""
    fake = await refusing((sqlstate, message))
    config = Config(
        root=Path(), database=Address(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d", "DATABASE_URL"), wait=5.0
    )
    with pytest.raises(UnavailableError) as raised:
        async with connect(config):
            pass
    code, text, hint = expected
    assert (raised.value.code, raised.value.message, raised.value.hint, raised.value.detail, raised.value.sqlstate) == (
        code,
        text.format(host=f"127.0.0.1:{fake.port}"),
        hint,
        f"{message} ({sqlstate})",
        sqlstate,
    )
    assert len(fake.logins) == 1


async def test_a_missing_password_is_told_as_such(refusing: Refusing):
    """Without a password in any place, the refusal says that none was given and where one is looked for."""
    fake = await refusing(("28P01", 'password authentication failed for user "u"'))
    error = await refusal(f"postgresql://u@127.0.0.1:{fake.port}/d")
    assert (error.code, error.message, error.hint) == (
        "password-missing",
        f"the server at `127.0.0.1:{fake.port}` asks for a password of user `u`, and none is given",
        "put it into the address, PGPASSWORD or ~/.pgpass",
    )


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_something_else_listens(refusing: Refusing, answer: bytes | None):
    """A server that hangs up or speaks another protocol is not PostgreSQL, and the error asks whether it is."""
    fake = await refusing(answer)
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d?connect_timeout=1")
    assert (error.exit_code, error.code, error.message, error.hint) == (
        3,
        "connection-closed",
        f"`127.0.0.1:{fake.port}` closed the connection before the login was done",
        "is it a PostgreSQL server that listens there? one that is starting or stopping may do so, too",
    )


def authentication(code: int, rest: bytes = b"") -> bytes:
    """https://www.postgresql.org/docs/current/protocol-message-formats.html, the messages that begin with `R`."""
    return b"R" + struct.pack("!ii", 8 + len(rest), code) + rest


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (authentication(2), "kerberosv5"),
        (authentication(99), "method 99"),
        (authentication(7), "GSSAPI"),
        (authentication(9), "GSSAPI"),
        (authentication(10, b"OAUTHBEARER\0\0"), "OAUTHBEARER"),
    ],
)
async def test_a_login_of_another_kind(refusing: Refusing, answer: bytes, asked: str):
    """A server that wants Kerberos or OAuth is a PostgreSQL server, and what it wants is said."""
    fake = await refusing(answer)
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d")
    assert (error.code, error.message, error.detail, error.hint, len(fake.logins)) == (
        "login-refused",
        f"the server at `127.0.0.1:{fake.port}` wants user `u` to log in in a way that is not supported",
        f"it asks for {asked}",
        "let its pg_hba.conf ask for `scram-sha-256`, or for a certificate (`cert`)",
        1,
    )


@pytest.mark.parametrize(
    "answer", [b"Z\0\0\0\0", authentication(10, b"SCRAM-SHA-256\0\0") + authentication(11, b"r=x,s=@@,i=1")]
)
async def test_nonsense_in_the_protocol(refusing: Refusing, answer: bytes):
    """What cannot be read is no mistake of ours."""
    fake = await refusing(answer)
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d")
    assert (error.exit_code, error.code, error.message) == (
        3,
        "connection-protocol",
        f"the answer of `127.0.0.1:{fake.port}` cannot be understood",
    )


async def test_tls_that_the_server_does_not_offer(refusing: Refusing):
    """`require` is refused by a server without TLS before any login, and the error names the switch."""
    fake = await refusing(("28P01", "x"))
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d?sslmode=require")
    assert (error.code, error.message, error.hint, fake.logins) == (
        "tls-unsupported",
        f"`127.0.0.1:{fake.port}` offers no TLS, and `require` asks for it",
        "add `sslmode=disable` to the address if nobody else can read the network to that host",
        [],
    )


async def test_encryption_that_the_server_asks_for_and_does_not_offer(refusing: Refusing):
    """Its rules are to blame, not an `sslmode` that nobody has set."""
    said = 'no pg_hba.conf entry for host "127.0.0.1", user "u", database "d", no encryption'
    fake = await refusing(("28000", said))
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d")
    assert (error.code, error.detail, len(fake.logins)) == ("login-refused", f"{said} (28000)", 1)


async def test_prefer_logs_in_once_without_tls(refusing: Refusing):
    """`prefer` takes what the server offers, and sends a wrong password once."""
    fake = await refusing(("28P01", "x"))
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d?sslmode=prefer")
    assert (error.code, len(fake.logins), fake.ssl_requests) == ("wrong-password", 1, 1)


async def test_nothing_of_the_environment_reaches_the_driver(refusing: Refusing, monkeypatch: pytest.MonkeyPatch):
    """Variables that asyncpg would read by itself change nothing: the target says it all."""
    for name in ("PGPASSWORD", "PGUSER", "PGDATABASE", "PGHOST"):
        monkeypatch.setenv(name, "wrong")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLNEGOTIATION", "direct")
    monkeypatch.setenv("PGTARGETSESSIONATTRS", "nonsense")
    monkeypatch.setenv("PGSERVICE", "nope")
    fake = await refusing(("28P01", "x"))
    error = await refusal(f"postgresql://u@127.0.0.1:{fake.port}/d?options=-c%20work_mem%3D8MB")
    assert (error.code, fake.logins) == (
        "password-missing",
        [
            {
                "client_encoding": "'utf-8'",
                "user": "u",
                "database": "d",
                "application_name": "migrate",
                "standard_conforming_strings": "on",
            }
        ],
    )


async def test_several_hosts_are_tried_in_turn(refusing: Refusing):
    """A host that cannot be reached is passed over; one that refuses the login ends the search."""
    refused = free_port()
    fake = await refusing(("28P01", "x"))
    second = await refusing(("3D000", "x"))
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{refused},127.0.0.1:{fake.port},127.0.0.1:{second.port}/d")
    assert (error.code, len(fake.logins), len(second.logins)) == ("wrong-password", 1, 0)


async def test_several_hosts_that_all_fail_are_all_named():
    """When no host will do, the error has the cause of each."""
    ports = free_port(), free_port()
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/d")
    messages = [f"`127.0.0.1:{port}` refuses connections" for port in ports]
    assert (error.code, error.message, [cause.message for cause in error.causes]) == (
        "connection-refused",
        f"none of 2 hosts will do: {'; '.join(messages)}",
        messages,
    )


@pytest.mark.parametrize(
    ("host", "user", "error", "expected"),
    [
        (
            f"{DIRECT}:5432",
            "postgres",
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            (
                "ipv6-unreachable",
                f"`{DIRECT}:5432` has only an IPv6 address, and this machine has no IPv6",
                (
                    "use the session pooler, `postgres.abcdefgh@...pooler.supabase.com:5432`, "
                    "as the dashboard's `Connect` shows it, or the IPv4 add-on"
                ),
            ),
        ),
        (
            f"{DIRECT}:5432",
            "postgres",
            OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"),
            (
                "ipv6-unreachable",
                f"`{DIRECT}:5432` has only an IPv6 address, and this machine has no IPv6",
                (
                    "use the session pooler, `postgres.abcdefgh@...pooler.supabase.com:5432`, "
                    "as the dashboard's `Connect` shows it, or the IPv4 add-on"
                ),
            ),
        ),
        (
            f"{DIRECT}:5432",
            "postgres",
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            (
                "ipv6-unreachable",
                f"`{DIRECT}:5432` has only an IPv6 address, and this machine has no IPv6",
                (
                    "use the session pooler, `postgres.abcdefgh@...pooler.supabase.com:5432`, "
                    "as the dashboard's `Connect` shows it, or the IPv4 add-on"
                ),
            ),
        ),
        (
            "db.example.com:5432",
            "u",
            OSError(errno.EHOSTUNREACH, "No route to host"),
            (
                "host-unreachable",
                "`db.example.com:5432` cannot be reached from this machine",
                "check the network and the VPN; the host may have only an IPv6 address, and this machine none",
            ),
        ),
        (
            f"{SHARED}:5432",
            "postgres.abcdefgh",
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            (
                "host-unknown",
                f"the host `{SHARED}` has no address",
                "copy the host with its prefix (`aws-0-`, `aws-1-`) and region from the dashboard's `Connect`",
            ),
        ),
        (
            f"{SHARED}:5432",
            "postgres",
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"),
            (
                "connection-refused",
                f"`{SHARED}:5432` refuses connections",
                (
                    "the project is paused, this address is banned after failed logins, or the port is wrong: see the "
                    "project's dashboard (Database > Settings > Network bans)"
                ),
            ),
        ),
        (
            "db.example.com:5432",
            "u",
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
            (
                "host-unknown",
                "the host `db.example.com` has no address",
                "the name service does not answer: check the network",
            ),
        ),
        (
            "db.example.com:5432",
            "u",
            ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
            (
                "connection-closed",
                "`db.example.com:5432` closed the connection before the login was done",
                "is it a PostgreSQL server that listens there? one that is starting or stopping may do so, too",
            ),
        ),
    ],
)
def test_what_the_system_says(
    host: str, user: str, error: OSError, expected: tuple[str, str, str | None], monkeypatch: pytest.MonkeyPatch
):
    """Errors of a network that a test machine cannot have are told by their number, for Supabase with its way out."""
    monkeypatch.setattr(connect_failures, "has_ipv6", lambda: False)
    found = target(f"postgresql://{user}:hunter2@{host}/d")
    told = failed(error, found, found.hosts[0], encrypted=True)
    assert (told.code, told.message, told.hint) == expected


def test_a_project_without_an_address(monkeypatch: pytest.MonkeyPatch):
    """Where IPv6 works, a direct host without an address is one of a project that is gone, or of none."""
    monkeypatch.setattr(connect_failures, "has_ipv6", lambda: True)
    found = target(f"postgresql://postgres@{DIRECT}/d")
    told = failed(
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"), found, found.hosts[0], encrypted=True
    )
    assert (told.code, told.message, told.hint) == (
        "host-unknown",
        f"the host `{DIRECT}` has no address",
        "check the project's reference; a project that is paused or deleted has no address",
    )


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS from the first byte on"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "something else"),
    ],
)
async def test_a_proxy_that_speaks_another_protocol(refusing: Refusing, answer: bytes, spoken: str):
    """What answers the question for TLS in no word of PostgreSQL's is not called a server without TLS."""
    fake = await refusing(None, to_ssl=answer)
    error = await refusal(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d?sslmode=require")
    assert (error.code, error.message, error.hint, fake.logins) == (
        "connection-protocol",
        f"`127.0.0.1:{fake.port}` is no PostgreSQL server: it speaks {spoken}",
        "correct host and port; a proxy in front of the server has to pass TCP on as it is",
        [],
    )


@pytest.fixture
def full() -> Iterator[int]:
    """A port that swallows what is sent to it: as many wait there to be accepted as may."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its signature
            waiting.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


async def test_several_hosts_that_swallow_everything(full: int):
    """Each host has `connect_timeout` for itself, and all of them are named."""
    began = time.monotonic()
    error = await refusal(
        f"postgresql://u:hunter2@127.0.0.1:{full},localhost:{full}/d?connect_timeout=0.3&sslmode=disable"
    )
    took = time.monotonic() - began
    messages = [f"no answer from `{host}:{full}` within 0.3 s" for host in ("127.0.0.1", "localhost")]
    assert (error.code, error.message, 0.5 < took < 3) == (
        "connection-timeout",
        f"none of 2 hosts will do: {'; '.join(messages)}",
        True,
    )


async def test_a_name_with_an_address_that_swallows_everything(
    full: int, refusing: Refusing, monkeypatch: pytest.MonkeyPatch
):
    """A name's next address is tried when one of them does not answer in time, as psql does."""
    fake = await refusing(("3D000", "no"))

    def look_up(*_arguments: object, **_keywords: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (full, fake.port)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = await refusal("postgresql://u:hunter2@db.example.com/d?connect_timeout=0.2&sslmode=disable")
    assert (error.code, error.message, len(fake.logins)) == (
        "unknown-database",
        "the server at `db.example.com:5432` has no database `d`",
        1,
    )


async def test_waiting_for_a_server_that_is_starting(refusing: Refusing):
    """57P03 passes by itself: it is waited for by default, said once, and the next answer counts."""
    starting = ("57P03", "the database system is starting up")
    fake = await refusing(starting, starting, ("3D000", "no"))
    events: list[Event] = []
    config = Config(root=Path(), database=Address(f"postgresql://u@127.0.0.1:{fake.port}/d", "test"))
    with pytest.raises(UnavailableError) as raised:
        async with connect(config, events.append):
            pass
    waits = [event for event in events if isinstance(event, Waiting)]
    assert (raised.value.code, len(fake.logins), [wait.what for wait in waits]) == ("unknown-database", 3, ["server"])


async def test_patience_ends(refusing: Refusing):
    """When the patience is spent, the cause is told."""
    fake = await refusing(("57P03", "the database system is starting up"))
    config = Config(root=Path(), database=Address(f"postgresql://u@127.0.0.1:{fake.port}/d", "test"), wait=0.3)
    with pytest.raises(UnavailableError) as raised:
        async with connect(config):
            pass
    assert (raised.value.code, raised.value.message, raised.value.hint) == (
        "server-starting",
        f"the server at `127.0.0.1:{fake.port}` does not take connections yet",
        "run the command again when it is up, or give it longer with `--wait 5min`",
    )
    assert raised.value.outcome == "nothing was changed in the 0.3 s that this run waited"


async def test_a_full_session_pooler_is_waited_for(refusing: Refusing):
    """A pooler without a free client passes by itself, and the event says that it is a connection that is missing."""
    full = ("XX000", "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15")
    fake = await refusing(full, full, ("3D000", "no"))
    events: list[Event] = []
    config = Config(root=Path(), database=Address(f"postgresql://u@127.0.0.1:{fake.port}/d", "test"))
    with pytest.raises(UnavailableError) as raised:
        async with connect(config, events.append):
            pass
    assert (raised.value.code, [event.what for event in events if isinstance(event, Waiting)]) == (
        "unknown-database",
        ["connection"],
    )


async def test_a_refused_port_is_waited_for_only_when_asked(refusing: Refusing):
    """By default a refused connection fails at once; with a patience that somebody chose it is tried again."""
    port = free_port()
    address = Address(f"postgresql://u@127.0.0.1:{port}/d", "test")
    fake = Fake(answers=(("28P01", "no"),))
    opening: list[asyncio.Task[asyncio.Server]] = []
    waits: list[str] = []

    def hear(event: Event) -> None:
        if not isinstance(event, Waiting):
            return
        waits.append(event.what)
        opening.append(asyncio.create_task(asyncio.start_server(fake.serve, "127.0.0.1", port)))

    found = []
    for config in (Config(root=Path(), database=address), Config(root=Path(), database=address, wait=30.0)):
        with pytest.raises(UnavailableError) as raised:
            async with connect(config, hear):
                pass
        found.append((raised.value.code, [*waits]))
    (await opening[0]).close()
    assert found == [("connection-refused", []), ("password-missing", ["server"])]


def test_a_socket_in_a_foreign_folder_is_told():
    """A socket that the system does not let us use is no refused port."""
    found = target("postgresql://u@/d?host=/run/x")
    told = failed(PermissionError(errno.EACCES, "Permission denied"), found, Host(name="/run/x"), encrypted=False)
    assert (told.code, told.message, told.detail) == (
        "connection-permission",
        "the system does not permit to connect to `/run/x/.s.PGSQL.5432`",
        "Permission denied",
    )
