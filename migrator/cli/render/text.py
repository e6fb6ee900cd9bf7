"""Text for people: progress and errors on stderr, answers on stdout.

In a pipe every line is final. On a terminal `live.py` adds a moving line for what runs just now; the lines that stay
are the same.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, assert_never

from migrator import events
from migrator.cli.render import closing, tables, words
from migrator.cli.render.excerpt import excerpt, report
from migrator.cli.render.ink import Ink, is_terminal, wants_colour
from migrator.cli.render.pen import Pen, unchanged
from migrator.cli.render.running import Plain
from migrator.cli.render.safe import clean, line, short
from migrator.cli.render.verdict import refusal
from migrator.events.database import Told
from migrator.events.migrating import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.cli.render import Surroundings
    from migrator.cli.render.result import Result
    from migrator.cli.render.running import Running
    from migrator.errors import MigratorError
    from migrator.events import Applied, Event, Noticed, Planned


class TextRenderer:
    """The format `text`; see `migrator.cli.render.Renderer`."""

    def __init__(self, surroundings: Surroundings, *, defuse: Callable[[str], str] = unchanged) -> None:
        self._asked = surroundings
        self._answers = Pen(surroundings.stdout, defuse=defuse)
        self._log = Pen(surroundings.stderr, defuse=defuse)
        self._answer_ink = Ink(colour=wants_colour(surroundings.stdout, surroundings.environ))
        self._ink = Ink(colour=wants_colour(surroundings.stderr, surroundings.environ))
        self._running = self._watch()
        self._started = time.monotonic()
        self._notices: defaultdict[str | None, list[Noticed]] = defaultdict(list)
        self._current: str | None = None
        self._previewed = False

    def _watch(self) -> Running:
        moving = is_terminal(self._asked.stderr) and self._asked.environ.get("TERM") != "dumb"
        if self._asked.quiet or not moving:
            return Plain(self._log, quiet=self._asked.quiet)
        from migrator.cli.render.live import Live

        return Live(self._asked.stderr, colour=self._ink.colour)

    def _say(self, text: str) -> None:
        if not self._asked.quiet:
            self._running.keep(text)

    def event(self, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - a case per kind of event, kept whole by assert_never
        """Progress, a line for each thing that has ended."""
        # `events.X` is loaded where its case is reached: those of every run stand first
        match event:
            case Told():
                self._say(f"{self._ink.quiet('note:')} {clean(short(event.message))}")
            case events.Planned():
                self._planned(event)
            case events.Applying():
                self._current = event.id
                self._running.statement(event)
                if self._asked.verbose:
                    self._say(self._ink.quiet(f"{line(event.id)}: statement {event.statement} of {event.total}"))
            case events.Applied():
                self._applied(event)
            case events.Noticed():
                if event.migration is not None and event.migration == self._current:
                    self._notices[event.migration].append(event)
                else:
                    self._notice(event, indent="")
            case events.Halted():
                pass  # what it says is in the error that ends the run
            case events.Waiting():
                self._say(closing.waiting(event))
            case events.ServerStarted():
                made = " on a new data directory" if event.created else ""
                took = words.duration(event.duration)
                self._say(f"started PostgreSQL ({event.kind}) at {line(event.where)}{made} in {took}")
            case events.Blocked() | events.Retrying():
                self._blocked(event)
            case events.FileLoading():
                self._running.rows(event)
            case events.FileLoaded():
                from migrator.cli.render import seeds

                self._running.file_ended(event.path)
                took = self._ink.quiet(words.duration(event.duration))
                rows = seeds.counts(event.tables)
                self._say(f"{self._ink.good('loaded')} {line(event.path)}  {rows + '  ' if rows else ''}{took}")
            case events.FileFailed():
                self._running.file_ended(event.path)
                where = event.error.where
                at = f":{where.line}" if where is not None and where.path == event.path else ""
                self._say(f"{self._ink.bad('failed')} {line(event.path)}{at}")
            case events.FileSkipped():
                if event.state == "skipped":
                    self._say(f"{self._ink.warn('skipped')} {line(event.path)}: {line(event.reason)}")
                elif self._asked.verbose:
                    self._say(self._ink.quiet(f"unchanged {line(event.path)}"))
            case events.Pulled():
                self._answers.raw(event.text)
            case events.Examining() | events.Examined():
                self._examined(event)
            case events.Checking():
                self._say(self._ink.quiet(f"checking {event.part}"))
            case _:
                assert_never(event)

    def _planned(self, event: Planned) -> None:
        self._started = time.monotonic()  # waiting for a server or a lock is not what a person asks about
        verb = "apply" if event.direction == "up" else "roll back"
        if self._asked.command == "redo":  # its plan names the migration twice: down and up
            self._say(f"{words.count(len(set(event.ids)), 'migration')} to roll back and apply again")
        elif event.ids:
            self._say(f"{words.count(len(event.ids), 'migration')} to {verb}")
        self._running.planned(event)

    def _applied(self, event: Applied) -> None:
        self._current = None
        self._running.applied(event)
        word = "applied" if event.direction == "up" else "rolled back"
        took = self._ink.quiet(words.duration(event.duration))
        nothing = "no statements" if event.direction == "up" else "an empty rollback: nothing was undone"
        empty = f"  ({nothing})" if event.statements == 0 else ""
        self._say(f"{self._ink.good(word)} {line(event.id)}  {took}{empty}".rstrip())
        self._flush(event.id)

    def _examined(self, event: events.Examining | events.Examined) -> None:
        if isinstance(event, events.Examining):
            self._running.examining(event.name)
            return
        from migrator.cli.render import doctor

        self._running.examined(event.step.name)
        self._answers.lines(doctor.step(event.step, self._answer_ink, verbose=self._asked.verbose))

    def _blocked(self, event: events.Blocked | events.Retrying) -> None:
        from migrator.cli.render import blocking

        if isinstance(event, events.Retrying):
            self._current = None
        self._say(f"{self._ink.warn(f'{event.code}:')} {blocking.told(event)}")

    def _flush(self, migration: str | None) -> None:
        for notice in self._notices.pop(migration, []):
            self._notice(notice, indent="  ")

    def _notice(self, event: Noticed, *, indent: str) -> None:
        grave = event.severity not in {"NOTICE", "INFO", "LOG", "DEBUG"}
        if self._asked.quiet and not grave:
            return
        head, *rest = clean(short(event.message)).split("\n")
        if self._asked.quiet and event.migration is not None:  # no line above says whose it is
            head = f"{line(event.migration)}: {head}"
        label = (self._ink.warn if grave else self._ink.quiet)(f"{line(event.severity)}:")
        lines = [f"{label} {head}", *(f"  {part}" for part in rest)]
        if event.where is not None:
            lines.extend(excerpt(event.where, None, self._ink))
        if event.hint:
            lines.append(f"  {self._ink.good('hint:')} {clean(short(event.hint))}")
        self._running.keep("\n".join(indent + part for part in lines))

    def preview(self, result: Result) -> None:
        """The plan, on stderr: stdout is for the answer."""
        if isinstance(result, RunResult):
            self._log.lines(tables.plan(result, self._ink))
        elif isinstance(result, events.ProtectResult):
            self._log.line(tables.database(result.database, self._ink))
        elif isinstance(result, events.AcceptResult):
            self._accepted(result, self._log, self._ink)
        elif isinstance(result, events.StatusResult):
            self._log.line(tables.database(result.database, self._ink))
            self._log.line(tables.summary(result, self._ink))

    def done(self, result: Result) -> None:  # noqa: C901, PLR0912, PLR0915 - one case per kind of result
        """The answer on stdout; of commands that change something, a closing line on stderr."""
        # `events.X` is loaded where its case is reached: a deploy with nothing to do comes no further than its own
        self.close()
        ink = self._answer_ink
        match result:
            case RunResult():
                self._ran(result)
            case events.StatusResult():
                self._answers.lines(tables.status(result, ink))
            case events.NewResult():
                self._answers.lines(line(path) for path in result.paths)
            case events.ProtectResult():
                self._say(closing.protected(result))
            case events.AcceptResult():
                from migrator.cli.render import accepting

                if result.changed and not self._previewed:
                    self._accepted(result, self._answers, ink)
                self._say(accepting.closing(result))
            case events.InitResult():
                from migrator.cli.render import founding

                self._answers.lines(founding.answer(result, ink))
            case events.DoctorResult():
                from migrator.cli.render import doctor

                self._answers.line(doctor.verdict(result, ink))
            case events.ServerResult():
                self._answers.lines(tables.server(result))
                refused = refusal(result)
                if refused is not None:
                    self._log.lines(report(refused, self._ink))
            case events.VerifyResult():
                from migrator.cli.render import findings

                self._answers.lines(findings.verified(result, ink, verbose=self._asked.verbose))
            case events.ChecksResult():
                from migrator.cli.render import findings

                self._answers.lines(findings.checks(result, ink))
            case events.SeedPlanResult():
                from migrator.cli.render import seeds

                self._answers.lines(seeds.seed_plan(result, ink))
            case events.SeedCheckResult():
                from migrator.cli.render import seeds

                self._answers.lines(seeds.seed_check(result, ink))
            case events.SeedResult():
                self._say(closing.seeded(result, self._elapsed()))
            case events.ResetResult():
                self._say(closing.reset(result, self._elapsed()))
            case events.PullResult():
                self._say(closing.pulled(result))
            case events.SnapshotResult():
                self._say(closing.snapped(result))
            case events.EditorSchemaResult():
                self._described(result)
            case _:
                assert_never(result)

    def _ran(self, result: RunResult) -> None:
        if not result.dry_run:
            self._flush(self._current)
        if result.ahead:
            names = words.listing(result.ahead)
            self._say(f"{self._ink.warn('note:')} the database is ahead of these files: {names}")
        if not result.dry_run:
            self._say(closing.ran(result, self._elapsed()))
        elif result.messages:
            shown = is_terminal(self._asked.stdout)
            for part in tables.script(result):
                self._answers.line(clean(part) if shown else part)
        else:
            self._answers.lines(tables.plan(result, self._answer_ink))

    def _accepted(self, result: events.AcceptResult, pen: Pen, ink: Ink) -> None:
        from migrator.cli.render import accepting

        self._previewed = True
        pen.lines(accepting.preview(result, ink))

    def _described(self, result: events.EditorSchemaResult) -> None:
        if result.path is None:
            from migrator.cli.render.document import dumps

            self._answers.raw(dumps(result.document) + "\n")
        self._say(closing.described(result))

    def _elapsed(self) -> str:
        return words.duration(time.monotonic() - self._started)

    def failed(self, error: MigratorError, *, exit_code: int) -> None:  # noqa: ARG002 - people read the words
        """The error on stderr, with the notices of the migration that it interrupted."""
        self.close()
        self._flush(self._current)
        self._log.lines(report(error, self._ink))

    def close(self) -> None:
        """Take the moving lines away."""
        self._running.close()
