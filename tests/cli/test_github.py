"""Annotations and summaries of GitHub workflows."""

import io
from pathlib import Path

import pytest

from migrator.cli.render import Surroundings, choose
from migrator.cli.render.github import GithubRenderer, annotation
from migrator.cli.render.workflow import defuse
from migrator.errors import InputError, WorkError
from migrator.events import Applied, FileFailed, FileLoaded, Noticed
from migrator.events.database import DatabaseInfo
from migrator.events.migrating import RunResult
from migrator.events.seeding import Counts
from migrator.source import Span

DATABASE = DatabaseInfo(
    address="postgresql://ci@localhost:5432/ci",
    origin="DATABASE_URL",
    kind="direct",
    server_version="17.4",
    server_version_num=170004,
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The file of the job's summary."""
    return tmp_path / "summary.md"


def renderer(page: Path | str) -> tuple[GithubRenderer, io.StringIO, io.StringIO]:
    """A renderer and its streams."""
    stdout, stderr = io.StringIO(), io.StringIO()
    environ = {"GITHUB_STEP_SUMMARY": str(page)}
    surroundings = Surroundings(command="up", stdout=stdout, stderr=stderr, environ=environ)
    return GithubRenderer(surroundings), stdout, stderr


@pytest.mark.parametrize(
    ("wanted", "environ", "chosen"),
    [
        (None, {"GITHUB_ACTIONS": "true"}, "github"),
        ("text", {"GITHUB_ACTIONS": "true"}, "text"),
        ("json", {"GITHUB_ACTIONS": "true"}, "json"),
        (None, {}, "text"),
    ],
)
def test_chosen_by_itself(wanted: str | None, environ: dict[str, str], chosen: str):
    """Inside a workflow annotations come without being asked for; a format that was asked for wins."""
    assert choose(wanted, environ) == chosen


def test_annotations_move_no_cursor():
    """A log is looked at in a terminal, too: what would recolour, hide or turn text around is shown as an escape."""
    error = InputError("a\x1b[31m\u202eb\tc\x07", code="x\x1b[0m", hint="no")
    assert annotation(error, {}) == r"::error title=x\x1b[0m::a\x1b[31m\u202eb" + "\t" + r"c\x07%0Ahint: no"


def test_annotations_are_escaped():
    """Per cents, line ends, colons and commas do not break out of their place in a workflow command."""
    where = Span(path="a,b:c%.sql", line=3, column=7)
    error = InputError("100% wrong\r\n::set-env name=x::y", code="x", where=where, hint="no")
    assert annotation(error, {}) == (
        "::error file=a%2Cb%3Ac%25.sql,line=3,col=7,title=x::100%25 wrong%0D%0A::set-env name=x::y%0Ahint: no"
    )


def test_no_line_of_the_log_is_a_command():
    """A NOTICE that looks like a workflow command is shown, not obeyed, in either of the runner's notations."""
    assert defuse("  ::add-mask::x") == r"  \x3a:add-mask::x"
    assert defuse("##[set-env name=x]y") == r"#\x23[set-env name=x]y"
    assert defuse("a::b") == "a::b"


def test_notices_of_a_migration_cannot_command_the_runner(page: Path):
    """Every line of a NOTICE with several lines is defused."""
    shown, stdout, stderr = renderer(page)
    shown.event(Noticed(severity="NOTICE", message="hello\n::set-output name=x::y\n##[error]z"))
    said = stdout.getvalue() + stderr.getvalue()
    assert [line for line in said.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []


def test_every_cause_has_its_annotation(page: Path):
    """Several failures are annotated at their own places, not as one."""
    shown, stdout, _ = renderer(page)
    causes = tuple(InputError(f"wrong {n}", code="x", where=Span(path=f"{n}.yaml", line=n, column=1)) for n in (1, 2))
    shown.failed(WorkError("2 files failed", code="seed-failed", causes=causes), exit_code=4)
    assert stdout.getvalue() == (
        "::error file=1.yaml,line=1,col=1,title=x::wrong 1\n::error file=2.yaml,line=2,col=1,title=x::wrong 2\n"
    )


def test_summary_is_a_table(page: Path):
    """The job's page shows what was applied, and ends every command with an empty line, so that commands add up."""
    shown, _, _ = renderer(page)
    shown.event(Applied(id="0001.a|b", direction="up", duration=0.012, statements=2))
    shown.done(RunResult(command="up", database=DATABASE))
    assert page.read_text() == (
        "### migrate up\n"
        "\n"
        "PostgreSQL 17.4 at <code>postgresql://ci&#64;localhost:5432/ci</code>\n"
        "\n"
        "|  | migration | statements | took |\n"
        "| --- | --- | --- | --- |\n"
        "| applied | <code>0001.a&#124;b</code> | 2 | 12 ms |\n"
        "\n"
    )


def test_summary_of_a_failure(page: Path):
    """What was done is on the page even when the command failed, and then what failed and where."""
    shown, _, _ = renderer(page)
    error = InputError("`zip` is no column", code="x", where=Span(path="b.yaml", line=2, column=3), hint="drop `zip`")
    shown.event(FileLoaded(path="a.yaml", tables={"users": Counts(inserted=2)}, duration=1.0))
    shown.event(FileFailed(path="b.yaml", error=error))
    shown.failed(error, exit_code=4)
    assert page.read_text() == (
        "### migrate up\n"
        "\n"
        "|  | seed file | rows | took |\n"
        "| --- | --- | --- | --- |\n"
        "| loaded | <code>a.yaml</code> | users: 2 inserted | 1.0 s |\n"
        "| failed | <code>b.yaml</code> | <code>zip</code> is no column |  |\n"
        "\n"
        "- ❌ <code>zip</code> is no column at <code>b.yaml:2:3</code>\n"
        "\n"
        "**hint:** drop <code>zip</code>\n"
        "\n"
    )


def test_a_summary_that_cannot_be_written_fails_nothing(tmp_path: Path):
    """A page that cannot be written is a warning."""
    shown, stdout, _ = renderer(tmp_path / "missing" / "summary.md")
    shown.done(RunResult(command="up", database=DATABASE))
    assert stdout.getvalue() == ("::warning title=GITHUB_STEP_SUMMARY::FileNotFoundError: No such file or directory\n")
