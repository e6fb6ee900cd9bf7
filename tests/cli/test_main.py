"""From the process's arguments to its exit code: options before and behind the command, pipes, bugs, usage."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from migrator import errors
from migrator.cli import commands, run
from migrator.cli.endings import BUG, ending, traceback_of
from migrator.cli.options import variable
from migrator.cli.stopping import Stop, TerminatedError

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without a database, as the current folder; no variable of ours is set."""
    for name in tuple(os.environ):
        if name.startswith(("MIGRATOR_", "PG", "GITHUB_")) or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    (tmp_path / "migrator.toml").touch()
    (tmp_path / "migrations").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one document on stdout."""
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "new", "add users"],
        ["new", "--json", "add users"],
        ["new", "add users", "--format", "json"],
        ["--format=json", "new", "add users"],
    ],
)
def test_common_options_stand_anywhere(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]):
    """Options of every command are taken before its name and behind it."""
    assert run(arguments) == 0
    assert document(capsys)["command"] == "new"
    assert len(list((folder / "migrations").iterdir())) >= 1


def test_a_flag_wins_over_the_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A flag before the command's name is not undone by a variable that is read with the command."""
    monkeypatch.setenv("MIGRATOR_FORMAT", "text")
    assert run(["--format", "json", "new", "add users"]) == 0
    assert document(capsys)["ok"] is True
    assert folder.exists()


def test_the_environment_chooses_the_format(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """MIGRATOR_FORMAT works for failures before a command is known, too."""
    monkeypatch.setenv("MIGRATOR_FORMAT", "json")
    assert run(["--nonsense"]) == 2
    assert document(capsys) == {
        "schema": 1,
        "command": None,
        "ok": False,
        "error": {
            "code": "usage",
            "exit": 2,
            "message": "no such option `--nonsense`",
            "detail": None,
            "outcome": None,
            "hint": "`migrate --help` shows what there is",
            "where": None,
            "sqlstate": None,
            "migration": None,
            "statement": None,
            "done": [],
        },
    }
    assert folder.exists()


def test_every_option_has_a_variable():
    """An option that the configuration does not read from the environment is read by click under MIGRATOR_<OPTION>."""
    from migrator.settings import SETTINGS

    context = click.Context(commands.group)
    missing = []
    for name in commands.COMMANDS:
        found = commands.group.get_command(context, name)
        assert found is not None
        for parameter in found.params:
            option = max(parameter.opts, key=len).removeprefix("--") if isinstance(parameter, click.Option) else "json"
            if option != "json" and option.replace("-", "_") not in SETTINGS and parameter.envvar != variable(option):
                missing.append(f"{name} --{option}")
    assert missing == []


def test_every_help_says_what_happens_to_the_database_and_ends_with_an_example():
    """Help begins with a sentence about the database (or that none is touched), and its last words can be typed."""
    context = click.Context(commands.group)
    for name in commands.COMMANDS:
        found = commands.group.get_command(context, name)
        assert found is not None
        help_ = found.get_help(
            click.Context(found, info_name=name, parent=click.Context(commands.group, info_name="migrate"))
        )
        first = " ".join(help_.split("\n\n")[1].split())
        assert any(word in first for word in ("database", "PostgreSQL")), first
        assert f"migrate {name}" in help_.rpartition("Example:")[2]


def test_the_table_of_commands_matches_the_modules():
    """Each entry of the table has a module of that name, whose command has that name."""
    context = click.Context(commands.group)
    names = {name: getattr(commands.group.get_command(context, name), "name", None) for name in commands.COMMANDS}
    assert names == {name: name for name in commands.COMMANDS}


def _subclasses(cls: type[errors.MigratorError]) -> list[type[errors.MigratorError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in _subclasses(child))]


def test_exit_codes():
    """Each kind of failure has the exit code that the documentation promises."""
    assert {
        cls.__name__: cls.exit_code for cls in _subclasses(errors.MigratorError) if cls.__module__ == "migrator.errors"
    } == {
        "MigratorError": 70,
        "InputError": 2,
        "StateError": 1,
        "ProtectedError": 1,
        "UnavailableError": 3,
        "ConnectionLostError": 3,
        "WorkError": 4,
        "InterruptedWorkError": 130,
        "ServerError": 4,
    }


@pytest.mark.parametrize(
    ("error", "code", "name"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (TerminatedError(), 143, "terminated"),
        (click.UsageError("No such thing."), 2, "usage"),
        (errors.StateError("no", code="x"), 1, "x"),
        (RuntimeError("oops"), BUG, "bug"),
    ],
)
def test_endings(error: BaseException, code: int, name: str):
    """Whatever ends a command early becomes one of our errors and an exit code."""
    failure, found = ending(error, Stop())
    assert (failure.code, found) == (name, code)


def test_a_traceback_shows_no_password():
    """What looks like a password in the text of a bug is not shown, in either spelling of an address."""
    try:
        raise RuntimeError("postgresql://ada:s3 cr@s3@db:5432/x failed; host=db password='s3 cret' dbname=x")
    except RuntimeError as error:
        text = traceback_of(error)
    assert "s3" not in text
    assert "postgresql://ada:***@db:5432/x failed; host=db password=*** dbname=x" in text


def test_a_bug_asks_to_be_reported(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Our own mistake ends with 70, a traceback on stderr and one document on stdout."""
    from migrator import migrating

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(migrating, "new", broken)
    assert run(["new", "x", "--json"]) == 70
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "bug"
    assert "RuntimeError: oops" in said.err
    assert folder.exists()


def _process(arguments: list[str], folder: Path, **keywords: object) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "HOME": str(folder)}
    environ |= keywords.pop("environ", {})  # type: ignore[arg-type]
    options: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **keywords}
    command = [sys.executable, "-m", "migrator", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_a_reader_that_leaves_changes_nothing(folder: Path):
    """`migrate new x | true`: the file is written, the exit code is that of the work, nothing is complained about."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = _process(["new", "add users"], folder, stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((folder / "migrations").iterdir())) >= 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_answer_that_cannot_be_written_is_an_error(folder: Path):
    """A full disk is told: who reads the answer later must not take an empty file for one."""
    with Path("/dev/full").open("w") as full:
        done = _process(["new", "add users"], folder, stdout=full)
    assert done.returncode == 4
    assert done.stderr == ("error: cannot write the answer: No space left on device\nthe command itself succeeded\n")


def test_a_locale_without_letters(folder: Path):
    """In an ASCII locale what cannot be written is escaped; JSON is UTF-8 everywhere."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"}
    done = _process(["--migrations", "größe", "status"], folder, environ=ascii_only)
    assert done.returncode == 2
    (folder / "größe").mkdir()
    done = _process(["--migrations", "größe", "new", "x", "--json"], folder, environ=ascii_only, encoding="utf-8")
    path = json.loads(done.stdout)["paths"][0]
    assert path.encode("utf-8", "surrogateescape").decode().startswith("größe/")


def test_a_folder_that_is_gone(tmp_path: Path):
    """The current folder was deleted: an error, not a bug."""
    gone = tmp_path / "gone"
    program = (
        "import os, sys\n"
        "from migrator.cli import run\n"
        "os.mkdir('gone')\n"
        "os.chdir('gone')\n"
        "os.rmdir('../gone')\n"
        "sys.exit(run(['status']))\n"
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: the current folder does not exist any more")
    assert not gone.exists()


def test_both_names_and_the_module_are_one_command():
    """`migrate`, `migrator` and `python -m migrator` are the same."""
    import tomllib

    scripts = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"migrate": "migrator.cli:main", "migrator": "migrator.cli:main"}
    done = subprocess.run(
        [sys.executable, "-m", "migrator", "--version"], capture_output=True, text=True, check=True, cwd=HOUSE
    )
    assert done.stdout.startswith("migrate ")


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yikes\n"])
def test_no_is_the_answer_unless_yes_is_typed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str
):
    """On a terminal `down` shows its plan and asks; anything but yes changes nothing and exits with 1."""
    from migrator import migrating
    from migrator.events.database import DatabaseInfo
    from migrator.events.migrating import RunResult

    calls = []

    async def down(*_: object, dry_run: bool = False, **__: object) -> RunResult:
        calls.append(dry_run)
        database = DatabaseInfo(
            address="a", origin="b", kind="direct", server_version="18.0", server_version_num=180000
        )
        return RunResult(command="down", database=database, dry_run=dry_run, planned=("0001.a",))

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(migrating, "down", down)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert run(["down"]) == 1
    assert calls == [True]
    moved = "" if answer else "\n"  # the line that a person ends by typing
    assert capsys.readouterr().err.endswith(
        "would roll back 1 migration:\n"
        "  0001.a\n"
        f"Roll back 1 migration? [y/N] {moved}error: the answer was no\n"
        "nothing was changed\n"
    )
    assert folder.exists()


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(folder: Path, closing: str):
    """A process that begins without stdout or stderr ends with the code of its command, and with no traceback."""
    command = f"{sys.executable} -m migrator new first --format text {closing}"
    ran = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)
    command = f"{sys.executable} -m migrator up --database postgresql://localhost:1/x --json {closing}"
    ran = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (3, "")


def test_verbose_tells_each_setting(folder: Path, capsys: pytest.CaptureFixture[str]):
    """`-v` shows a setting as the file writes it and where it is from; an address is shown to be set alone."""
    (folder / "migrator.toml").write_text('supabase = true\nmigrations = ["a", "b"]\n')
    assert run(["--database", "postgresql://ada:hunter2@h/d", "-v", "new", "x"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if ", from " in line]
    assert lines == [
        "note: `database` is set, from --database",
        "note: `migrations` is a, b, from migrations in migrator.toml",
        "note: `supabase` is true, from supabase in migrator.toml",
    ]


def test_a_server_is_no_matter_of_migrations(folder: Path, capsys: pytest.CaptureFixture[str]):
    """`migrate server` says nothing about where migrations are read, which is news of every other command."""
    (folder / "migrator.toml").unlink()
    assert run(["server", "status"]) == 0
    server = capsys.readouterr()
    run(["status"])
    status = capsys.readouterr()
    assert (server.out, server.err, "migrations are read from" in status.err) == (
        f"not running; the folder of its data is {folder}/.migrator/pg\n",
        "",
        True,
    )
