"""Servers for the tests of connecting: one that only refuses, one that speaks TLS; and parts that may be missing."""

import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake import SSL_REQUEST, Answer, Fake, error_response, startup
from places import make_place

from migrator.database.address.launch import DEFAULT_DIRECTORY, Launch
from migrator.database.launching import embedded


def required(name: str) -> bool:
    """An optional part of the tests must not be missing: `MIGRATOR_TEST_REQUIRE` lists it."""
    return name in os.environ.get("MIGRATOR_TEST_REQUIRE", "").replace(",", " ").split()


def skip_or_fail(name: str, reason: str) -> None:
    """Skip on a bare machine; fail where the part was required."""
    if required(name):
        pytest.fail(f"`{name}` is required and missing: {reason}")
    pytest.skip(reason)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Listen = Callable[[Serve], Awaitable[int]]


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Serve clients on a port of 127.0.0.1, which is returned, until the test ends."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def make(serve: Serve) -> int:
        async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            writers.append(writer)
            with contextlib.suppress(asyncio.CancelledError):
                await serve(reader, writer)

        server = await asyncio.start_server(tracked, "127.0.0.1", 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield make
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks)
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()


@pytest.fixture
def refusing(listen: Listen) -> Callable[..., Awaitable[Fake]]:
    """Make a server that answers each login with one of the given `(sqlstate, message)`, see `Fake`."""

    async def make(*answers: Answer, to_ssl: bytes = b"N") -> Fake:
        fake = Fake(answers=answers, to_ssl=to_ssl)
        fake.port = await listen(fake.serve)
        return fake

    return make


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority and what it signed: `server` for localhost, `expired`, `other` for another host, and `client`.

    `stranger` has signed itself, and `locked.key` is the client's key with a passphrase.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        skip_or_fail("openssl", "openssl makes the certificates of these tests")
    folder = tmp_path_factory.mktemp("certificates")

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def key(name: str) -> None:
        run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

    key("ca")
    run("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=tests", "-days", "2", "-out", "ca.crt")
    for name, host, days in (
        ("server", "localhost", "2"),
        ("other", "db.example.com", "2"),
        ("expired", "localhost", "-1"),
        ("client", "client", "2"),
    ):
        key(name)
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={host}", "-out", f"{name}.csr")
        signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{name}.ext")
        run("x509", "-req", "-in", f"{name}.csr", *signing, "-days", days, "-out", f"{name}.crt")
    key("stranger")
    run("req", "-x509", "-new", "-key", "stranger.key", "-subj", "/CN=client", "-days", "2", "-out", "stranger.crt")
    run("ec", "-in", "client.key", "-aes256", "-passout", "pass:hunter2", "-out", "locked.key")
    (folder / "locked.key").chmod(0o600)
    return folder


@dataclass(kw_only=True)
class Encrypted(Fake):
    """A server of TLS.

    Attributes:
        context: its certificate.
        answer: what every login gets, where nothing is behind it.
        plain: what a login without encryption gets.
        behind: the socket of a real server that gets what is decrypted.
    """

    context: ssl.SSLContext
    answer: tuple[str, str]
    plain: tuple[str, str]
    behind: str | None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        code, parameters = await startup(reader)
        answer = self.plain
        if code == SSL_REQUEST:
            self.ssl_requests += 1
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self.context)
            if self.behind is not None:
                inner, outer = await asyncio.open_unix_connection(self.behind)
                await asyncio.gather(pump(reader, outer), pump(inner, writer))
                return
            _code, parameters = await startup(reader)
            answer = self.answer
        self.logins.append(parameters)
        writer.write(error_response(*answer))
        await writer.drain()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until its end."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


@pytest.fixture
def encrypted(certificates: Path, listen: Listen) -> Callable[..., Awaitable[Encrypted]]:
    """Make a server of TLS on localhost, with the named certificate; see `Encrypted`."""
    refusal = ("28P01", 'password authentication failed for user "u"')

    async def make(
        name: str = "server",
        *,
        behind: str | None = None,
        answer: tuple[str, str] = refusal,
        plain: tuple[str, str] = refusal,
        client_certificate: bool = False,
    ) -> Encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")
        if client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificates / "ca.crt")
        fake = Encrypted(context=context, answer=answer, plain=plain, behind=behind)
        fake.port = await listen(fake.serve)
        return fake

    return make


@pytest.fixture(scope="session")
def new_place() -> Iterator[Callable[[], Path]]:
    """Make empty project folders; they are gone when the run ends."""
    made: list[Path] = []

    def make() -> Path:
        made.append(make_place())
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty project folder for a server of its own."""
    folder = make_place()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def own_server() -> Iterator[Path]:
    """The data directory of a running server that the product has started for a project folder."""
    folder = make_place()
    directory = folder / DEFAULT_DIRECTORY
    try:
        asyncio.run(embedded.start(Launch(directory=directory)))
        yield directory
    finally:
        asyncio.run(embedded.stop(directory))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """A Docker engine answers; without one the test is skipped, or fails where `docker` is required."""
    docker = shutil.which("docker")
    if docker is None:
        skip_or_fail("docker", "there is no `docker`")
    done = subprocess.run(["docker", "info"], capture_output=True, check=False)
    if done.returncode != 0:
        skip_or_fail("docker", "no Docker engine answers")
