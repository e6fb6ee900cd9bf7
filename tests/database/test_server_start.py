"""How a command starts a server of ours: with which programs, as a process that outlives it, as root and not."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import migrator
from migrator.config import Address, Config
from migrator.database.address.launch import DEFAULT_DIRECTORY, Launch
from migrator.database.connect import connect
from migrator.database.launching import embedded
from migrator.database.postgres import postmaster, programs
from migrator.errors import InputError, MigratorError
from migrator.events import Emit, Event, Told, ignore

DEBIAN = Path("/usr/lib/postgresql/15/bin")
Start = Callable[..., "subprocess.Popen[str]"]

needs_debian = pytest.mark.skipif(not (DEBIAN / "postgres").exists(), reason="there is no PostgreSQL 15 of Debian")
linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="what a process has is seen in /proc")


def project(root: Path, address: str = "embedded:") -> Config:
    return Config(root=root, database=Address(address, "test"))


async def value(settings: Config, sql: str, emit: Emit = ignore) -> object:
    async with connect(settings, emit) as session:
        return (await session.read(sql))[0]


@needs_debian
async def test_other_programs(place: Path):
    """`?bin=DIR` runs another major version, with our order of texts; either's programs refuse the other's data."""
    directory = place / "pg"
    address = f"embedded:{directory}?bin={DEBIAN}"
    try:
        found = await value(
            project(place, address),
            "select json_build_array(current_setting('server_version_num')::int / 10000, 'Z' < 'a')",
        )
        await embedded.stop(directory)
        with pytest.raises(MigratorError) as raised:
            await value(project(place, f"embedded:{directory}"), "select to_json(1)")
        again = await value(project(place, address), "select to_json(1)")
        await embedded.stop(directory)
        (directory / "PG_VERSION").write_text("18\n")
        with pytest.raises(MigratorError) as newer:
            await value(project(place, address), "select to_json(1)")
    finally:
        await embedded.stop(directory)
    assert str(newer.value.hint).partition(";")[0] == "the address without `bin` goes on with it"
    assert (found, raised.value.code, raised.value.outcome, str(raised.value.hint).partition(";")[0], again) == (
        [15, True],
        "embedded-version",
        "nothing there was changed",
        f"`embedded:...?bin={DEBIAN}` goes on with it",
        1,
    )


@needs_debian
async def test_a_folder_without_the_programs_is_told(place: Path):
    """A folder that holds no server's programs is refused before anything is made; one too high is named with `bin`."""
    (place / "client").mkdir()
    found = []
    for folder in (DEBIAN.parent, place / "client", place / "none"):
        with pytest.raises(InputError) as raised:
            await value(project(place, f"embedded:{place}/pg?bin={folder}"), "select to_json(1)")
        found.append((raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint))
    general = (
        "name the folder of a PostgreSQL's programs, such as `bin=/usr/lib/postgresql/17/bin`; "
        "those of a client alone are not enough"
    )
    start = "`bin` names"
    assert (found, (place / "pg").exists()) == (
        [
            (2, "embedded-programs", f"{start} `{DEBIAN.parent}`, which holds no `postgres`", f"write `bin={DEBIAN}`"),
            (2, "embedded-programs", f"{start} `{place}/client`, which holds no `postgres`", general),
            (2, "embedded-programs", f"{start} `{place}/none`, which holds no `postgres`", general),
        ],
        False,
    )


@linux
async def test_it_outlives_the_command(place: Path, start: Start):
    """It holds no pipe, no folder, no secret and no terminal of the command that started it, and hears no Ctrl-C."""
    directory = place / "pg"
    command = start(
        "server", "start", DATABASE_URL=f"embedded:{directory}", SECRET_TOKEN="hunter2", TZ="Mars/Olympus", LC_ALL="x_Y"
    )
    try:
        said, complaint = command.communicate(timeout=60)  # both ends of its pipes are closed, or this would wait
        found = postmaster.answering(directory)
        assert found is not None, complaint
        process = Path(f"/proc/{found.pid}")
        held = {(process / "fd" / str(number)).readlink() for number in range(3)}
        session = os.getsid(found.pid)
        environment = (process / "environ").read_bytes()
        folder = (process / "cwd").readlink()
    finally:
        await embedded.stop(directory)
    assert (command.returncode, f"(pid {found.pid})" in said) == (0, True)
    assert (held, session, b"hunter2" in environment, b"Mars" in environment, folder) == (
        {Path("/dev/null"), directory / postmaster.LOG},
        found.pid,
        False,
        False,
        directory,
    )


async def test_ctrl_c_during_a_start_leaves_nothing_half(place: Path, start: Start):
    """Interrupted while it makes the data, the command ends as an interrupted one, and the next one makes them."""
    directory = place / "pg"
    command = start("server", "start", DATABASE_URL=f"embedded:{directory}")
    while command.poll() is None and not any(place.glob("pg.new.*/PG_VERSION")):  # noqa: ASYNC110 - a process makes it
        await asyncio.sleep(0.005)
    command.send_signal(signal.SIGINT)
    _said, complaint = command.communicate(timeout=60)
    try:
        await embedded.start(Launch(directory=directory))
        status = embedded.status(Launch(directory=directory))
    finally:
        await embedded.stop(directory)
    assert (command.returncode, "Traceback" in complaint, status.running) == (130, False, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
async def test_an_ordinary_user(place: Path):
    """Not as root, the user runs the server; with any umask it works, and nobody else writes where the data is."""
    nobody = pwd.getpwnam("nobody")
    account = programs.Account(name="nobody", uid=nobody.pw_uid, gid=nobody.pw_gid)
    for needed in (Path(sys.executable).resolve(), Path(sys.prefix)):
        if not programs.reaches(account, needed.parent):
            pytest.skip(f"`nobody` cannot run {needed}")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)

    def migrate(action: str, umask: int, user: str | int) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "migrator", "server", action, "--database", f"embedded:{place}/own/pg"],
            cwd=place,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(migrator.__file__).parents[1]), "HOME": str(place)},
            user=user,
            group=nobody.pw_gid if user != 0 else 0,
            extra_groups=[],
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )
        said = (done.stdout or done.stderr).splitlines()[0]
        return done.returncode, said.partition(" (pid")[0].partition(";")[0]

    own = place / "own"
    (place / "migrator.toml").write_text("")
    said = [migrate("start", 0o777, nobody.pw_uid), migrate("stop", 0o000, nobody.pw_uid)]
    said += [migrate("start", 0o077, 0), migrate("status", 0o022, nobody.pw_uid), migrate("stop", 0o022, nobody.pw_uid)]
    modes = {path.name: oct(path.stat().st_mode & 0o022) for path in (own, own / "pg", own / "pg.lock")}
    owners = {path.stat().st_uid for path in (own, own / "pg", own / "pg.lock")}
    os.chown(place, 0, 0)
    os.chown(own, 0, 0)
    os.chown(own / "pg", 0, 0)
    foreign = migrate("status", 0o022, nobody.pw_uid)
    assert (said, modes, owners, foreign) == (
        [(0, "started"), (0, "stopped"), (0, "started"), (0, "running"), (0, "stopped")],
        {"own": "0o0", "pg": "0o0", "pg.lock": "0o0"},
        {nobody.pw_uid},
        (3, f"error: the data directory `{own}/pg` belongs to another user of this machine"),
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")
async def test_as_root_neither_a_copy_nor_a_successor_gets_the_data_of_another(tmp_path: Path):
    """Where root's data is kept elsewhere, a copy shares none, a moved project keeps its, a removed one's is gone."""
    tmp_path.chmod(0o700)
    first, copy, moved = (tmp_path / name for name in ("first", "copy", "moved"))
    directories = {root: root / DEFAULT_DIRECTORY for root in (first, copy, moved)}
    kept = []
    try:
        async with connect(project(first)) as session:
            await session.run("create table kept (id int)")
        kept.append(directories[first].resolve().parent)
        shutil.copytree(first, copy, symlinks=True)
        events: list[Event] = []
        in_copy = await value(project(copy), "select to_json(to_regclass('kept')::text)", events.append)
        kept.append(directories[copy].resolve().parent)
        first.rename(moved)
        in_moved = await value(project(moved), "select to_json(to_regclass('kept')::text)")
        await embedded.stop(directories[moved])
        await value(project(moved), "select to_json(1)")
        await embedded.stop(directories[moved])
        shutil.rmtree(moved / ".migrator")
        in_new = await value(project(moved), "select to_json(to_regclass('kept')::text)")
        kept.append(directories[moved].resolve().parent)
    finally:
        for directory in directories.values():
            await embedded.stop(directory)
        for folder in kept:
            if folder.is_relative_to(programs.SYSTEM_FOLDER):
                shutil.rmtree(folder)
    assert (in_copy, in_moved, in_new, [each.code for each in events if isinstance(each, Told)]) == (
        None,
        "kept",
        None,
        ["embedded-copied", "embedded-account", "embedded-elsewhere"],
    )
