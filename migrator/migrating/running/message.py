"""A plan as messages, and an error in a message as the statement that is to blame. Pure.

Migrations travel together: one message of the simple protocol holds many transactions, so that a hundred migrations
cost the round trips of one. Marks make up for what a message hides: before every statement a DO block raises an INFO
with a random nonce and the migration's and the statement's number. INFO reaches the client at once, whatever
`client_min_messages` says. So the marks are live progress and, where the server gives no position, the name of the
culprit.

The server's parser reads a whole message before it runs any of it: a syntax error in the last file stops the first.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrator.migrating.books import journal
from migrator.migrating.books.entries import Entries
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning.step import Step
from migrator.migrating.running.session_state import SessionState
from migrator.sql.names import literal, quote

LIMIT = 64_000
"""Characters of a message. Every statement's source text is the whole message to logs and audit triggers, so the volume
that they write grows with the square of it; 64 kB cost little and still hold a hundred migrations."""

BEFORE_ANOTHER = "set local synchronous_commit = off"
"""For every transaction that another one of ours follows: the disk is waited for once, by the last. Transactions reach
the disk in order, each with its entry in the ledger, so a crash of the server can only take back the newest ones whole.
https://www.postgresql.org/docs/current/wal-async-commit.html"""

DURABLE = "begin; select pg_catalog.pg_logical_emit_message(true, 'migrator', 'stopped'); commit"
"""Waits until everything that is committed is on the disk: its own commit comes behind all the others."""

OPENING = 0
"""The statement number of what stands before a migration's first statement: BEGIN, settings, the fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all transactions of a run share.

    Attributes:
        entries: the tables that say what is applied.
        own: the schema of our tables.
        nonce: random text that no migration can know.
        pid: our process, for the ledger's lock.
        lock_timeout: seconds that a statement may wait for a lock.
        role: the role that owns what migrations make.
        owed: post-apply migrations that step `owed_by` notes as owed when it is committed, so that a run that ends
            before they have run is made good by the next one.
        owed_by: the index of that step.
        last: the index of the run's last step, behind whose commit `farewell` is sent.
        farewell: SQL that gives the run's lock back, in the same message as the last commit.
        session: what they set in the server's session, and take back.
        strays: there may be notes of the same ids that are not this ledger's, for ours to replace.
    """

    entries: Entries
    own: str
    nonce: str
    pid: int
    lock_timeout: float
    role: str | None = None
    owed: tuple[Migration, ...] = ()
    owed_by: int = -1
    last: int = -1
    farewell: str = ""
    session: SessionState = field(default_factory=SessionState)
    strays: bool = True

    def receipt(self, number: int) -> str:
        """The id of what step `number` leaves in the ledger's log: known before, so that it can be looked for."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.nonce} {number}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a message that is not divided.

    Attributes:
        text: SQL, ending with a separator.
        step: the index of its step.
        statement: `OPENING`, a statement's number from 1, or one more than there are: the closing up to COMMIT.
        offset: where the user's statement begins in `text`, in characters; its length where there is none.
    """

    text: str
    step: int
    statement: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent at once: `starts` holds where each piece begins, in characters."""

    text: str
    pieces: tuple[Piece, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a mark says: the server is about to run this statement."""

    step: int
    statement: int


def mark(frame: Frame, step: int, statement: int) -> str:
    """SQL that tells the client where the server is. Numbers only: an id may hold a `%`."""
    return f"do $m$ begin raise info '{frame.nonce} {step} {statement}'; end $m$;\n"


def read_mark(frame: Frame, message: str) -> Mark | None:
    """The mark in a server's message; None for any other message."""
    nonce, *numbers = message.split(" ")
    if nonce != frame.nonce or len(numbers) != 2:  # noqa: PLR2004 - step and statement
        return None
    return Mark(step=int(numbers[0]), statement=int(numbers[1]))


def milliseconds(seconds: float) -> str:
    """A duration as PostgreSQL's settings take it."""
    return f"'{round(seconds * 1000)}ms'"


def application(step: Step) -> str:
    """The application name under which a step runs: pg_stat_activity shows who is at work."""
    name = f"migrate {'' if step.direction == 'up' else 'down '}{step.migration.id}"
    return name.encode("ascii", "replace").decode()[:63]


def opening(frame: Frame, step: Step, *, followed: bool = False) -> str:
    """From BEGIN to the fence: after it, nobody else can apply or roll back this migration until COMMIT.

    `followed`: another transaction of the same message follows, whose commit makes this one durable, too.
    """
    modes = step.script.modes or "isolation level read committed read write"
    id_ = step.migration.id
    parts = [
        f"begin {modes}",
        f"set local lock_timeout = {milliseconds(frame.lock_timeout)}",
        f"set local application_name = {literal(application(step))}",
    ]
    if followed:
        parts.append(BEFORE_ANOTHER)
    parts += frame.session.passing
    if step.migration.post_apply:
        # under the lock nobody else can have run it since the plan was made
        parts += [journal.still_owed(frame.own, id_)] if frame.session.gate else []
    else:
        entries = frame.entries
        parts.append(entries.record(step.migration) if step.direction == "up" else entries.present(id_))
    parts.append(frame.entries.lock(frame.pid))
    parts += frame.session.chosen(local=True)
    if frame.role is not None:
        parts.append(f"set local role {quote(frame.role)}")
    return ";\n".join(parts) + ";\n"


def closing(frame: Frame, number: int, step: Step) -> str:
    """From the last statement of step `number` to COMMIT: the books, the lock row given back."""
    parts = ["reset session authorization", "reset role", *frame.session.before_commit]
    return ";\n".join([*parts, *books(frame, number, step), "commit"]) + ";\n"


def books(frame: Frame, number: int, step: Step, *, began: str | None = None) -> list[str]:
    """SQL that notes a step as done where its entry is made already (up) or still there (down), and ends the lock row.

    The note of an `up` fails where the entry is not of this very transaction: what ran may have ended ours by means
    that no lexer sees. `began` is an SQL expression for when a file without a transaction began.
    """
    migration, id_, entries, receipt = step.migration, step.migration.id, frame.entries, frame.receipt(number)
    forget = journal.forget(frame.own, entries, id_)
    if migration.post_apply:
        parts = [forget, *entries.log(id_, "apply", receipt)]
    elif step.direction == "up":
        replacing = frame.strays or began is not None  # a file without a transaction was noted when it began
        noted = journal.applied(frame.own, entries, migration, began=began, replacing=replacing)
        parts = [noted, *entries.log(id_, "apply", receipt)]
    else:
        parts = [forget, entries.erase(id_), f"delete from {quote(frame.own, 'seed')}"]
        parts += entries.log(id_, "rollback", receipt)
    if number == frame.owed_by:
        parts += [journal.owed(frame.own, each) for each in frame.owed]
    return [*parts, *entries.unlock(frame.pid)]


def pieces(
    steps: Iterable[Step], frame: Frame, *, first: int = 0, marks: bool = True, before: str = ""
) -> Iterator[Piece]:
    """The run as pieces, step by step.

    `first` is the number of the first step; without `marks` none are set; `before` is SQL that goes ahead of it all.
    """
    steps = list(steps)
    for number, step in enumerate(steps, first):
        followed = number < first + len(steps) - 1
        text = (before if number == first else "") + opening(frame, step, followed=followed)
        yield Piece(text=text, step=number, statement=OPENING, offset=len(text))
        for index, statement in enumerate(step.script.statements, 1):
            announced = mark(frame, number, index) if marks else ""
            sql = step.script.source.text[statement.start : statement.end]
            # a statement may end in a `--` comment, so the separator needs a line of its own
            yield Piece(text=f"{announced}{sql}\n;\n", step=number, statement=index, offset=len(announced))
        end = step.total + 1
        text = mark(frame, number, end) if marks else ""
        text += closing(frame, number, step)
        if not frame.session.pooled:  # else the next client may get the session as soon as no transaction is open
            yield Piece(text=text, step=number, statement=end, offset=len(text))
            text = ""
        done = mark(frame, number, end + 1) if marks else ""
        farewell = f"{frame.farewell};\n" if number == frame.last and frame.farewell else ""
        text += f"{frame.session.reset};\n{done}commit;\n{farewell}"
        yield Piece(text=text, step=number, statement=end + 1, offset=len(text))


def pack(parts: Iterable[Piece], limit: int = LIMIT) -> Iterator[Message]:
    """Pieces as messages of at most `limit` characters; a longer piece travels alone. With a limit of 0 all do."""
    held: list[Piece] = []
    size = 0
    for piece in parts:
        if held and size + len(piece.text) > limit:
            yield _message(held)
            held, size = [], 0
        held.append(piece)
        size += len(piece.text)
    if held:
        yield _message(held)


def _message(parts: list[Piece]) -> Message:
    starts, size = [], 0
    for piece in parts:
        starts.append(size)
        size += len(piece.text)
    return Message(text="".join(piece.text for piece in parts), pieces=tuple(parts), starts=tuple(starts))


def at(message: Message, position: int) -> tuple[Piece, int]:
    """The piece that a server's `position` (characters from 1) falls into, and the offset in the user's statement.

    The offset is negative where the position is in SQL of ours.
    """
    offset = position - 1
    index = max(index for index, start in enumerate(message.starts) if start <= offset)
    piece = message.pieces[index]
    return piece, offset - message.starts[index] - piece.offset
