"""What `up`, `down` and `redo` report while they run: a deploy that changes nothing does without."""

from dataclasses import dataclass

from migrator.events.migrating import Direction
from migrator.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan of a run, once its lock is held: the ids in the order in which they will run."""

    direction: Direction
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """The server has begun a statement.

    Attributes:
        id: the migration.
        direction: up or down.
        statement: its number, from 1.
        total: how many statements the migration has.
    """

    id: str
    direction: Direction
    statement: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A migration is committed: applied (up) or rolled back (down).

    Attributes:
        duration: seconds on the server; None where the connection was lost and nothing tells.
        statements: how many ran; 0 for a file without statements.
    """

    id: str
    direction: Direction
    duration: float | None
    statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """A run was cancelled: what is true of the migration that it did not complete.

    Attributes:
        id: the migration.
        direction: up or down.
        stays: how many of its statements are committed nevertheless, 0 where it is rolled back; None where nobody
            could be asked, so that all of it may be committed or nothing.
        total: how many statements it has.
        building: it was building an index concurrently, which stays INVALID.
        unsure: the statement that was cancelled commits for itself: a part of what it does may stay.
    """

    id: str
    direction: Direction
    stays: int | None = None
    total: int = 0
    building: bool = False
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """PostgreSQL raised a NOTICE or WARNING, or a file deserves a word.

    Attributes:
        severity: `NOTICE`, `WARNING` ... as PostgreSQL names it.
        message: the server's words, or ours.
        migration: under which migration it was raised.
        where: the place in a file, where there is one.
        hint: the way out, where there is one.
        code: a stable name such as `comments-edited`, where the words are ours.
    """

    severity: str
    message: str
    migration: str | None = None
    where: Span | None = None
    hint: str | None = None
    code: str | None = None
