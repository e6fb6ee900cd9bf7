"""`doctor` on its way to a server: every failure at its own step, in the words of the commands that meet it."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.launch import DEFAULT_DIRECTORY
from migrator.database.launching import embedded
from migrator.database.launching.servers import locate
from migrator.database.network.lookup import HostAddress
from migrator.database.sessions.opening import open_session
from migrator.errors import MigratorError
from migrator.events import Event, Examined, Told, ignore
from migrator.events.doctor import DoctorResult, DoctorStep
from migrator.project import doctor
from migrator.project.diagnosis.network import answers
from migrator.project.diagnosis.visit import Visit

Make = Callable[..., Awaitable[Any]]
SECRET = "hunter2"


def config(address: str | None, **options: Any) -> Config:
    given = None if address is None else Address(address, "DATABASE_URL")
    return Config(root=Path(), database=given, wait=0.0, **options)


async def met(address: str | None) -> MigratorError:
    """What any other command says of its first attempt; some of them wait for what may pass, and say so then."""
    with pytest.raises(MigratorError) as raised:
        async with locate(config(address)) as target:
            await open_session(target)
    return raised.value


def told(error: MigratorError | None) -> tuple[object, ...]:
    assert error is not None
    return (error.exit_code, error.code, error.message, error.detail, error.hint, error.sqlstate)


def states(result: DoctorResult) -> dict[str, str]:
    return {step.name: step.state for step in result.steps}


def step(result: DoctorResult, name: str) -> DoctorStep:
    (found,) = [each for each in result.steps if each.name == name]
    return found


async def fails_alike(address: str | None, at: str) -> DoctorResult:
    """The examination fails at this step with the very error of other commands; later steps are not reached."""
    expected, result = await met(address), await doctor(config(address))
    assert told(result.error) == told(expected)
    failed = step(result, at)
    assert (failed.state, failed.message, failed.hint) == ("failed", expected.message, expected.hint)
    names = [each.name for each in result.steps]
    behind = names.index(at) + 1
    assert {each.state for each in result.steps[behind:]} <= {"not-reached"}
    assert "failed" not in {each.state for each in result.steps[: behind - 1]}
    assert SECRET not in repr(result)
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "address",
    [
        None,
        "embedded:?bun=x",
        "mysql://u:hunter2@h/d",
        "postgresql://u:hunter2/@h/d",
        "postgresql://u:hunter2@h/d?sslmod=require",
    ],
)
async def test_an_address_that_cannot_be_read(address: str | None):
    """No address and a wrong one end at the first step, with the exit code of a configuration error."""
    result = await fails_alike(address, "address")
    assert result.error is not None
    assert (result.error.exit_code, set(list(states(result).values())[1:])) == (2, {"not-reached"})


@pytest.mark.parametrize("name", ["no-such-host.invalid", "x" * 70])
async def test_a_name_that_is_not_known(name: str):
    """A host without an address ends at `dns`."""
    result = await fails_alike(f"postgresql://u:hunter2@{name}/d", "dns")
    assert step(result, "dns").facts == {}


async def test_nobody_listens(tmp_path: Path):
    """A refused port ends at `tcp`, a socket that is not there at `socket`, which needs neither a name nor TLS."""
    port = free_port()
    result = await fails_alike(f"postgresql://u:hunter2@127.0.0.1:{port}/d", "tcp")
    assert step(result, "dns").message == "127.0.0.1, which needs no lookup"
    result = await fails_alike(f"postgresql://u:hunter2@/d?host={tmp_path}", "socket")
    assert [each.name for each in result.steps][:3] == ["address", "socket", "login"]


async def test_a_server_that_stays_silent():
    """A port that is open and says nothing ends at the first step that needs an answer, after `connect_timeout`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"postgresql://u:hunter2@127.0.0.1:{listener.getsockname()[1]}/d?connect_timeout=0.2"
        await fails_alike(address, "login")
        await fails_alike(f"{address}&sslmode=require", "tls")


async def test_hosts_that_will_not_do_and_one_that_will(refusing: Make):
    """Of several hosts all have to fail; those that do while another answers are a warning."""
    refused, fake = free_port(), await refusing(("28P01", "no"))
    result = await fails_alike(f"postgresql://u@127.0.0.1:{refused},no-such-host.invalid:1/d", "tcp")
    assert step(result, "dns").state == "warning"
    result = await fails_alike(f"postgresql://u@127.0.0.1:{refused},127.0.0.1:{fake.port}/d", "login")
    warned = step(result, "tcp")
    assert (warned.state, f"`127.0.0.1:{refused}` refuses connections" in warned.message) == ("warning", True)
    assert [each["error"] for each in warned.facts["addresses"]] == ["Connection refused", None]


@pytest.mark.parametrize(
    ("sqlstate", "message", "code"),
    [
        ("28P01", 'password authentication failed for user "u"', "wrong-password"),
        ("3D000", 'database "d" does not exist', "unknown-database"),
        ("28000", 'role "u" does not exist', "unknown-role"),
        ("53300", "sorry, too many clients already", "too-many-connections"),
        ("57P03", "the database system is starting up", "server-starting"),
        ("XX000", "(ENOTFOUND) tenant/user postgres.abc not found", "pooler-user"),
        ("XX000", "(EMAXCONNSESSION) max clients reached in session mode", "pooler-full"),
        ("XX000", "(ECIRCUITBREAKER) too many authentication failures", "login-banned"),
    ],
)
async def test_a_login_that_is_refused_is_tried_once(refusing: Make, sqlstate: str, message: str, code: str):
    """Whatever the server answers to the login ends there; the doctor has sent the password a single time."""
    fake = await refusing((sqlstate, message))
    address = f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d"
    result = await doctor(config(address))
    assert (len(fake.logins), result.error and result.error.code) == (1, code)
    await fails_alike(address, "login")


async def test_something_else_listens(refusing: Make):
    """A port at which no PostgreSQL answers is reached, and ends at the login, or at TLS where that comes first."""
    fake = await refusing(None)
    await fails_alike(f"postgresql://u@127.0.0.1:{fake.port}/d", "login")
    listening = await refusing(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await fails_alike(f"postgresql://u@127.0.0.1:{listening.port}/d", "login")


async def test_tls_that_is_not_offered(refusing: Make):
    """`require` ends at `tls` without a login; `prefer` goes on without."""
    fake = await refusing(("28P01", "no"))
    await fails_alike(f"postgresql://u@127.0.0.1:{fake.port}/d?sslmode=require", "tls")
    assert fake.logins == []
    result = await fails_alike(f"postgresql://u@127.0.0.1:{fake.port}/d?sslmode=prefer", "login")
    assert step(result, "tls").message == "not encrypted: 127.0.0.1 is this machine"


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("server", "verify-full&sslrootcert=system", "unable to get local issuer certificate"),
        ("other", "verify-full&sslrootcert={folder}/ca.crt", "Hostname mismatch"),
        ("expired", "verify-ca&sslrootcert={folder}/ca.crt", "certificate has expired"),
    ],
)
async def test_a_certificate_that_is_not_trusted(
    encrypted: Make, certificates: Path, name: str, mode: str, reason: str
):
    """A certificate that fails the check ends at `tls`, before any login, with the way out for this reason."""
    fake = await encrypted(name)
    address = f"postgresql://u@localhost:{fake.port}/d?sslmode={mode.format(folder=certificates)}"
    result = await fails_alike(address, "tls")
    assert (fake.logins, reason in (step(result, "tls").detail or "")) == ([], True)


async def test_a_file_of_tls_that_is_missing(encrypted: Make):
    """A path that leads nowhere is the user's mistake: exit code 2."""
    fake = await encrypted()
    result = await fails_alike(f"postgresql://u@localhost:{fake.port}/d?sslrootcert=/no/ca.crt", "tls")
    assert result.error is not None
    assert (result.error.exit_code, result.error.code) == (2, "tls-file")


@pytest.mark.parametrize(
    ("name", "mode", "message", "hint"),
    [
        (
            "server",
            "verify-full&sslrootcert={folder}/ca.crt",
            "certificate of CN=localhost until {ends}, verified",
            "the certificate ends soon: renew it, or nobody who verifies it can connect any more",
        ),
        (
            "server",
            "require",
            "certificate of CN=localhost until {ends}, not verified (`sslmode=require`)",
            (
                "with `sslmode=verify-full` it would not be trusted (unable to get local issuer certificate): name the "
                "authority that signed it: `sslrootcert=PATH`"
            ),
        ),
    ],
)
async def test_what_tls_agrees_on(encrypted: Make, certificates: Path, name: str, mode: str, message: str, hint: str):
    """The version, the cipher and the certificate are told, and whether it was checked or would stand the check."""
    fake = await encrypted(name)
    address = f"postgresql://u@localhost:{fake.port}/d?sslmode={mode.format(folder=certificates)}"
    found = step(await fails_alike(address, "login"), "tls")
    ends = found.facts["certificate"]["not_after"][:10]
    assert found.message.endswith(message.format(ends=ends))
    assert (found.facts["version"], found.facts["cipher"], found.facts["verified"]) == (
        "TLSv1.3",
        "TLS_AES_256_GCM_SHA384",
        "verify" in mode,
    )
    assert (found.hint, found.facts["certificate"]["names"]) == (hint, ["localhost"])
    assert len(fake.logins) == 2  # one of the other command, one of the doctor


async def test_steps_are_told_as_they_come(refusing: Make):
    """Each step is an event before the next one begins, and the result holds the same."""
    fake = await refusing(("28P01", "no"))
    events: list[Event] = []
    address = f"postgresql://u@127.0.0.1:{fake.port}/d?pgbouncer=true"
    result = await doctor(config(address), emit=events.append)
    assert [each.step for each in events if isinstance(each, Examined)] == list(result.steps)
    assert [each.code for each in events if isinstance(each, Told)] == ["option-dropped"]
    assert step(result, "address").facts["notices"] == [each.message for each in events if isinstance(each, Told)]


async def test_where_the_parts_of_the_address_came_from(refusing: Make):
    """What the environment filled in is named, and no value that could be a password is shown."""
    fake = await refusing(("28P01", "no"))
    settings = {"PGPORT": str(fake.port), "PGPASSWORD": SECRET}
    result = await doctor(config("postgresql://u@127.0.0.1/d", environ=settings))
    found = step(result, "address")
    assert (found.message, found.facts["parts"], found.facts["password"]) == (
        f"postgresql://u@127.0.0.1:{fake.port}/d (from DATABASE_URL; password from PGPASSWORD; port from PGPORT)",
        {"password": "PGPASSWORD", "port": "PGPORT"},
        True,
    )
    assert SECRET not in repr(result)


async def test_the_door_that_up_takes():
    """The transaction port of a Supabase host is not where `up` goes, and the doctor follows it."""
    events: list[Event] = []
    address = "postgresql://postgres:x@db.abcdefgh.supabase.co:6543/postgres?connect_timeout=2"
    result = await doctor(config(address), emit=events.append)
    assert "supabase.co:5432/" in step(result, "address").message
    assert [each.code for each in events if isinstance(each, Told)] == ["pooler-port"]


async def test_an_interruption_leaves_nothing_behind(listen: Make):
    """A doctor that is cancelled while a server keeps it waiting ends at once."""
    reached = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        if await reader.read(8):
            reached.set()
        await reader.read()

    port = await listen(serve)
    task = asyncio.create_task(doctor(config(f"postgresql://u@127.0.0.1:{port}/d?sslmode=require")))
    async with asyncio.timeout(5):
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


async def old_server(listen: Make, version: str) -> int:
    """A server of another version, as far as a login and a query for one number go."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await reader.read(65536):  # somebody looked whether the port is open
            return
        parameters = {"server_version": version, "client_encoding": "UTF8", "standard_conforming_strings": "on"}
        told = [message(b"S", f"{name}\0{value}\0".encode()) for name, value in parameters.items()]
        ready = message(b"Z", b"I")
        writer.write(message(b"R", bytes(4)) + b"".join(told) + message(b"K", struct.pack("!ii", 4711, 1)) + ready)
        while await reader.read(65536):
            rows = message(b"H", b"\0\0\1\0\0") + message(b"d", b"4711\n") + message(b"c", b"")
            writer.write(rows + message(b"C", b"COPY 1\0") + ready)

    return int(await listen(serve))


@pytest.mark.parametrize("version", ["13.22", "9.6.24", "8.0.2"])
async def test_a_version_that_is_too_old(listen: Make, version: str):
    """A server before PostgreSQL 14, or of something that calls itself so, ends at `version`."""
    port = await old_server(listen, version)
    result = await doctor(config(f"postgresql://u@127.0.0.1:{port}/d"))
    failed = step(result, "version")
    assert (failed.state, failed.message, step(result, "role").state) == (
        "failed",
        f"PostgreSQL {version} is too old: versions 14 to 18 are supported",
        "not-reached",
    )
    assert result.error is not None
    assert (result.error.exit_code, result.error.code) == (3, "server-version")
    assert result.database is not None
    assert result.database.server_version == version


async def test_a_network_that_others_can_read(refusing: Make, encrypted: Make):
    """Over a network it is a warning that nothing is encrypted, or that nobody has proved who answers."""
    fake, other = await refusing(("28P01", "no")), await encrypted()
    for address, message in (
        (
            f"postgresql://u@127.1:{fake.port}/d?sslmode=disable",
            "not encrypted (`sslmode=disable`): whoever is on the network can read what is sent",
        ),
        (
            f"postgresql://u@127.1:{fake.port}/d?sslmode=prefer",
            "not encrypted (`sslmode=prefer`): whoever is on the network can read what is sent",
        ),
        (f"postgresql://u@127.1:{other.port}/d", "not verified (`sslmode=require`)"),
    ):
        result = await fails_alike(address, "login")
        found = step(result, "tls")
        assert (found.state, found.message.endswith(message)) == ("warning", True)
        assert step(result, "dns").message == "127.1 is 127.0.0.1"


async def test_a_whole_way_through_tls(encrypted: Make, certificates: Path, own_server: Path):
    """With a certificate that is trusted every step up to the login is well, but for its end that is near."""
    fake = await encrypted(behind=str(own_server / ".s.PGSQL.5432"))
    verified = f"sslmode=verify-full&sslrootcert={certificates}/ca.crt"
    result = await doctor(config(f"postgresql://postgres@localhost:{fake.port}/postgres?{verified}"))
    expected = {"address": "ok", "dns": "ok", "tcp": "ok", "tls": "warning", "login": "ok", "pooler": "ok"}
    assert {name: state for name, state in states(result).items() if name in expected} == expected
    assert (step(result, "login").message, step(result, "login").facts["encrypted"]) == ("accepted, encrypted", True)
    tls = step(result, "tls").facts
    assert (tls["mode"], tls["verified"], tls["verifiable"], tls["distrust"]) == ("verify-full", True, True, None)


async def test_a_certificate_that_would_stand_the_check(
    encrypted: Make, certificates: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where the mode does not verify but could, the hint is the word to add."""
    monkeypatch.setattr("migrator.database.network.tls.DEFAULT_ROOT", certificates / "ca.crt")
    fake = await encrypted()
    result = await fails_alike(f"postgresql://u@localhost:{fake.port}/d?sslmode=require", "login")
    assert (step(result, "tls").facts["verifiable"], step(result, "tls").hint) == (
        True,
        "add `sslmode=verify-full` to the address: the certificate stands the check",
    )


async def test_the_server_of_the_project(own_server: Path, place: Path):
    """An embedded server that runs is told as such; one that does not is started, stays up, and is named."""
    project = Config(root=own_server.parent.parent, database=Address("embedded:", "test"))
    found = step(await doctor(project), "server")
    assert (found.message, found.facts["started"]) == (f"was running; its data is in {own_server}", False)
    fresh = Config(root=place, database=Address("embedded:", "test"))
    try:
        result = await doctor(fresh)
        where = place / DEFAULT_DIRECTORY
        assert step(result, "server").message == (
            f"started on a new data directory, and stays up; its data is in {where}"
        )
        assert (embedded.running(where, "test") is not None, result.error, list(states(result))[:4]) == (
            True,
            None,
            ["address", "server", "socket", "login"],
        )
    finally:
        await embedded.stop(place / DEFAULT_DIRECTORY)


async def test_a_server_that_cannot_be_started():
    """What keeps a server of ours from starting ends at `server`; here nothing names an image."""
    result = await fails_alike("docker:", "server")
    assert list(states(result))[:6] == ["address", "server", "dns", "tcp", "tls", "login"]


async def test_an_address_without_a_route():
    """An IPv6 address on a machine without IPv6 is shown as one that it cannot use, and `tcp` says what others say."""
    # multicast: refused at once also where a route leads to a router that is not there, which answers as it likes
    result = await fails_alike("postgresql://u@[ff0e::1]:1/d?connect_timeout=3", "tcp")
    (found,) = step(result, "dns").facts["hosts"][0]["addresses"]
    assert (found["address"], found["version"]) == ("ff0e::1", 6)
    assert ("no IPv6 route here" in step(result, "dns").message) is not found["usable"]


async def test_the_address_that_stands_beside_the_name(encrypted: Make, certificates: Path):
    """Every step goes to `hostaddr`; the name is never looked up, and stays what the certificate is checked for."""
    fake = await encrypted("other")
    address = f"host=db.example.com hostaddr=127.0.0.1 port={fake.port} user=u password=hunter2 dbname=d"
    result = await fails_alike(f"{address} sslmode=verify-full sslrootcert={certificates}/ca.crt", "login")
    assert step(result, "dns").message == "127.0.0.1 for db.example.com, which is not looked up"
    assert step(result, "tls").facts["verified"] is True
    await fails_alike(f"host=localhost hostaddr=127.0.0.1 port={free_port()} user=u password=hunter2 dbname=d", "tcp")


async def test_an_address_that_swallows_what_is_sent():
    """Of a name's addresses the first one is silent and the second answers: a warning, for the first is tried first."""
    async with contextlib.AsyncExitStack() as stack:
        port = free_port()
        deaf = stack.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        stack.enter_context(socket.create_server(("127.0.0.3", port)))
        for _ in range(4):  # nobody accepts them, so that the kernel drops whoever else comes
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its signature
            with contextlib.suppress(BlockingIOError):
                waiting.connect(deaf.getsockname())
        target = parse(Address(f"postgresql://u@two.example:{port}/d?connect_timeout=0.5", "test"), {})
        each = [HostAddress(text=f"127.0.0.{n}", version=4, usable=True, place=(f"127.0.0.{n}", port)) for n in (2, 3)]
        visit = Visit(config=config("x"), emit=ignore, stack=stack, target=target)
        visit.addresses[target.hosts[0]] = tuple(each)
        found = await answers(visit)
    (place,) = visit.answering.values()
    assert (place.name, place.address) == ("two.example", "127.0.0.3")
    assert (found.state, found.message.endswith(f"; no answer from 127.0.0.2:{port}"), visit.causes) == (
        "warning",
        True,
        {},
    )
    assert [fact["error"] for fact in found.facts["addresses"]] == ["no answer in time", None]
