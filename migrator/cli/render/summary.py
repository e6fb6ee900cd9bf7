"""What a command did as Markdown, for the page of a GitHub job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator import events
from migrator.cli.render import tables, words
from migrator.cli.render.excerpt import blockers
from migrator.cli.render.markdown import code, escape, prose, table
from migrator.events.database import Told
from migrator.events.migrating import RunResult

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.errors import MigratorError
    from migrator.events import Applied, Event
    from migrator.events.database import DatabaseInfo
    from migrator.events.seeding import Counts


class Summary:
    """Collects what happened; `done()` or `failed()` gives the text."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._migrations: list[Applied] = []
        self._files: list[tuple[str, str, str, str]] = []

    def event(self, event: Event) -> None:
        """Remember what has ended."""
        # `events.X` is loaded where its case is reached: those of every run stand first
        match event:
            case Told():
                pass
            case events.Planned() | events.Applying() | events.Noticed():
                pass
            case events.Applied():
                self._migrations.append(event)
            case events.FileLoaded():
                self._file("loaded", event.path, _rows(event.tables), words.duration(event.duration))
            case events.FileFailed():
                self._file("failed", event.path, prose(event.error.message), "")
            case events.FileSkipped():
                self._file(event.state, event.path, "" if event.state == "unchanged" else prose(event.reason), "")

    def _file(self, state: str, path: str, said: str, took: str) -> None:
        self._files.append((state, code(path), said, took))

    def done(self, result: Result, room: int) -> str:
        """The page of an answer; what may be long is cut to `room` bytes."""
        info = getattr(result, "database", None)
        where = [] if info is None else [_where(info), ""]
        return self._page([*where, *self._told(result, room)])

    def _told(self, result: Result, room: int) -> list[str]:  # noqa: C901, PLR0911, PLR0912 - one page per kind of result
        match result:
            case RunResult():  # first, so that a deploy does not load what others answer
                if result.dry_run:
                    return [f"- would run {code(name)}" for name in result.planned] or ["Nothing to do."]
                return self._work() or ["Nothing to do."]
            case events.StatusResult():
                return _status(result)
            case events.DoctorResult():
                return _doctor(result)
            case events.InitResult():
                return _init(result)
            case events.SeedCheckResult():
                return _seed_check(result)
            case events.VerifyResult():
                from migrator.cli.render import findings_markdown

                return findings_markdown.page(result, room)
            case events.ChecksResult():
                return _checks(result)
            case events.AcceptResult():
                lines = [f"- {change.change}: {change.kind} {code(change.subject)}" for change in result.changes]
                return [*lines, "Recorded." if result.changed else "Nothing to record."]
            case events.SnapshotResult():
                done = f"{result.written} written, {result.removed} removed, {result.unchanged} unchanged"
                return [f"{done} in {code(result.path)}."]
            case events.ProtectResult() if not result.changed:
                return ["Nothing to change."]
            case events.SeedResult():
                return self._work() or ["Nothing to do."]
            case _:
                return self._work()

    def failed(self, error: MigratorError) -> str:
        """The page of a failure: what was done, then what failed and where."""
        said = []
        for single in error.causes or (error,):
            place = "" if single.where is None else f" at {code(str(single.where))}"
            detail = f": {prose(single.detail)}" if single.detail else ""
            said.append(f"- ❌ {prose(single.message)}{place}{detail}")
            said += [f"  - {prose(each)}" for each in blockers(single)]
        outcome = ["", prose(error.outcome)] if error.outcome else []
        hint = ["", f"**hint:** {prose(error.hint)}"] if error.hint else []
        return self._page([*self._work(), *said, *outcome, *hint])

    def _work(self) -> list[str]:
        lines: list[str] = []
        if self._migrations:
            words_for = {"up": "applied", "down": "rolled back"}
            rows = [
                (words_for[done.direction], code(done.id), str(done.statements), words.duration(done.duration))
                for done in self._migrations
            ]
            lines += [*table(("", "migration", "statements", "took"), rows), ""]
        if self._files:
            lines += [*table(("", "seed file", "rows", "took"), sorted(self._files, key=lambda row: row[1])), ""]
        return lines

    def _page(self, lines: list[str]) -> str:
        name = escape(f"migrate {self._command}".rstrip())
        body = "\n".join(lines).rstrip("\n") or "Done."
        return f"### {name}\n\n{body}\n\n"


def _where(info: DatabaseInfo) -> str:
    protected = ", protected" if info.protected else ""
    return f"PostgreSQL {escape(info.server_version)} at {code(info.address)}{protected}"


def _rows(found: dict[str, Counts]) -> str:
    from migrator.cli.render import seeds

    return escape(seeds.counts(found))


def _doctor(result: events.DoctorResult) -> list[str]:
    from migrator.cli.render import doctor

    rows = []
    for step in result.steps:
        told = step.message or "not reached"
        said = [prose(part) for part in (told, step.detail, step.hint and f"hint: {step.hint}") if part]
        said += [code(f"{each};") for each in step.sql]
        rows.append((doctor.MARKS[step.state], escape(step.name), "<br>".join(said)))
    return list(table(("", "step", "found"), rows))


def _init(result: events.InitResult) -> list[str]:
    from migrator.cli.render import founding

    rows = [(founding.WORDS[file.state], code(file.path), prose(file.reason or "")) for file in result.files]
    return list(table(("", "file", ""), rows))


def _checks(result: events.ChecksResult) -> list[str]:
    rows = [(escape(each.code), escape(each.name), each.severity, escape(each.title)) for each in result.checks]
    return list(table(("code", "name", "severity", "what it finds"), rows))


def _seed_check(result: events.SeedCheckResult) -> list[str]:
    from migrator.cli.render import seeds

    lines = [
        f"- ❌ {prose(seeds.difference(each))} at {code(str(each.where or each.path))}" for each in result.differences
    ]
    lines += [f"- {escape(seeds.not_compared(path))}" for path in result.not_compared]
    return [*lines, *([""] if lines else []), escape(seeds.verdict(result))]


def _status(result: events.StatusResult) -> list[str]:
    rows = []
    for migration in result.migrations:
        state, _, steps, when, took = tables.cells(migration)
        rows.append((state, code(migration.id), steps, when, took))
    found = result.seeds
    return [
        *table(tables.HEADER, rows),
        "",
        f"Seeds: {found.current} current, {found.changed} changed, {found.new} new.",
    ]
