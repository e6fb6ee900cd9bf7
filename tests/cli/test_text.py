"""Text for people: which line goes where, in a pipe and on a terminal."""

import io
import os
import pty
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrator.cli.render import Surroundings
from migrator.cli.render.pen import Pen
from migrator.cli.render.running import Plain
from migrator.cli.render.text import TextRenderer
from migrator.errors import InputError, StateError, WorkError
from migrator.events import (
    Applied,
    Applying,
    Event,
    FileFailed,
    FileLoaded,
    FileSkipped,
    Noticed,
    Planned,
    ServerStarted,
    Told,
    Waiting,
)
from migrator.events.creating import NewResult
from migrator.events.database import DatabaseInfo
from migrator.events.migrating import Done, RunResult
from migrator.events.seeding import Counts, ResetResult, SeedEdge, SeedOutcome, SeedPlanResult, SeedResult
from migrator.events.server import ServerResult
from migrator.events.status import MigrationState, MigrationStatus, SeedSummary, StatusResult
from migrator.source import Span

DATABASE = DatabaseInfo(
    address="postgresql://ada@db:5432/shop",
    origin="DATABASE_URL",
    kind="direct",
    server_version="17.4",
    server_version_num=170004,
)
AT = "postgresql://ada@db:5432/shop"
HOUSE = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


def said(
    *events: Event,
    result: Any = None,
    error: Any = None,
    command: str = "up",
    stdout: type[io.StringIO] = io.StringIO,
    environ: Mapping[str, str] | None = None,
    **options: bool,
) -> tuple[str, str]:
    """What is on stdout and on stderr after some events and an ending."""
    out, err = stdout(), io.StringIO()
    renderer = TextRenderer(Surroundings(command=command, stdout=out, stderr=err, environ=environ or {}, **options))
    for event in events:
        renderer.event(event)
    if result is not None:
        renderer.done(result)
    if error is not None:
        renderer.failed(error, exit_code=4)
    renderer.close()
    return out.getvalue(), re.sub(r"\bin \d+(\.\d+)? m?s\b", "in [TIME]", err.getvalue())


def applying(name: str, statement: int = 1, total: int = 1) -> Applying:
    """A statement that begins."""
    return Applying(id=name, direction="up", statement=statement, total=total)


def applied(name: str, statements: int = 1) -> Applied:
    """A migration that is committed."""
    return Applied(id=name, direction="up", duration=0.012, statements=statements)


def migration(name: str, state: MigrationState, **values: Any) -> MigrationStatus:
    """A line of a status."""
    defaults: dict[str, Any] = {
        "path": f"migrations/{name}.sql",
        "applied_at": None,
        "steps_done": 0,
        "steps_total": 1,
        "duration": None,
        "transactional": True,
    }
    return MigrationStatus(id=name, state=state, **{**defaults, **values})


def test_a_run():
    """A line for the plan, one for each migration, one for the end; all of it is progress and goes to stderr."""
    done = Done(id="0001.a", direction="up", duration=0.012, statements=1)
    out, err = said(
        Planned(direction="up", ids=("0001.a", "0002.b")),
        applying("0001.a"),
        applied("0001.a"),
        applied("0002.b", statements=0),
        result=RunResult(command="up", database=DATABASE, done=(done, done), pending=("0003.c",)),
    )
    assert out == ""
    assert err == (
        "2 migrations to apply\n"
        "applied 0001.a  12 ms\n"
        "applied 0002.b  12 ms  (no statements)\n"
        f"applied 2 migrations in [TIME] at {AT}; 1 pending\n"
    )


def test_notices_stand_under_their_migration():
    """A NOTICE comes before its migration is committed, and is told after the line that names it."""
    _, err = said(
        applying("0001.a"),
        Noticed(severity="NOTICE", message="first\nsecond", migration="0001.a", hint="do that"),
        applied("0001.a"),
        Noticed(severity="WARNING", message="of a file", where=Span(path="a.sql", line=2, column=1, excerpt="alter")),
    )
    assert err == (
        "applied 0001.a  12 ms\n"
        "  NOTICE: first\n"
        "    second\n"
        "    hint: do that\n"
        "WARNING: of a file\n"
        "  --> a.sql:2:1\n"
        "2 | alter\n"
        "  | ^\n"
    )


def test_notices_of_a_failed_migration_are_not_lost():
    """What the migration said before it failed stands before the error."""
    _, err = said(
        applying("0001.a"),
        Noticed(severity="NOTICE", message="so far so good", migration="0001.a"),
        error=WorkError("`0001.a` failed", code="x"),
    )
    assert err == "  NOTICE: so far so good\nerror: `0001.a` failed\n"


def test_quiet():
    """`-q` leaves answers, errors and warnings; a warning names its migration, for nothing above it does."""
    out, err = said(
        Told(code="x", message="a note"),
        Planned(direction="up", ids=("0001.a",)),
        applying("0001.a"),
        Noticed(severity="NOTICE", message="hello", migration="0001.a"),
        Noticed(severity="WARNING", message="careful", migration="0001.a"),
        applied("0001.a"),
        result=NewResult(id="0002.b", paths=("migrations/0002.b.sql",)),
        quiet=True,
    )
    assert (out, err) == ("migrations/0002.b.sql\n", "  WARNING: 0001.a: careful\n")


def test_verbose_tells_every_statement():
    """`-v` has a line for every statement and for files that are not loaded because nothing changed."""
    skipped = FileSkipped(path="a.yaml", state="unchanged", reason="in the ledger")
    _, err = said(applying("0001.a", 1, 2), applying("0001.a", 2, 2), skipped, verbose=True)
    assert err == "0001.a: statement 1 of 2\n0001.a: statement 2 of 2\nunchanged a.yaml\n"
    assert said(applying("0001.a", 1, 2), skipped) == ("", "")


def test_seed_files():
    """What became of each file, by table, and why a file was not loaded."""
    error = InputError("wrong", code="x", where=Span(path="b.yaml", line=7, column=1))
    files = (SeedOutcome(path="a.yaml", state="loaded"), SeedOutcome(path="d.yaml", state="unchanged"))
    _, err = said(
        FileLoaded(path="a.yaml", tables={"u": Counts(inserted=1200, deleted=1), "v": Counts()}, duration=0.5),
        FileFailed(path="b.yaml", error=error),
        FileSkipped(path="c.yaml", state="skipped", reason="it needs `b.yaml`"),
        result=SeedResult(database=DATABASE, files=files),
        command="seed",
    )
    assert err == (
        "loaded a.yaml  u: 1,200 inserted, 1 deleted; v: no rows  500 ms\n"
        "failed b.yaml:7\n"
        "skipped c.yaml: it needs `b.yaml`\n"
        f"loaded 1 seed file in [TIME] at {AT}; 1 unchanged\n"
    )


def test_waiting_says_for_whom():
    """Whoever waits for a lock wants to know who has it, since when, and how long it will be waited for."""
    since = datetime(2026, 11, 22, 6, 39, tzinfo=UTC)
    _, err = said(
        Waiting(what="lock", pid=7, client="10.0.0.1", application="migrate", since=since, patience=125.0),
        Waiting(what="server", patience=2.5),
        ServerStarted(kind="embedded", where=".migrator/pg", duration=0.7, created=True),
    )
    assert err == (
        "waiting for the lock of another run, held by pid 7, migrate, 10.0.0.1, since 2026-11-22 06:39 UTC; "
        "giving up in 2 min 5 s\n"
        "waiting for the server to start; giving up in [TIME]\n"
        "started PostgreSQL (embedded) at .migrator/pg on a new data directory in [TIME]\n"
    )


def test_status():
    """The server's version first, a line per migration, what to do about it; understandable without colour."""
    when = datetime(2026, 11, 22, 6, 39, 59, tzinfo=UTC)
    migrations = (
        migration("0001.a", "applied", applied_at=when, steps_done=1, duration=0.012),
        migration("0002.中文", "modified", applied_at=when, steps_done=12, steps_total=12, note="edited"),
        migration("0003.c\x1b[31m", "pending"),
    )
    result = StatusResult(database=DATABASE, migrations=migrations, seeds=SeedSummary(current=1, changed=2, new=0))
    out, err = said(result=result, command="status")
    assert err == ""
    assert out == (
        f"PostgreSQL 17.4 at {AT} (from DATABASE_URL)\n"
        "\n"
        "state     migration       steps  applied (UTC)      took\n"
        "applied   0001.a            1/1  2026-11-22 06:39  12 ms\n"
        "modified  0002.中文       12/12  2026-11-22 06:39         edited\n"
        "pending   0003.c\\x1b[31m    0/1\n"
        "\n"
        "migrations: 1 applied, 1 modified, 1 pending: `migrate up` refuses, and says how to repair it\n"
        "seeds: 1 current, 2 changed: `migrate seed` loads what is changed or new\n"
    )


@pytest.mark.parametrize(
    ("states", "advice"),
    [
        (("applied",), "1 applied: up to date"),
        (("applied", "ahead"), "1 applied, 1 ahead: up to date"),
        (("pending", "pending"), "2 pending: `migrate up` applies what is pending"),
        (("late",), "1 late: `migrate up --out-of-order` applies what is late, too"),
        (("partial",), "1 partial: `migrate up` goes on where it stopped"),
        (("partial", "unknown"), "1 partial, 1 unknown: `migrate up` refuses, and says how to repair it"),
        (("unknown",), "1 unknown: `migrate up` refuses, and says how to repair it"),
        ((), "none; `migrate new NAME` writes the first"),
    ],
)
def test_status_says_what_to_do(states: tuple[MigrationState, ...], advice: str):
    """The summary counts what there is and names the next command."""
    problem = {"late": StateError("it is late", code="migration-late")}
    migrations = tuple(
        migration(f"000{number}", state, problem=problem.get(state)) for number, state in enumerate(states)
    )
    result = StatusResult(database=DATABASE, migrations=migrations, seeds=SeedSummary(current=0, changed=0, new=0))
    assert said(result=result)[0].splitlines()[-2:] == [f"migrations: {advice}", "seeds: none"]


def test_status_with_late_ones_that_are_welcome():
    """Where `up` does not refuse what is late, it is what `up` applies."""
    late = (migration("0001", "late"),)
    result = StatusResult(database=DATABASE, migrations=late, seeds=SeedSummary(current=0, changed=0, new=0))
    assert said(result=result)[0].splitlines()[-2] == "migrations: 1 late: `migrate up` applies what is pending"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (RunResult(command="up", database=DATABASE), f"nothing to apply: {AT} is up to date"),
        (
            RunResult(command="up", database=DATABASE, pending=("a", "b")),
            f"nothing to apply: {AT} has 2 migrations pending",
        ),
        (RunResult(command="down", database=DATABASE), f"nothing to roll back at {AT}"),
        (
            RunResult(command="mark", database=DATABASE, marked=("a",), marked_as="applied"),
            f"marked `a` as applied at {AT}",
        ),
        (
            RunResult(command="mark", database=DATABASE, marked=("a", "b"), marked_as="pending"),
            f"marked `a` and `b` as pending at {AT}",
        ),
        (RunResult(command="mark", database=DATABASE), f"nothing to mark: the ledger of {AT} says so already"),
        (SeedResult(database=DATABASE, files=()), "nothing to load: there are no seed files"),
        (
            SeedResult(database=DATABASE, files=(SeedOutcome(path="a", state="unchanged"),)),
            f"nothing to load: {AT} is up to date, its seed file is unchanged",
        ),
        (
            ResetResult(
                database=DATABASE,
                dropped=("public",),
                up=RunResult(command="up", database=DATABASE),
                seed=SeedResult(database=DATABASE, files=()),
            ),
            f"dropped `public`, applied 0 migrations and loaded 0 seed files in [TIME] at {AT}",
        ),
    ],
)
def test_closing_lines(result: Any, line: str):
    """The last line says what was done, and to which database."""
    assert said(result=result) == ("", f"{line}\n")


def test_what_a_run_leaves_to_say():
    """A database that is ahead is told where it is seen; drift was told when the run began."""
    result = RunResult(command="up", database=DATABASE, ahead=("0009.z",), drift_before=2)
    assert said(result=result)[1] == (
        f"note: the database is ahead of these files: `0009.z`\nnothing to apply: {AT} is up to date\n"
    )


def test_server_answers():
    """`url` prints nothing but the address; without a server it says so on stderr."""
    running = ServerResult(action="url", running=True, directory="/d", url="postgresql://x", pid=7)
    assert said(result=running) == ("postgresql://x\n", "")
    stopped = ServerResult(action="url", running=False, directory="/d")
    assert said(result=stopped) == (
        "",
        "error: the server does not run\n\nhint: `migrate server start` starts it\n",
    )
    started = ServerResult(action="start", running=True, directory="/d", url="postgresql://x", pid=7, changed=True)
    assert said(result=started)[0] == "started (pid 7); its data is in /d\npostgresql://x\n"
    ended = ServerResult(action="stop", running=False, directory="/d", changed=True)
    assert said(result=ended)[0] == "stopped; its data stays in /d\n"
    never = ServerResult(action="status", running=False, directory="/d")
    assert said(result=never)[0] == "not running; the folder of its data is /d\n"


def test_seed_plan():
    """The order of the files, their state, and why one waits for another."""
    result = SeedPlanResult(
        database=DATABASE,
        files=(SeedOutcome(path="users.yaml", state="unchanged"), SeedOutcome(path="orders.yaml", state="new")),
        edges=(SeedEdge(before="users.yaml", after="orders.yaml", reason="`orders.user_id` refers to `users`"),),
    )
    assert said(result=result)[0].splitlines()[1:] == [
        "1  users.yaml   unchanged",
        "2  orders.yaml  new",
        "     after users.yaml: `orders.user_id` refers to `users`",
    ]


def test_the_sql_of_a_dry_run_is_exact_in_a_pipe_and_harmless_on_a_terminal():
    """In a pipe the text is what would be sent; on a terminal its escape sequences are shown, not obeyed."""
    result = RunResult(command="up", database=DATABASE, dry_run=True, planned=("a",), messages=("select '\x1b[31m'",))
    assert said(result=result)[0].splitlines()[1:] == ["-- message 1 of 1", "select '\x1b[31m'"]
    shown = said(result=result, stdout=Terminal, environ={"NO_COLOR": "1"})[0]
    assert shown.splitlines()[1:] == ["-- message 1 of 1", r"select '\x1b[31m'"]


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour(environ: dict[str, str], coloured: bool):  # noqa: FBT001 - a parameter of the test
    """A terminal gets colour unless NO_COLOR is set to something or the terminal is dumb."""
    result = StatusResult(database=DATABASE, migrations=(), seeds=SeedSummary(current=0, changed=0, new=0))
    assert ("\x1b[1m" in said(result=result, stdout=Terminal, environ=environ)[0]) == coloured
    assert "\x1b" not in said(result=result, environ=environ)[0]


def test_a_pipe_hears_that_something_still_runs():
    """Where one statement takes long, a log gets a sign of life, then another after twice the time."""
    stream = io.StringIO()
    plain = Plain(Pen(stream), first_sign=0.1)
    plain.statement(applying("0001.a", 2, 3))
    end = time.monotonic() + 10
    while stream.getvalue().count("\n") < 2 and time.monotonic() < end:
        time.sleep(0.02)
    plain.applied(applied("0001.a"))
    plain.close()
    assert (
        re.sub(r"\d+ ms", "[TIME]", stream.getvalue()).splitlines()[:2]
        == ["running 0001.a, statement 2 of 3, for [TIME]"] * 2
    )


TERMINAL = """
import os, sys, time
from migrator.cli.render import Surroundings
from migrator.cli.render.text import TextRenderer
from migrator.events import Applied, Applying, FileLoading, Planned

shown = TextRenderer(Surroundings(command="up", stdout=sys.stdout, stderr=sys.stderr, environ=os.environ))
shown.event(Planned(direction="up", ids=("0001.a", "0002.b")))
for name in ("0001.a", "0002.b"):
    shown.event(Applying(id=name, direction="up", statement=1, total=2))
    if name == sys.argv[1]:
        shown.event(FileLoading(path="big.yaml", rows=500, total=2000))
        time.sleep(0.8)
    shown.event(Applied(id=name, direction="up", duration=0.1, statements=2))
shown.close()
print("rich" in sys.modules)
"""


def _on_a_terminal(argument: str) -> str:
    return _shown_by("-c", TERMINAL, argument)


def _shown_by(*words: str, code: int = 0) -> str:
    """What Python shows on a terminal."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=20) == code
    return shown.decode().replace("\r\n", "\n")


def test_what_takes_long_moves_on_a_terminal():
    """A live line shows the running statement and its time, a bar the rows; both go, and the cursor comes back."""
    shown = _on_a_terminal("0002.b")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "0002.b" in plain
    assert "statement 1 of 2, migration 2 of 2" in plain
    assert re.search(r"big\.yaml +━+.*500 of 2,000 rows, [\d,]+ rows/s, [\d.]+ m?s left", plain)
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert plain.splitlines()[-1] == "True"
    assert "applied 0001.a  100 ms" in plain.splitlines()
    assert any(line.endswith("applied 0002.b  100 ms") for line in plain.splitlines())


def test_what_is_quick_does_not_flicker():
    """Where nothing takes long, no cursor is moved and rich is not even imported."""
    shown = _on_a_terminal("none")
    assert "\x1b[?25l" not in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == (
        "2 migrations to apply\napplied 0001.a  100 ms\napplied 0002.b  100 ms\nFalse\n"
    )


def test_a_step_that_takes_long_is_named_while_it_does():
    """While a server keeps silent a moving line names the step; what stays is a line for each, from its start."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"postgresql://u@127.0.0.1:{listener.getsockname()[1]}/d?connect_timeout=1"
        shown = _shown_by("-m", "migrator", "doctor", "--database", address, code=3)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(r". login +\d+ ms", plain)
    assert [
        line.split()[:2] for line in plain.replace("\r", "\n").splitlines() if line.startswith(("ok ", "FAILED"))
    ] == [
        ["ok", "address"],
        ["ok", "dns"],
        ["ok", "tcp"],
        ["ok", "tls"],
        ["FAILED", "login"],
    ]
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
