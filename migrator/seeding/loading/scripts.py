"""A `.sql` seed in the transaction that is open: sent in few messages, an error told at the statement that made it.

Where the server gives no position, a mark tells: before every statement a DO block raises an INFO with its number.
INFO reaches the client at once, whatever `client_min_messages` says.
"""

import uuid
from collections.abc import Iterator

from migrator.database.sessions.notice import Notice
from migrator.database.sessions.session import Session
from migrator.database.supabase.reserved import refused_there
from migrator.errors import ServerError, ServerReport, WorkError
from migrator.seeding.files.scripts import Script
from migrator.source import Span

LIMIT = 64_000
"""Characters of a message: logs and audit triggers see all of it as each statement's source."""

_NO_TRANSACTION = frozenset({"25001", "2D000"})


class ScriptRefusedError(ServerError):
    """The server refused a statement of a script; `number` counts from 1, one more than there are is the commit."""

    def __init__(self, report: ServerReport, script: Script, number: int, offset: int | None = None) -> None:
        super().__init__(report)
        self._script = script
        self._number = number
        self._offset = offset

    def told(self) -> WorkError:
        """The failure at the statement."""
        report, script, number = self.report, self._script, self._number
        shown, total = script.source.path, len(script.statements)
        details = [str(report), *([report.detail] if report.detail else [])]
        if report.hint and not report.way_out:
            details.append(f"PostgreSQL's hint: {report.hint}")
        return WorkError(
            f"`{shown}` failed at statement {number} of {total}"
            if number <= total
            else f"`{shown}` failed when it was committed",
            code="script-failed",
            where=self._place(),
            detail="\n".join(details),
            outcome=f"`{shown}` was rolled back",
            hint=report.way_out or self._way_out(),
            sqlstate=report.sqlstate,
            statement=number if number <= total else None,
        )

    def _place(self) -> Span | None:
        if self._number > len(self._script.statements):
            return None
        statement = self._script.statements[self._number - 1]
        return statement.span if self._offset is None else statement.at(self._offset)

    def _way_out(self) -> str:
        sqlstate = self.report.sqlstate
        if sqlstate in _NO_TRANSACTION:
            return "it cannot run in a transaction: put it into a migration with `-- transactional: false`"
        if sqlstate == "55P03":
            return "something else holds a lock on it: run the command again"
        text = self._script.statements[self._number - 1].text if self._number <= len(self._script.statements) else ""
        return refused_there(self.report, text) or "correct the file and run `migrate seed` again"


async def run_script(session: Session, script: Script) -> None:
    """Run all statements. One round trip for each 64,000 characters. Raises `ScriptRefusedError`."""
    nonce = uuid.uuid4().hex
    reached = 1

    def hear(notice: Notice) -> None:
        nonlocal reached
        if notice.severity == "INFO" and notice.message.startswith(nonce):
            reached = int(notice.message.removeprefix(nonce))

    with session.listening(hear):
        for text, starts in _messages(script, nonce):
            try:
                await session.run(text)
            except ServerError as error:
                await session.settle()
                raise _refused(error.report, script, starts, reached) from error


async def end_script(session: Session, script: Script, ending: list[str]) -> None:
    """What comes behind the statements, up to COMMIT: what it finds wrong is the script's. Raises as `run_script`."""
    try:
        await session.run("; ".join(["set constraints all immediate", "close all", session.forgetting(), *ending]))
    except ServerError as error:
        raise ScriptRefusedError(error.report, script, len(script.statements) + 1) from error


def _messages(script: Script, nonce: str) -> Iterator[tuple[str, dict[int, int]]]:
    """Messages, and where in each which statement begins, in characters."""
    parts: list[str] = []
    starts: dict[int, int] = {}
    size = 0
    for number, statement in enumerate(script.statements, 1):
        mark = f"do $m$ begin raise info '{nonce}{number}'; end $m$;\n"
        # a statement may end in a `--` comment, so the separator needs a line of its own
        text = f"{mark}{statement.text}\n;\n"
        if parts and size + len(text) > LIMIT:
            yield "".join(parts), starts
            parts, starts, size = [], {}, 0
        starts[number] = size + len(mark)
        parts.append(text)
        size += len(text)
    if parts:
        yield "".join(parts), starts


def _refused(report: ServerReport, script: Script, starts: dict[int, int], reached: int) -> ScriptRefusedError:
    if report.position is None or report.internal_query is not None:
        return ScriptRefusedError(report, script, reached)
    at = report.position - 1
    number = max((number for number, start in starts.items() if start <= at), default=reached)
    return ScriptRefusedError(report, script, number, at - starts[number])
