"""When a server of ours, its command or its folder goes the wrong way: told, waited for, never made worse."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from migrator.database.address.launch import DEFAULT_DIRECTORY, Launch
from migrator.database.launching import embedded, starting
from migrator.database.postgres import postmaster
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Event, Told

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="who works in a folder is seen in /proc")


@pytest.fixture(scope="module")
def shop(new_place: Callable[[], Path]) -> Iterator[Path]:
    """The data directory of a project; tests of this file leave it stopped or running, and at its place."""
    directory = new_place() / DEFAULT_DIRECTORY
    yield directory
    asyncio.run(embedded.stop(directory))


async def running(directory: Path) -> postmaster.Postmaster:
    await embedded.start(Launch(directory=directory))
    found = postmaster.answering(directory)
    assert found is not None
    return found


async def session(found: postmaster.Postmaster) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(host=found.sockets, port=found.port, user="postgres", database="postgres")


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "it did not happen in 30 s"
        time.sleep(0.01)


def notices(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.code, event.message) for event in events if isinstance(event, Told)]


@linux
async def test_backends_that_outlive_a_killed_server(shop: Path, monkeypatch: pytest.MonkeyPatch):
    """No server is started beside a backend that still computes; it is named, `stop` ends it, the next start works."""
    found = await running(shop)
    busy = await session(found)
    pid = busy.get_server_pid()
    computing = asyncio.ensure_future(busy.execute("do $$ begin loop end loop; end $$"))
    watching = await session(found)
    while await watching.fetchval("select state from pg_stat_activity where pid = $1", pid) != "active":  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    os.kill(found.pid, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: postmaster.orphans(shop) == (pid,))
    monkeypatch.setattr(starting, "_PATIENCE", 0.2)
    with pytest.raises(UnavailableError) as raised:
        await running(shop)
    stopped = await embedded.stop(shop)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await computing
    watching.terminate()
    left = postmaster.orphans(shop)
    again = await running(shop)
    assert (raised.value.code, raised.value.message, raised.value.outcome, raised.value.hint) == (
        "embedded-stuck",
        f"processes of a PostgreSQL server that was killed still work in `{shop}`: {pid}",
        "no server was started beside them",
        "`migrate server stop` ends them; what is committed stays",
    )
    assert (stopped.changed, left, again.pid == found.pid) == (True, (), False)


@linux
async def test_a_server_that_does_not_end_in_order_is_ended_at_once(shop: Path):
    """A backend that hears nothing does not keep `stop` for ever; what was committed is there at the next start."""
    found = await running(shop)
    deaf = await session(found)
    await deaf.execute("drop table if exists kept; create table kept (id int); insert into kept values (7)")
    log = shop / postmaster.LOG
    before = log.stat().st_size
    os.kill(deaf.get_server_pid(), signal.SIGSTOP)
    events: list[Event] = []
    ending = asyncio.ensure_future(embedded.stop(shop, events.append, patience=0.3))
    # it would be killed after 5 s
    await asyncio.to_thread(until, lambda: b"immediate shutdown request" in log.read_bytes()[before:])
    os.kill(deaf.get_server_pid(), signal.SIGCONT)
    stopped = await ending
    deaf.terminate()
    again = await session(await running(shop))
    kept = await again.fetchval("select id from kept")
    await again.close()
    assert (stopped.running, stopped.pid, kept, notices(events)) == (
        False,
        found.pid,
        7,
        [
            (
                "embedded-at-once",
                "the server did not end in order and was ended at once: it recovers at its next start",
            )
        ],
    )


async def test_stop_ends_the_sessions_of_others(shop: Path):
    """A client that holds a transaction open does not keep the server: it is rolled back."""
    client = await session(await running(shop))
    await client.execute("begin; create table never (id int)")
    began = time.monotonic()
    stopped = await embedded.stop(shop)
    took = time.monotonic() - began
    client.terminate()
    again = await session(await running(shop))
    never = await again.fetchval("select to_regclass('never')")
    await again.close()
    assert (stopped.changed, took < 20, never) == (True, True, None)


@linux
async def test_a_project_that_was_moved_while_its_server_ran(shop: Path):
    """It is told at once whose server that is; `stop` ends it from the new place, and there the next one starts."""
    found = await running(shop)
    moved = shop.with_name("moved")
    shop.rename(moved)
    try:
        events: list[Event] = []
        seen = await embedded.url(Launch(directory=moved), events.append)
        with pytest.raises(MigratorError) as raised:
            await running(moved)
        stopped = await embedded.stop(moved)
        again = await running(moved)
        await embedded.stop(moved)
    finally:
        await embedded.stop(moved)
        moved.rename(shop)
    assert (raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint) == (
        3,
        "embedded-moved",
        f"the PostgreSQL server in `{moved}` was started when that folder was `{shop}`",
        "`migrate server stop` ends it, and the next command starts it where it is now",
    )
    assert (seen.running, notices(events), stopped.pid, again.directory) == (
        False,
        [
            (
                "embedded-silent",
                (
                    f"a server with pid {found.pid} was started when this folder was `{shop}`; "
                    "`migrate server stop` ends it"
                ),
            )
        ],
        found.pid,
        str(moved),
    )


@linux
async def test_a_project_that_was_copied_while_its_server_ran(shop: Path, place: Path):
    """The copy gets a server of its own, the original's goes on, and it is said that such a copy may be damaged."""
    found = await running(shop)
    copy = place / "pg"
    subprocess.run(["cp", "-a", str(shop), str(copy)], check=True)
    events: list[Event] = []
    try:
        await embedded.start(Launch(directory=copy), events.append)
        original = postmaster.answering(shop)
    finally:
        await embedded.stop(copy)
    assert (original, [each for each in notices(events) if each[0] == "embedded-copied"]) == (
        found,
        [
            (
                "embedded-copied",
                (
                    f"the data in `{copy}` was copied from `{shop}` while the server there ran, so it may be damaged; "
                    "copy it again after `migrate server stop` there, or remove it to begin anew"
                ),
            )
        ],
    )


@linux
@pytest.mark.parametrize("where", ["elsewhere", "in the data directory"])
async def test_a_number_that_another_program_has_by_now(shop: Path, where: str):
    """A stale pid file whose number belongs to another program, even to one that stands there, keeps nothing."""
    await running(shop)
    file = shop / postmaster.PID_FILE
    text = file.read_text()
    await embedded.stop(shop)
    other = subprocess.Popen(["sleep", "100"], cwd=shop if where == "in the data directory" else "/")
    try:
        file.write_text("\n".join([str(other.pid), *text.split("\n")[1:]]))
        seen = embedded.status(Launch(directory=shop)).running
        stopped = await embedded.stop(shop)
        found = await running(shop)
        alive = other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert (seen, stopped.changed, found.pid == other.pid, alive) == (False, False, False, True)


async def test_a_server_of_another_container_is_let_alone(shop: Path):
    """Where somebody answers at the socket who is no process here, no second server is started on the same files."""
    await running(shop)
    file = shop / postmaster.PID_FILE
    text = file.read_text()
    await embedded.stop(shop)
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(shop / ".s.PGSQL.5432"))
        theirs.listen()
        file.write_text("\n".join(["2147483647", "/data/pg", *text.split("\n")[2:]]))
        with pytest.raises(MigratorError) as raised:
            await running(shop)
        with pytest.raises(MigratorError) as kept:
            await embedded.stop(shop)
        events: list[Event] = []
        seen = embedded.status(Launch(directory=shop), events.append)
    (shop / ".s.PGSQL.5432").unlink()
    assert (raised.value.code, raised.value.message, raised.value.outcome, raised.value.hint) == (
        "embedded-shared",
        f"a PostgreSQL server that is no process here works in `{shop}`",
        "it was neither stopped nor was one started beside it",
        "another container shares the folder: stop the server there, or name another folder",
    )
    assert (kept.value.code, seen.running, notices(events)) == (
        "embedded-shared",
        False,
        [
            (
                "embedded-silent",
                "a server of another container works in this folder: it can be neither used nor stopped from here",
            )
        ],
    )
    assert (await running(shop)).pid > 0


async def test_a_command_that_is_killed_while_it_makes_the_data(place: Path):
    """SIGKILL at any moment of the first start leaves nothing that keeps the next one from working."""
    directory = place / "pg"
    code = (
        "import asyncio, sys; from pathlib import Path; from migrator.database.launching import embedded; "
        "from migrator.database.address.launch import Launch; "
        "asyncio.run(embedded.start(Launch(directory=Path(sys.argv[1]))))"
    )
    moments: tuple[Callable[[], bool], ...] = (
        lambda: any(place.glob("pg.new.*/PG_VERSION")),
        lambda: any(place.glob("pg.new.*/global/pg_control")),
        (directory / postmaster.PID_FILE).exists,
    )
    try:
        for moment in moments:
            killed = subprocess.Popen([sys.executable, "-c", code, str(directory)])
            await asyncio.to_thread(until, moment)
            killed.kill()
            killed.wait()
        found = await running(directory)
    finally:
        await embedded.stop(directory)
    left = sorted(path.name for path in place.iterdir())
    assert (found.directory, left) == (str(directory), ["pg", "pg.lock"])


WRITER = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
end = time.monotonic() + 30
for number in range(1_000_000):
    (folder / str(number % 300)).touch()  # ends where the folder is gone
    if time.monotonic() > end:
        break
"""


async def test_what_a_killed_command_has_begun_goes_while_it_is_still_written(place: Path):
    """`initdb` outlives its command by a moment; its half of a directory goes all the same."""
    left = place / "pg.new.killed"
    left.mkdir()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(left)], stderr=subprocess.DEVNULL)
    try:
        await asyncio.to_thread(until, lambda: any(left.iterdir()))
        await running(place / "pg")
        found = sorted(path.name for path in place.iterdir())
    finally:
        writer.kill()
        writer.wait()
        await embedded.stop(place / "pg")
    assert found == ["pg", "pg.lock"]


@linux
async def test_a_full_disk_is_told(place: Path):
    """`initdb` on a disk without room ends with the system's words, and leaves nothing behind."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root mounts a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        place.chmod(0o755)
        with pytest.raises(MigratorError) as raised:
            await running(place / "pg")
        left = sorted(path.name for path in place.iterdir())
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert (raised.value.code, raised.value.message, "No space left" in str(raised.value.detail), left) == (
        "embedded-start",
        f"no data directory could be made in `{place / 'pg'}`",
        True,
        ["pg.lock"],
    )
