"""What PostgreSQL refused, as an error at the statement of the user's file that is to blame. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.database.supabase.reserved import DENIED, refused_there
from migrator.errors import InputError, MigratorError, ServerReport, UnavailableError, WorkError
from migrator.migrating.planning.step import Step
from migrator.migrating.running.message import OPENING, Mark, Message, at
from migrator.source import Span

ENTRY_TAKEN = {"23505", "55P03", "22012"}
"""The fence's answers when another runner has the migration: a duplicate, a lock that waits, an entry that is gone."""

LOCKS = {"55P03", "40P01", "40001"}
"""Lock not available, deadlock, serialization failure: trying again may help."""

CANCELLED = "57014"
"""query_canceled: by a timeout of the migration's or the address's own, or by somebody's hand."""

CONCURRENTLY = "tuple concurrently "
"""How the server's XX000 begins where two sessions changed one row of the catalog at once, as two GRANT do. Errors of
this kind are not translated."""

PREPARED = {"26000", "42P05"}
"""A prepared statement that is not there, or is there already."""

POOLED = "a pooler in transaction mode loses prepared statements: there, use the direct address or its session mode"

EXISTS = {"42P07", "42710", "42701", "42723", "42P06"}
"""A table, object, column, function or schema of that name exists already."""


BOOKS_RIGHTS = (
    "grant this role `select`, `insert`, `update` and `delete` on the tables of the ledger and of our schema, or "
    "connect as their owner"
)
"""The way out where the books cannot be kept. `role` does not help there: the role that logs in keeps them."""


def books_refused(said: str) -> UnavailableError:
    """The refusal of a role that may not write to the ledger; `said` by the server."""
    return UnavailableError(
        f"this role may not write to the ledger: {said}",
        code="missing-rights",
        sqlstate="42501",
        outcome="nothing was changed",
        hint=BOOKS_RIGHTS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """What was running: a step's index, the statement's number (see `message.Piece`), and where the error points.

    `offset` counts characters in the statement; None where the server gave no position in it.
    """

    step: int
    statement: int
    offset: int | None = None


def culprit(report: ServerReport, message: Message, last: Mark | None, steps: Sequence[Step]) -> Culprit:
    """Who is to blame: the place that the server's position falls into, else whatever the last mark announced."""
    if report.position is not None and report.internal_query is None:
        piece, offset = at(message, report.position)
        return Culprit(step=piece.step, statement=piece.statement, offset=offset if offset >= 0 else None)
    first = message.pieces[0]
    if last is None or (last.step, last.statement) < (first.step, first.statement):
        return Culprit(step=first.step, statement=first.statement)
    if last.statement == steps[last.step].committed:
        # a BEGIN and its fence have no mark of their own: they run when the step before is committed
        return Culprit(step=last.step + 1, statement=OPENING)
    return Culprit(step=last.step, statement=last.statement)


def is_fence(found: Culprit, report: ServerReport) -> bool:
    """The migration's own entry or lock row was refused: another runner was faster, nothing of it ran here."""
    return found.statement == OPENING and report.sqlstate in ENTRY_TAKEN


def is_noted(found: Culprit, report: ServerReport, step: Step, own: str) -> bool:
    """Another ledger that shares our journal, in the schema `own`, has just noted the same id; ours is rolled back."""
    noted = report.sqlstate == "23505" and (report.schema, report.table) == (own, "journal")
    return noted and found.statement > step.total


def passes(report: ServerReport) -> bool:
    """Trying the whole transaction again may help: a lock, a deadlock, a row that somebody else changed meanwhile."""
    return report.sqlstate in LOCKS or (report.sqlstate == "XX000" and report.message.startswith(CONCURRENTLY))


def place(step: Step, found: Culprit) -> Span | None:
    """Where in the user's file: the position in the statement, or the whole of its first line."""
    if not step.script.statements:
        return None
    number = min(max(found.statement, 1), step.total)
    statement = step.script.statements[number - 1]
    if found.offset is None or number != found.statement:
        return step.script.source.span(statement.start, statement.end)
    return step.script.source.word(statement.start + found.offset, statement.end)


def what(step: Step, found: Culprit) -> str:
    """Which step failed, and where in it."""
    id_, undone = step.migration.id, "" if step.direction == "up" else "the rollback of "
    if found.statement == OPENING:
        return f"{undone}`{id_}` could not begin"
    if found.statement > step.total:
        return f"{undone}`{id_}` failed when it was committed"
    return f"{undone}`{id_}` failed at statement {found.statement} of {step.total}"


def _detail(report: ServerReport) -> str:
    lines = [str(report)]
    if report.detail:
        lines.append(report.detail)
    if report.hint and not report.way_out:
        lines.append(f"PostgreSQL's hint: {report.hint}")
    if report.internal_query:
        lines.append(f"in the query: {report.internal_query.strip()[:200]}")
    elif report.context:
        lines.append(report.context.splitlines()[0])
    return "\n".join(lines)


def _outcome(step: Step, done: Sequence[str], *, stays: str | None) -> str:
    id_ = step.migration.id
    state = stays or (f"`{id_}` was rolled back" if step.direction == "up" else f"`{id_}` is still applied")
    return state if stays and not done else f"{state}; {before_it(step, done)}"


def before_it(step: Step, done: Sequence[str]) -> str:
    """What stays of what a run did before the step that failed."""
    if step.direction == "up" and step.migration.id in done:  # `redo`
        return "its rollback, which came before, stays: it is not applied"
    if not done:
        return "nothing else was changed"
    one = len(done) == 1
    if step.direction == "up":
        return f"{len(done)} migration{'' if one else 's'} before it {'stays' if one else 'stay'} applied"
    return f"{len(done)} rolled back before it {'stays' if one else 'stay'} rolled back"


def _past_lock(verb: str, report: ServerReport) -> str:
    # `down` has no such options: it reads them from the environment and the configuration
    option = "`--lock-{}`" if verb == "up" else "`lock_{}`"
    if report.sqlstate == "55P03":
        return f"run `migrate {verb}` again when the other transaction is done, or raise {option.format('timeout')}"
    return f"run `migrate {verb}` again, or raise {option.format('retries')}"


def _way_out(step: Step, report: ServerReport, found: Culprit, *, fresh: bool, resumes: int | None) -> str:
    verb = "up" if step.direction == "up" else "down"
    again = f"correct the file and run `migrate {verb}` again"
    if resumes == 0:
        again = f"correct the cause and run `migrate {verb}` again"
    elif resumes is not None and resumes > 1:
        again = f"edit statement {resumes} or what comes after it: `migrate {verb}` resumes at statement {resumes}"
    if passes(report):
        return _past_lock(verb, report)
    if report.sqlstate in {"25001", "2D000"} and step.script.transactional:
        return _without_transaction(step, found)
    if report.sqlstate in EXISTS and fresh:
        return (
            "if this database was made by other means, record what it has with `migrate mark ID --applied --until`, "
            "then run `migrate up` again"
        )
    if report.sqlstate == CANCELLED:
        return _stopped(report, verb)
    if report.sqlstate == DENIED:
        owner = "run it as the owner, or set `role` to it in the configuration"
        return BOOKS_RIGHTS if found.statement == OPENING else refused_there(report, _text(step, found)) or owner
    return f"{again}; {POOLED}" if report.sqlstate in PREPARED else again


def _text(step: Step, found: Culprit) -> str:
    """The statement that failed."""
    if not 0 < found.statement <= step.total:
        return ""
    statement = step.script.statements[found.statement - 1]
    return step.script.source.text[statement.start : statement.end]


def _without_transaction(step: Step, found: Culprit) -> str:
    directive = f"put `-- transactional: false` at the top of `{step.migration.path}`"
    if _text(step, found).lower().split(maxsplit=2)[:2] == ["set", "transaction"]:
        return f"{directive}, and begin a transaction with it: `BEGIN; SET TRANSACTION ...; ...; COMMIT;`"
    return f"{directive}: it cannot run in a transaction"


def _stopped(report: ServerReport, verb: str) -> str:
    """Who stopped a statement; the server says so only in words, which may be in any language."""
    raise_it = "raise the `statement_timeout` that the file or the address sets (a run itself has none)"
    again = f"run `migrate {verb}` again"
    if "statement timeout" in report.message:
        return f"{raise_it}, and {again}"
    if "user request" in report.message:
        return f"another session cancelled it (`pg_cancel_backend`): when that was not meant, {again}"
    return f"where it was a timeout, {raise_it}; where another session cancelled it, {again}"


def refusal(
    report: ServerReport,
    found: Culprit,
    steps: Sequence[Step],
    *,
    done: Sequence[str],
    parsed: bool,
    fresh: bool,
    stays: str | None = None,
    kept: bool = False,
    resumes: int | None = None,
    retry: bool = False,
) -> MigratorError:
    """The error that the user reads.

    `done` are the ids of this run that the ledger says are committed; `parsed`, that the server had begun to run the
    message (a syntax error stops all of it before); `fresh`, that the ledger was empty when the run began; `stays`,
    what of the failed file itself is committed, for a file without a transaction; `kept`, that this is something;
    `resumes`, at which of its statements the next run goes on, 0 where no edit of them would help; `retry`, that going
    on there may help against locks.
    """
    step = steps[found.step]
    kind: type[MigratorError] = WorkError
    code = "statement-failed"
    outcome = _outcome(step, done, stays=stays)
    if report.sqlstate == "42601" and not parsed and not done and stays is None:
        kind, code, outcome = InputError, "syntax-error", "nothing was applied: no statement of this run was executed"
    elif passes(report) and (step.script.transactional or retry):
        kind, code = (WorkError if done or kept else UnavailableError), "lock-timeout"
    elif report.sqlstate == DENIED and found.statement == OPENING:
        kind, code = (WorkError if done or kept else UnavailableError), "missing-rights"
    return kind(
        what(step, found),
        code=code,
        where=place(step, found),
        detail=_detail(report),
        outcome=outcome,
        hint=report.way_out or _way_out(step, report, found, fresh=fresh, resumes=resumes),
        sqlstate=report.sqlstate,
        migration=step.migration.id,
        statement=found.statement if 0 < found.statement <= step.total else None,
        done=tuple(done),
    )
