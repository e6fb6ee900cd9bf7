"""Scratch databases are empty, and gone afterwards: after success, failure, SIGINT and SIGTERM; a kill's are swept."""

import asyncio
import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

import migrator
from migrator import up
from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.launching import temporary as servers
from migrator.database.postgres import postmaster, programs
from migrator.database.scratch import Scratch, scratch
from migrator.errors import InputError, MigratorError
from migrator.events import Event, ignore

Connection = asyncpg.Connection
Make = Callable[..., Config]
Start = Callable[..., "subprocess.Popen[str]"]
Left = Callable[[], list[str]]

SLEEPS = {"migrations/0001.sleep.sql": "select pg_sleep(300);\n"}
POLL = 0.02


@asynccontextmanager
async def opened(config: Config, **options: object) -> AsyncIterator[Scratch]:
    async with scratch(config, supabase=False, emit=ignore, **options) as place:  # type: ignore[arg-type]
        yield place


async def value(config: Config, sql: str) -> object:
    async with connect(config) as session:
        return (await session.read(sql))[0]


def running(folder: Path) -> list[int]:
    """The servers whose data is in this folder."""
    return [
        found.pid
        for directory in folder.glob(f"{servers.PREFIX}*/pg")
        if (found := postmaster.read(directory)) is not None and postmaster.holds(found.pid, directory)
    ]


def alive(pid: int) -> bool:
    """It runs; one that has ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(POLL)


def asleep(folder: Path) -> bool:
    """A server in this folder works on the migration that sleeps."""

    async def ask(directory: Path) -> bool:
        connection = await asyncpg.connect(host=str(directory), user="postgres", database="postgres", ssl=False)
        try:
            return bool(await connection.fetchval("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"))
        finally:
            await connection.close()

    try:
        return any(asyncio.run(ask(directory)) for directory in folder.glob(f"{servers.PREFIX}*/pg"))
    except (OSError, asyncpg.PostgresError):
        return False


async def test_a_server_for_the_block_alone(project: Make, temporary: Path, left: Left):
    """It has the login and the name that are wanted, may make roles, and leaves nothing after a failure."""
    config = project({}, database=None)
    seen: list[object] = []
    with contextlib.suppress(RuntimeError):
        async with opened(config, login="deploy", database="shop") as place:
            (pid,) = running(temporary)
            seen.append(await value(place.config, "select to_jsonb(array[session_user, current_database()])"))
            await place.make_roles(["ada"])
            await place.make_roles(["ada", "grace"], powerful=True)
            made = "select jsonb_object_agg(rolname, rolsuper) from pg_roles where rolname in ('ada', 'grace')"
            seen.append(await value(place.config, made))
            raise RuntimeError
    assert seen == [["deploy", "shop"], {"ada": False, "grace": True}]
    assert (alive(pid), left()) == (False, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_check_that_is_ended(number: signal.Signals, project: Make, start: Start, temporary: Path, left: Left):
    """Interrupted or terminated it leaves nothing; what a killed one leaves, the next check ends and removes."""
    project(SLEEPS)
    process = start("check", "--json", DATABASE_URL="", TMPDIR=str(temporary))
    until(lambda: process.poll() is not None or asleep(temporary))
    (pid,) = running(temporary)
    process.send_signal(number)
    said, complaint = process.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert alive(pid)
        servers.sweep()
        until(lambda: not alive(pid))
    else:
        error = json.loads(said)["error"]
        assert (process.returncode, error["done"], error["outcome"], complaint) == (
            128 + number,
            [],
            "nothing was changed but in the scratch database",
            "",
        )
    assert (alive(pid), left()) == (False, [])


def test_an_interrupted_start(project: Make, start: Start, temporary: Path, left: Left):
    """Ctrl-C while the data is being made leaves nothing either."""
    project(SLEEPS)
    process = start("check", DATABASE_URL="", TMPDIR=str(temporary))
    until(lambda: process.poll() is not None or any(temporary.glob("*/pg.new.*")))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert (process.returncode, left()) == (130, [])


def test_two_checks_at_once(project: Make, start: Start, temporary: Path, left: Left):
    """Each has a server of its own, and neither takes the other's for one that was left behind."""
    project({"migrations/0001.a.sql": "create table a (id int); select pg_sleep(0.2);"})
    both = [start("check", DATABASE_URL="", TMPDIR=str(temporary)) for _ in range(2)]
    ended = [process.communicate(timeout=60)[1] for process in both]
    assert ([process.returncode for process in both], left()) == ([0, 0], []), ended


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_as_an_ordinary_user_or_where_the_server_may_not_enter(temporary: Path, tmp_path: Path):
    """Each user has what others may not touch; root's server finds another place where its account cannot go."""
    nobody = pwd.getpwnam("nobody")
    account = programs.Account(name="nobody", uid=nobody.pw_uid, gid=nobody.pw_gid)
    for needed in (Path(sys.executable).resolve(), Path(sys.prefix)):
        if not programs.reaches(account, needed.parent):
            pytest.skip(f"`nobody` cannot run {needed}")
    (temporary / "migrations").mkdir()
    (temporary / "migrations/0001.a.sql").write_text("create table a (id int primary key);")
    foreign = temporary / f"{servers.PREFIX}foreign"
    foreign.mkdir()
    temporary.chmod(0o777)
    tmp_path.chmod(0o700)
    ended = []
    for uid, place in ((nobody.pw_uid, temporary), (0, tmp_path)):
        done = subprocess.run(
            [sys.executable, "-m", "migrator", "check", "--format", "text"],
            cwd=temporary,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(migrator.__file__).parents[1]),
                "TMPDIR": str(place),
                "HOME": str(temporary),
            },
            user=uid,
            group=nobody.pw_gid if uid else 0,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        ended.append(
            (
                done.returncode,
                [line.partition(";")[0] for line in done.stdout.splitlines()[-1:]],
                sorted(map(str, place.glob("*scratch*"))),
            )
        )
    verdict = ["no findings"]
    assert ended == [(0, verdict, [str(foreign)]), (0, verdict, [])]


async def databases(db: Connection) -> list[str]:
    rows = await db.fetch("select datname from pg_database where datname like 'migrator_scratch_%' order by 1")
    return [row[0] for row in rows]


async def test_a_database_beside_the_configured_one(project: Make, db: Connection):
    """`create` makes an empty one from template0 and drops it, also after a failure."""
    await db.execute("create table here (id int)")
    config = project({}, scratch=Address("create", "--scratch"))
    within: list[object] = []
    with contextlib.suppress(RuntimeError):
        async with opened(config) as place:
            empty = await value(place.config, "select to_jsonb(to_regclass('here') is null)")
            within += [len(await databases(db)), empty]
            raise RuntimeError
    assert (within, await databases(db)) == ([1, True], [])


async def test_a_database_that_a_killed_run_has_left(project: Make, db: Connection, dsn: str):
    """It is dropped by the next one; one that is in use, or has just been made, is another run's."""
    now = await db.fetchval("select to_char(now() at time zone 'UTC', 'YYYYMMDDHH24MISS')")
    names = [f"migrator_scratch_20260101000000_{each}" for each in ("0000000a", "0000000b")]
    names.append(f"migrator_scratch_{now}_0000000c")
    for name in names:
        await db.execute(f"create database {name} template template0 strategy file_copy")
    user = await asyncpg.connect(dsn, database=names[1])
    try:
        async with opened(project({}, scratch=Address("create", "--scratch"))):
            left = [name for name in names if name in await databases(db)]
    finally:
        await user.close()
        for name in names:
            await db.execute(f"drop database if exists {name} with (force)")
    assert left == names[1:]


async def refusal(config: Config, **options: object) -> tuple[int, str, str, str | None]:
    with pytest.raises(MigratorError) as raised:
        async with opened(config, **options):
            pass
    return raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint


async def test_a_role_that_may_not_create_databases(
    project: Make, roles: Callable[..., object], address_as: Callable[[str], Address]
):
    """`create` says which right is missing and what does without."""
    await roles("plain")  # type: ignore[misc]
    assert await refusal(project({}, database=address_as("plain"), scratch=Address("create", "--scratch"))) == (
        3,
        "scratch-rights",
        "`plain` may not create the database that `--scratch create` asks for",
        '`alter role "plain" createdb`, or `--scratch embedded:`, a temporary server of its own',
    )


async def test_an_address_must_be_that_of_an_empty_database(project: Make, db: Connection, dsn: str):
    """One that holds something is refused and told; so is the configured one, however it is spelled."""
    await db.execute(
        "create schema other; create table other.a (id int primary key); create type mood as enum ('a');"
        "create function f() returns int language sql as 'select 1'"
    )
    full = project({}, database=None, scratch=Address(dsn, "--scratch"))
    first = await refusal(full)
    spelled = dsn + ("&" if "?" in dsn else "?") + "application_name=x"
    same = await refusal(project({}, scratch=Address(spelled, "--scratch")))
    async with connect(project({})) as live:
        found_out = await refusal(full, live=live)
    assert (first[:2], first[2].partition(" is not empty")[2]) == (
        (2, "scratch-not-empty"),
        ": it holds 4 objects (1 relation, 1 routine, 1 schema, 1 type)",
    )
    assert [same[:2], found_out[:2]] == [(2, "scratch-is-live"), (2, "scratch-is-live")]


async def test_an_empty_database_keeps_what_is_made(project: Make, db: Connection, dsn: str):
    """A database that somebody names is left as the command fills it, and the command says so."""
    heard: list[Event] = []
    config = project({}, database=None, scratch=Address(dsn, "--scratch"))
    async with scratch(config, supabase=False, emit=heard.append) as place:
        async with connect(place.config) as session:
            await session.run("create table made (id int)")
        again = place.again
    kept = await db.fetchval("select to_regclass('made') is not null")
    assert ([event.code for event in heard if hasattr(event, "code")], again, kept) == (["scratch-stays"], False, True)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("embedded:data", "names a folder"),
        ("embedded:?port=5433", "names a port"),
    ],
)
async def test_a_temporary_server_has_no_place_of_its_own(project: Make, address: str, message: str):
    """A folder or port of an `embedded:` scratch address is refused: it would not be where the address says."""
    with pytest.raises(InputError) as raised:
        async with opened(project({}, database=None, scratch=Address(address, "--scratch"))):
            pass
    assert (raised.value.code, message in raised.value.message) == ("address-value", True)


def test_a_replay_that_is_ended(project: Make, start: Start, temporary: Path, left: Left):
    """Terminated in the middle it leaves nothing, and names no migration as applied in the live database."""
    config = project({"migrations/0001.a.sql": "select 1;\n", "migrations/0002.b.sql": "select pg_sleep(0);\n"})
    asyncio.run(up(config))
    (config.migrations[0] / "0002.b.sql").write_text("select pg_sleep(300);\n")
    process = start("verify", "--against", "replay", "--scratch", "embedded:", "--json", TMPDIR=str(temporary))
    until(lambda: process.poll() is not None or asleep(temporary))
    process.send_signal(signal.SIGTERM)
    said, complaint = process.communicate(timeout=60)
    error = json.loads(said)["error"]
    assert (process.returncode, error["done"], error["outcome"], left()) == (143, [], "nothing was changed", []), (
        complaint
    )
