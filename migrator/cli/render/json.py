"""One JSON document on stdout, whatever happens; its shape is version 1 and documented in docs/json.md.

Events are not shown as they come: what remains of them is the result, and the notices that a person would have read.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, assert_never, get_args

from migrator import events
from migrator.cli.render import words
from migrator.cli.render.document import dumps, failure, place
from migrator.cli.render.pen import Pen
from migrator.cli.render.safe import short
from migrator.cli.render.verdict import refusal
from migrator.events.database import Told
from migrator.events.migrating import RunResult

if TYPE_CHECKING:
    from migrator.cli.render import Surroundings
    from migrator.cli.render.result import Result
    from migrator.errors import MigratorError
    from migrator.events import Event
    from migrator.events.database import DatabaseInfo
    from migrator.events.seeding import SeedOutcome
    from migrator.events.status import MigrationStatus, StatusResult

SCHEMA = 1


class JsonRenderer:
    """The format `json`; see `migrator.cli.render.Renderer`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._command = surroundings.command
        self._answers = Pen(surroundings.stdout)
        self._log = Pen(surroundings.stderr)
        self._notices: list[dict[str, Any]] = []
        self._pulled: list[str] = []

    def event(self, event: Event) -> None:
        """Remember what the user should hear."""
        if isinstance(event, Told):
            self._notices.append({"code": event.code, "message": event.message})
        elif isinstance(event, events.Noticed):
            notice = {
                "severity": event.severity,
                "message": short(event.message),
                "migration": event.migration,
                "where": place(event.where),
                "hint": event.hint,
            }
            self._notices.append(notice if event.code is None else {"code": event.code, **notice})
        elif isinstance(event, events.Pulled):
            self._pulled.append(event.text)
        elif isinstance(event, events.Blocked | events.Retrying):
            from migrator.cli.render import blocking

            told = {"code": event.code, "message": blocking.told(event), "migration": event.id}
            self._notices.append({**told, "blockers": [asdict(each) for each in event.blockers]})

    def preview(self, result: Result) -> None:
        """What is about to happen, as a line on stderr: stdout holds one document only."""
        if isinstance(result, RunResult):
            self._log.line(f"would run {words.listing(result.planned)}")
        elif isinstance(result, events.StatusResult | events.ProtectResult):
            self._log.line(json.dumps(result.database.address))

    def done(self, result: Result) -> None:
        """The document of a success, or of a `status --check` whose answer is no."""
        refused = refusal(result)
        error = {} if refused is None else {"error": failure(refused, refused.exit_code)}
        pulls = not isinstance(result, RunResult) and isinstance(result, events.PullResult)
        pulled = {"yaml": "".join(self._pulled)} if pulls else {}
        self._write(ok=refused is None, body={**error, **answer(result), **pulled})

    def failed(self, error: MigratorError, *, exit_code: int) -> None:
        """The document of a failure; of work that failed part-way, with what became of each part."""
        self._write(ok=False, body={"error": failure(error, exit_code), **partial(error)})

    def _write(self, *, ok: bool, body: dict[str, Any]) -> None:
        document: dict[str, Any] = {"schema": SCHEMA, "command": self._command or None, "ok": ok, **body}
        if self._notices:
            document["notices"] = self._notices
        self._answers.raw(dumps(document) + "\n")

    def close(self) -> None:
        """Nothing moves here."""


def partial(error: MigratorError) -> dict[str, Any]:
    """What a failed command did nevertheless, where its error carries the result."""
    return answer(error.result) if isinstance(error.result, events.SeedResult | RunResult) else {}


def _seconds(duration: float | None) -> float | None:
    return None if duration is None else round(duration, 6)


def _database(info: DatabaseInfo) -> dict[str, Any]:
    return asdict(info)


def _migration(migration: MigrationStatus) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": migration.id,
        "path": migration.path,
        "state": migration.state,
        "applied_at": words.iso(migration.applied_at),
        "steps": {"done": migration.steps_done, "total": migration.steps_total},
        "duration": _seconds(migration.duration),
        "transactional": migration.transactional,
    }
    words_for_it = {
        "code": migration.code,
        "note": migration.note,
        "hint": migration.hint,
        "renamed_to": migration.renamed_to,
    }
    return document | {key: said for key, said in words_for_it.items() if said is not None}


def _status(result: StatusResult) -> dict[str, Any]:
    from migrator.events.status import MigrationState

    return {
        "database": _database(result.database),
        "migrations": [_migration(migration) for migration in result.migrations],
        "summary": {state: result.count(state) for state in get_args(MigrationState)},
        "seeds": asdict(result.seeds),
    }


def _run(result: RunResult) -> dict[str, Any]:
    document: dict[str, Any] = {
        "database": _database(result.database),
        "done": [{**asdict(done), "duration": _seconds(done.duration)} for done in result.done],
        "pending": list(result.pending),
        "ahead": list(result.ahead),
        "drift_before": result.drift_before,
    }
    if result.dry_run:
        document |= {"dry_run": True, "planned": list(result.planned), "messages": list(result.messages)}
    if result.command == "mark":
        document |= {"marked": list(result.marked), "marked_as": result.marked_as}
    return document


def _file(file: SeedOutcome) -> dict[str, Any]:
    tables = {name: asdict(counts) for name, counts in file.tables.items()}
    return {
        "path": file.path,
        "state": file.state,
        "reason": file.reason,
        "tables": tables,
        "duration": _seconds(file.duration),
    }


def _doctor(result: events.DoctorResult) -> dict[str, Any]:
    steps = [{**asdict(step), "sql": list(step.sql), "duration": _seconds(step.duration)} for step in result.steps]
    database = {} if result.database is None else {"database": _database(result.database)}
    return {**database, "steps": steps}


def _accept(result: events.AcceptResult) -> dict[str, Any]:
    document = asdict(result)
    del document["digest"]
    return {**document, "database": _database(result.database)}


def _init(result: events.InitResult) -> dict[str, Any]:
    dry_run = {"dry_run": True} if result.dry_run else {}
    return {
        **dry_run,
        "files": [asdict(file) for file in result.files],
        "found": [asdict(trace) for trace in result.found],
        "next": list(result.next),
    }


def answer(result: Result) -> dict[str, Any]:  # noqa: C901, PLR0911, PLR0912 - one shape per kind of result
    """A result as the keys that stand beside `schema`, `command` and `ok`."""
    match result:
        case RunResult():
            return _run(result)
        case events.StatusResult():
            return _status(result)
        case events.NewResult():
            return {"id": result.id, "paths": list(result.paths)}
        case events.ProtectResult():
            return {"database": _database(result.database), "name": result.name, "changed": result.changed}
        case events.AcceptResult():
            return _accept(result)
        case events.DoctorResult():
            return _doctor(result)
        case events.InitResult():
            return _init(result)
        case events.ServerResult():
            return {
                "running": result.running,
                "changed": result.changed,
                "directory": result.directory,
                "url": result.url,
                "pid": result.pid,
            }
        case events.SeedResult():
            return {"database": _database(result.database), "files": [_file(file) for file in result.files]}
        case events.SeedPlanResult():
            return {
                "database": _database(result.database),
                "files": [_file(file) for file in result.files],
                "edges": [asdict(edge) for edge in result.edges],
            }
        case events.SeedCheckResult():
            differences = [{**asdict(each), "where": place(each.where)} for each in result.differences]
            return {
                "database": _database(result.database),
                "files": result.files,
                "rows": result.rows,
                "different": result.different,
                "differences": differences,
                "not_compared": list(result.not_compared),
            }
        case events.ResetResult():
            return {
                "database": _database(result.database),
                "dropped": list(result.dropped),
                "up": {key: value for key, value in _run(result.up).items() if key != "database"},
                "seed": {"files": [_file(file) for file in result.seed.files]},
            }
        case events.PullResult():
            return {"database": _database(result.database), "pulled": [asdict(table) for table in result.tables]}
        case events.VerifyResult():
            from migrator.cli.render import findings_json

            return findings_json.verified(result)
        case events.ChecksResult():
            from migrator.cli.render import findings_json

            return findings_json.checks(result)
        case events.SnapshotResult():
            return {**asdict(result), "database": _database(result.database)}
        case events.EditorSchemaResult():
            document = {"path": result.path} if result.path is not None else {"editor_schema": result.document}
            return {"database": _database(result.database), **document}
        case _:
            assert_never(result)
