"""The JSON document: version 1, one per command, whatever happens."""

import io
import json
from datetime import UTC, datetime
from typing import Any

from migrator.cli.render import Surroundings
from migrator.cli.render.json import JsonRenderer
from migrator.errors import InputError, WorkError
from migrator.events import Applied, Event, Noticed, Told
from migrator.events.creating import NewResult
from migrator.events.database import DatabaseInfo
from migrator.events.migrating import Done, RunResult
from migrator.events.seeding import Counts, ResetResult, SeedEdge, SeedOutcome, SeedPlanResult, SeedResult
from migrator.events.server import ServerResult
from migrator.events.status import MigrationStatus, SeedSummary, StatusResult
from migrator.source import Span

DATABASE = DatabaseInfo(
    address="postgresql://postgres@localhost:5432/postgres",
    origin="DATABASE_URL",
    kind="direct",
    server_version="17.4",
    server_version_num=170004,
)
SHOWN = {
    "address": "postgresql://postgres@localhost:5432/postgres",
    "origin": "DATABASE_URL",
    "kind": "direct",
    "server_version": "17.4",
    "server_version_num": 170004,
    "supabase": False,
    "protected": False,
}


def document(command: str, ending: Any, *events: Event, exit_code: int = 0) -> dict[str, Any]:
    """What is on stdout after some events and a result or an error; nothing may be on stderr."""
    stdout, stderr = io.StringIO(), io.StringIO()
    renderer = JsonRenderer(Surroundings(command=command, stdout=stdout, stderr=stderr, environ={}))
    for event in events:
        renderer.event(event)
    if isinstance(ending, Exception):
        renderer.failed(ending, exit_code=exit_code)  # type: ignore[arg-type]
    else:
        renderer.done(ending)
    renderer.close()
    assert stderr.getvalue() == ""
    found = json.loads(stdout.getvalue())
    assert isinstance(found, dict)
    return found


def status(*, check: bool = False, state: Any = "applied") -> StatusResult:
    """The status of one migration."""
    migration = MigrationStatus(
        id="0001.create-users",
        path="migrations/0001.create-users.sql",
        state=state,
        applied_at=datetime(2026, 11, 22, 6, 39, tzinfo=UTC),
        steps_done=1,
        steps_total=1,
        duration=0.012,
        transactional=True,
    )
    return StatusResult(
        database=DATABASE, migrations=(migration,), seeds=SeedSummary(current=1, changed=0, new=0), check=check
    )


def test_status():
    """The document of `status`, key by key."""
    assert document("status", status()) == {
        "schema": 1,
        "command": "status",
        "ok": True,
        "database": SHOWN,
        "migrations": [
            {
                "id": "0001.create-users",
                "path": "migrations/0001.create-users.sql",
                "state": "applied",
                "applied_at": "2026-11-22T06:39:00Z",
                "steps": {"done": 1, "total": 1},
                "duration": 0.012,
                "transactional": True,
            }
        ],
        "summary": {
            "applied": 1,
            "pending": 0,
            "modified": 0,
            "renamed": 0,
            "missing": 0,
            "unknown": 0,
            "ahead": 0,
            "late": 0,
            "partial": 0,
        },
        "seeds": {"current": 1, "changed": 0, "new": 0},
    }


def test_check_that_says_no():
    """`status --check` whose answer is no is a failure with the whole answer beside its error."""
    found = document("status", status(check=True, state="modified"))
    assert (found["ok"], found["error"]["code"], found["error"]["exit"]) == (False, "not-up-to-date", 1)
    assert found["summary"]["modified"] == 1


def test_up():
    """`up` tells what is done, in order, and what is left."""
    done = Done(id="0001.a", direction="up", duration=0.25, statements=2)
    result = RunResult(command="up", database=DATABASE, done=(done,), pending=("0002.b",))
    assert document("up", result) == {
        "schema": 1,
        "command": "up",
        "ok": True,
        "database": SHOWN,
        "done": [{"id": "0001.a", "direction": "up", "duration": 0.25, "statements": 2}],
        "pending": ["0002.b"],
        "ahead": [],
        "drift_before": 0,
    }


def test_dry_run():
    """A dry run tells what would run, and the messages where they were asked for."""
    result = RunResult(command="up", database=DATABASE, dry_run=True, planned=("a",), messages=("select 1",))
    found = document("up", result)
    assert (found["dry_run"], found["planned"], found["messages"]) == (True, ["a"], ["select 1"])


def test_seed():
    """`seed` tells every file and what became of its rows, by table."""
    files = (
        SeedOutcome(path="a.yaml", state="loaded", tables={"users": Counts(inserted=2)}, duration=0.5),
        SeedOutcome(path="b.yaml", state="unchanged", reason="loaded before"),
    )
    assert document("seed", SeedResult(database=DATABASE, files=files))["files"] == [
        {
            "path": "a.yaml",
            "state": "loaded",
            "reason": None,
            "tables": {"users": {"inserted": 2, "updated": 0, "unchanged": 0, "deleted": 0}},
            "duration": 0.5,
        },
        {"path": "b.yaml", "state": "unchanged", "reason": "loaded before", "tables": {}, "duration": None},
    ]


def test_seed_plan():
    """`seed --plan` tells the reasons as edges."""
    edge = SeedEdge(before="a.yaml", after="b.yaml", reason="orders.user_id refers to users")
    found = document("seed", SeedPlanResult(database=DATABASE, files=(), edges=(edge,)))
    assert found["edges"] == [{"before": "a.yaml", "after": "b.yaml", "reason": "orders.user_id refers to users"}]


def test_failed_seed_lists_its_files():
    """Work that failed part-way tells what became of each part, and every cause."""
    cause = InputError("wrong", code="yaml-value", where=Span(path="b.yaml", line=2, column=5))
    error = WorkError("1 of 2 seed files failed", code="seed-failed", done=("a.yaml",), causes=(cause, cause))
    error.result = SeedResult(
        database=DATABASE,
        files=(
            SeedOutcome(path="a.yaml", state="loaded", duration=0.1),
            SeedOutcome(path="b.yaml", state="failed", reason="wrong"),
        ),
    )
    found = document("seed", error, exit_code=4)
    assert [(file["path"], file["state"]) for file in found["files"]] == [("a.yaml", "loaded"), ("b.yaml", "failed")]
    assert found["error"]["done"] == ["a.yaml"]
    assert [cause["where"] for cause in found["error"]["causes"]] == [{"path": "b.yaml", "line": 2, "column": 5}] * 2


def test_failure():
    """Every failure has the same keys; what does not apply is null."""
    error = WorkError(
        "`0002.b` failed at statement 1 of 1",
        code="statement-failed",
        where=Span(path="migrations/0002.b.sql", line=3, column=1, excerpt="boom"),
        detail="division by zero (22012)",
        outcome="`0002.b` was rolled back",
        hint="correct the file",
        sqlstate="22012",
        migration="0002.b",
        statement=1,
        done=("0001.a",),
    )
    assert document("up", error, exit_code=4) == {
        "schema": 1,
        "command": "up",
        "ok": False,
        "error": {
            "code": "statement-failed",
            "exit": 4,
            "message": "`0002.b` failed at statement 1 of 1",
            "detail": "division by zero (22012)",
            "outcome": "`0002.b` was rolled back",
            "hint": "correct the file",
            "where": {"path": "migrations/0002.b.sql", "line": 3, "column": 1},
            "sqlstate": "22012",
            "migration": "0002.b",
            "statement": 1,
            "done": ["0001.a"],
        },
    }


def test_notices_are_kept():
    """What a person would have read is in the document; progress is not."""
    found = document(
        "up",
        RunResult(command="up", database=DATABASE),
        Told(code="option-dropped", message="`pgbouncer` is dropped"),
        Applied(id="a", direction="up", duration=0.1, statements=1),
        Noticed(severity="WARNING", message="careful", migration="a"),
    )
    assert found["notices"] == [
        {"code": "option-dropped", "message": "`pgbouncer` is dropped"},
        {"severity": "WARNING", "message": "careful", "migration": "a", "where": None, "hint": None},
    ]


def test_other_answers():
    """`new`, `server` and `reset` have documents, too."""
    assert document("new", NewResult(id="0002.b", paths=("migrations/0002.b.sql",)))["paths"] == [
        "migrations/0002.b.sql"
    ]
    server = ServerResult(action="status", running=True, directory="/d", url="postgresql://x", pid=7)
    assert document("server status", server)["running"] is True
    missing = document("server url", ServerResult(action="url", running=False, directory="/d"))
    assert (missing["ok"], missing["error"]["code"]) == (False, "server-down")
    reset = ResetResult(
        database=DATABASE,
        dropped=("public",),
        up=RunResult(command="up", database=DATABASE),
        seed=SeedResult(database=DATABASE, files=()),
    )
    assert document("reset", reset)["dropped"] == ["public"]


def test_a_document_is_harmless_on_a_terminal():
    """Characters that a terminal would obey are escapes of JSON, so that the text says the same to a parser."""
    stdout = io.StringIO()
    renderer = JsonRenderer(Surroundings(command="new", stdout=stdout, stderr=io.StringIO(), environ={}))
    name = "a\x9b31m\u202eb\x1b[0m中"
    renderer.done(NewResult(id=name, paths=()))
    assert set("\x9b\u202e\x1b") & set(stdout.getvalue()) == set()
    assert "中" in stdout.getvalue()
    assert json.loads(stdout.getvalue())["id"] == name
