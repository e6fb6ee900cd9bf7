"""A plan as messages, and an error in a message as the statement that is to blame. Pure.

Migrations travel together: one message of the simple protocol holds many transactions, so that a hundred migrations
cost the round trips of one. Marks make up for what a message hides: before every statement a DO block raises an INFO
with a random nonce, the migration's and the statement's number and the server's clock. INFO reaches the client whatever
`client_min_messages` says. So the marks are live progress, the times of statements, and, where the server gives no
position, the name of the culprit.

The server's parser reads a whole message before it runs any of it: a syntax error in the last file stops the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.events.migrating import Direction
from migrator.migrating import entries, journal
from migrator.migrating.migration import Migration, Script
from migrator.sql.names import literal, quote

LIMIT = 64_000
"""Characters of a message. Every statement's source text is the whole message to logs and audit triggers, so the volume
that they write grows with the square of it; 64 kB cost little and still hold a hundred migrations."""

SETTINGS = (
    "set statement_timeout = 0; "
    "do $m$ begin set client_connection_check_interval = '1s'; exception when others then null; end $m$"
)
"""For the session: index builds may take longer than the 2 minutes that Supabase gives a statement, and the server of a
killed client must notice within a second, or it goes on, commits, and keeps our lock meanwhile. Some platforms' servers
cannot watch their client; they go on as before."""

RESET = (
    "begin; reset all; reset session authorization; reset role; discard temp; deallocate all; close all; unlisten *; "
    "discard sequences"
)
"""Everything that a migration can leave in the session. A transaction of its own: in the implicit one of the next BEGIN
its failure would undo it; `discard all` would release our lock."""

OPENING = 0
"""The statement number of what stands before a migration's first statement: BEGIN, settings, the fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration in one direction."""

    migration: Migration
    direction: Direction
    script: Script

    @property
    def total(self) -> int:
        """How many statements it has."""
        return len(self.script.statements)

    @property
    def committed(self) -> int:
        """The statement number of the mark that says it is committed; its closing up to COMMIT has the one before."""
        return self.total + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all transactions of a run share.

    Attributes:
        ledger: the schema of yoyo's tables.
        own: the schema of our tables.
        nonce: random text that no migration can know.
        pid: our process, for yoyo's lock row.
        lock_timeout: seconds that a statement may wait for a lock.
        role: the role that owns what migrations make.
        settings: server settings of the user's address.
        owed: post-apply migrations that step `owed_by` notes as owed when it is committed, so that a run that ends
            before they have run is made good by the next one.
        owed_by: the index of that step.
    """

    ledger: str
    own: str
    nonce: str
    pid: int
    lock_timeout: float
    role: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    owed: tuple[Migration, ...] = ()
    owed_by: int = -1


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
    """What a mark says: the server is about to run this statement; `clock` is its time in seconds."""

    step: int
    statement: int
    clock: float


def mark(frame: Frame, step: int, statement: int) -> str:
    """SQL that tells the client where the server is. Numbers only: an id may hold a `%`."""
    return (
        f"do $m$ begin raise info '{frame.nonce} {step} {statement} %', "
        "extract(epoch from pg_catalog.clock_timestamp()); end $m$;\n"
    )


def read_mark(frame: Frame, message: str) -> Mark | None:
    """The mark in a server's message; None for any other message."""
    nonce, *numbers = message.split(" ")
    if nonce != frame.nonce or len(numbers) != 3:  # noqa: PLR2004 - step, statement, clock
        return None
    return Mark(step=int(numbers[0]), statement=int(numbers[1]), clock=float(numbers[2]))


def milliseconds(seconds: float) -> str:
    """A duration as PostgreSQL's settings take it."""
    return f"'{round(seconds * 1000)}ms'"


def _application(step: Step) -> str:
    name = f"migrate {'' if step.direction == 'up' else 'down '}{step.migration.id}"
    return literal(name.encode("ascii", "replace").decode()[:63])


def opening(frame: Frame, step: Step) -> str:
    """From BEGIN to the fence: after it, nobody else can apply or roll back this migration until COMMIT."""
    modes = step.script.modes or "isolation level read committed read write"
    id_ = step.migration.id
    parts = [
        f"begin {modes}",
        f"set local lock_timeout = {milliseconds(frame.lock_timeout)}",
        f"set local application_name = {_application(step)}",
    ]
    if not step.migration.post_apply:
        fence = entries.record if step.direction == "up" else entries.present
        parts.append(fence(frame.ledger, id_))
    parts.append(entries.lock_row(frame.ledger, frame.pid))
    parts += [f"set local {quote(name)} = {literal(value)}" for name, value in frame.settings]
    if frame.role is not None:
        parts.append(f"set local role {quote(frame.role)}")
    return ";\n".join(parts) + ";\n"


def closing(frame: Frame, number: int, step: Step) -> str:
    """From the last statement of step `number` to COMMIT: the books, the lock row given back."""
    guard = [] if step.migration.post_apply or step.direction == "down" else [_guard(frame, step.migration.id)]
    parts = ["reset session authorization", "reset role", *guard, *books(frame, number, step), "commit"]
    return ";\n".join(parts) + ";\n"


def books(frame: Frame, number: int, step: Step, *, began: str | None = None) -> list[str]:
    """SQL that notes a step as done where its entry is made already (up) or still there (down); ends the lock row."""
    migration, id_ = step.migration, step.migration.id
    if migration.post_apply:
        parts = [journal.forget(frame.own, id_), entries.log(frame.ledger, id_, "apply")]
    elif step.direction == "up":
        parts = [
            journal.applied(frame.own, frame.ledger, migration, began=began),
            entries.log(frame.ledger, id_, "apply"),
        ]
    else:
        parts = [
            entries.erase(frame.ledger, id_),
            journal.forget(frame.own, id_),
            entries.log(frame.ledger, id_, "rollback"),
        ]
    if number == frame.owed_by:
        parts += [journal.owed(frame.own, each) for each in frame.owed]
    return [*parts, entries.unlock_row(frame.ledger, frame.pid)]


def _guard(frame: Frame, id_: str) -> str:
    # what ran may have ended our transaction by means that no lexer sees; then the entry is not of this one
    return (
        f"select 1 / count(*) from {quote(frame.ledger, entries.MIGRATION)} "
        f"where migration_hash = '{entries.hash_of(id_)}' and xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid"
    )


def pieces(steps: Iterable[Step], frame: Frame, *, first: int = 0, marks: bool = True) -> Iterator[Piece]:
    """The run as pieces, step by step. `first` is the number of the first step; without `marks` none are set."""
    for number, step in enumerate(steps, first):
        text = opening(frame, step)
        yield Piece(text=text, step=number, statement=OPENING, offset=len(text))
        for index, statement in enumerate(step.script.statements, 1):
            before = mark(frame, number, index) if marks else ""
            sql = step.script.source.text[statement.start : statement.end]
            # a statement may end in a `--` comment, so the separator needs a line of its own
            yield Piece(text=f"{before}{sql}\n;\n", step=number, statement=index, offset=len(before))
        end = step.total + 1
        text = mark(frame, number, end) if marks else ""
        text += closing(frame, number, step)
        yield Piece(text=text, step=number, statement=end, offset=len(text))
        done = mark(frame, number, end + 1) if marks else ""
        text = f"{RESET};\n{done}{SETTINGS};\ncommit;\n"
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
