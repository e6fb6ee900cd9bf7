"""`--sarif FILE`: a valid SARIF 2.1.0 file of the answer, whole or not at all, and never an old one."""

import asyncio
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from verified import BUSY, CHANGED, CHECKS, EVERYTHING, EXPOSED, UNTOLD

from migrator.cli import run
from migrator.cli.render.sarif import document
from migrator.cli.sarif import reported
from migrator.config import Config
from migrator.errors import InputError, MigratorError
from migrator.events import ignore
from migrator.events.verifying import VerifyResult
from migrator.source import Span

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def valid(found: dict[str, Any]) -> dict[str, Any]:
    """The one run of a document that the schema takes."""
    assert list(VALIDATOR.iter_errors(found)) == []
    assert found["version"] == "2.1.0"
    (the_run,) = found["runs"]
    assert isinstance(the_run, dict)
    return the_run


def made(result: VerifyResult) -> dict[str, Any]:
    """The run of an answer."""
    return valid(document(result, CHECKS.checks, home="migrations", exit_code=1))


def test_the_schema_refuses_what_is_wrong():
    """The validator of these tests is one: a level that SARIF does not know is refused."""
    found = document(EVERYTHING, CHECKS.checks, home="migrations")
    found["runs"][0]["results"][0]["level"] = "info"
    assert [error.json_path for error in VALIDATOR.iter_errors(found)] == ["$.runs[0].results[0].level"]


def test_every_check_is_a_rule():
    """All checks are rules, found or not, and those of findings that no list has, with their usual level."""
    rules = made(EVERYTHING)["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"], rule["defaultConfiguration"]["level"]) for rule in rules] == [
        ("V101", "pending", "error"),
        ("V103", "late", "note"),
        ("V202", "extra", "error"),
        ("V203", "changed", "error"),
        ("V301", "rls_disabled_in_public", "warning"),
    ]
    assert rules[0]["shortDescription"]["text"] == "a migration is not applied"
    assert rules[0]["help"]["text"].endswith("docs/checks/V101.md")


def test_a_finding_is_a_result_at_its_place():
    """Rule, level, message, line and columns, the object, what tells it apart, and its difference."""
    found = made(EVERYTHING)["results"][0]
    assert found == {
        "ruleId": "V203",
        "ruleIndex": 3,
        "level": "error",
        "message": {
            "text": "`public.orders` is not as the migrations left it\nhint: run the statement, or `migrate accept`"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "migrations/0004.add-orders.sql", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 12,
                        "startColumn": 1,
                        "endColumn": 2,
                        "snippet": {"text": "create table orders ("},
                    },
                },
                "logicalLocations": [{"fullyQualifiedName": "public.orders", "kind": "table"}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": CHANGED.fingerprint,
            "migratorFinding/v1": CHANGED.fingerprint,
        },
        "properties": {"diff": CHANGED.diff, "sql": ["alter table public.orders enable row level security"]},
    }


def test_a_finding_without_a_place_gets_one():
    """GitHub refuses a file in which one result has no place in a file: the folder of migrations stands for it."""
    found = made(EVERYTHING)["results"][1]
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "migrations", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }
    assert found["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "public.a``b"


def test_fingerprints_stay_and_differ():
    """The same object and check give the same fingerprint wherever the line has moved; another object another one."""
    where = Span(path="migrations/0004.add-orders.sql", line=99, column=3)
    moved = replace(CHANGED, where=where, message="other words")
    other = replace(EXPOSED, subject="public.b")
    results = made(replace(EVERYTHING, findings=(CHANGED, moved, EXPOSED, other)))["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert prints[0] == prints[1]
    assert len({*prints}) == 4  # with the ignored one


def test_what_is_ignored_is_suppressed():
    """An ignored finding is told as accepted, with its reason and its last day."""
    found = made(EVERYTHING)["results"][-1]
    assert (found["ruleId"], found["suppressions"]) == (
        "V202",
        [{"kind": "external", "status": "accepted", "justification": "made by the pool (until 2027-01-31)"}],
    )


def test_an_open_question_is_no_success():
    """What could not be told is an execution that failed; what was left out is a note of one that went well."""
    (invocation,) = made(UNTOLD)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    assert [(each["level"], each["descriptor"]["id"]) for each in invocation["toolExecutionNotifications"]] == [
        ("error", "usage"),
        ("error", "schema-busy"),
    ]
    (invocation,) = made(EVERYTHING)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "not compared: user mapping options (2): hidden from this role",
        "not compared: V327: the role `anon` does not exist",
    ]


def test_names_are_no_links_and_paths_are_uris():
    """A name that looks like a link is none; spaces, per cents and folders outside the repository are escaped."""
    where = Span(path="my migrations/50%.sql", line=1, column=1)
    evil = replace(CHANGED, message="[x](https://evil.example)", where=where)
    outside = replace(CHANGED, where=Span(path="/srv/a b.sql", line=1, column=1))
    first, second, _ = made(replace(EVERYTHING, findings=(evil, outside)))["results"]
    assert first["message"]["text"].startswith("[x] (https://evil.example)")
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"] for each in (first, second)]
    assert places == [{"uri": "my%20migrations/50%25.sql", "uriBaseId": "%SRCROOT%"}, {"uri": "file:///srv/a%20b.sql"}]


def ended(path: Path, answer: VerifyResult | MigratorError) -> dict[str, Any]:
    """What the file holds when a job has answered so; while it ran, it said that it had not ended."""

    def written() -> dict[str, Any]:
        return valid(json.loads(path.read_text(encoding="utf-8")))

    async def job(config: Config, emit: Any) -> Any:
        (invocation,) = written()["invocations"]
        assert (invocation["executionSuccessful"], "exitCode" in invocation) == (False, False)
        if isinstance(answer, MigratorError):
            raise answer
        return answer

    both = reported(job, path, command="verify")
    if isinstance(answer, MigratorError):
        with pytest.raises(type(answer)):
            asyncio.run(both(Config(root=path.parent), ignore))
    else:
        assert asyncio.run(both(Config(root=path.parent), ignore)) is answer
    return written()


def test_the_file_is_the_answer_or_says_that_there_is_none(tmp_path: Path):
    """Whatever became of the run, the file is of this run, with its exit code; nothing else is left in the folder."""
    path = tmp_path / "verify.sarif"
    assert ended(path, EVERYTHING)["invocations"][0]["exitCode"] == 1
    assert ended(path, replace(EVERYTHING, findings=()))["invocations"][0]["exitCode"] == 0
    failed = ended(path, BUSY)
    assert (failed["results"], failed["invocations"][0]["exitCode"]) == ([], 3)
    wrong = ended(path, InputError("a", code="usage"))["invocations"][0]
    assert (wrong["executionSuccessful"], wrong["exitCode"]) == (False, 2)
    assert [each.name for each in tmp_path.iterdir()] == ["verify.sarif"]


def test_through_a_link_and_into_a_pipe(tmp_path: Path):
    """A symbolic link stays one, and a pipe gets the answer alone."""
    (tmp_path / "to").mkdir()
    link = tmp_path / "link.sarif"
    link.symlink_to(tmp_path / "to" / "real.sarif")
    ended(link, EVERYTHING)
    assert (link.is_symlink(), (tmp_path / "to" / "real.sarif").is_file()) == (True, True)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    async def job(config: Config, emit: Any) -> Any:
        return replace(EVERYTHING, findings=())

    asyncio.run(reported(job, fifo, command="verify")(Config(root=tmp_path), ignore))
    assert valid(json.loads(os.read(reader, 1_000_000)))["invocations"][0]["exitCode"] == 0
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no address."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "MIGRATOR_DATABASE", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_file_that_cannot_be_written_comes_first(apart: Path, capsys: pytest.CaptureFixture[str]):
    """A folder that is not there, or a folder itself, is exit 2 before a file or a database is looked at."""
    assert run(["verify", "--sarif", "nowhere/x.sarif", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["message"]) == (
        "unwritable-file",
        "`nowhere/x.sarif` cannot be written: No such file or directory",
    )
    assert run(["verify", "--sarif", ".", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "`.` cannot be written: Is a directory"
    assert [*apart.iterdir()] == []


def test_no_old_answer_stays(apart: Path, capsys: pytest.CaptureFixture[str]):
    """A run that fails before it has begun, for want of an address, leaves no earlier run's answer; a list does."""
    path = apart / "x.sarif"
    path.write_text("old", encoding="utf-8")
    assert run(["verify", "--sarif", "x.sarif", "--list"]) == 0
    assert path.read_text(encoding="utf-8") == "old"
    assert run(["verify", "--sarif", "x.sarif"]) == 2
    capsys.readouterr()
    assert valid(json.loads(path.read_text(encoding="utf-8")))["invocations"][0]["executionSuccessful"] is False
