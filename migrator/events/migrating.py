"""What `up`, `down`, `redo` and `mark` return; what they report is in `running`."""

from dataclasses import dataclass
from typing import Literal

from migrator.events.database import DatabaseInfo

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One migration that a run committed; `duration` in seconds, None where nothing tells."""

    id: str
    direction: Direction
    duration: float | None
    statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What `up`, `down`, `redo` and `mark` did.

    Attributes:
        command: which of them.
        database: where.
        done: what is committed, in order; empty for a dry run.
        pending: ids that are still to apply afterwards.
        ahead: ids in the ledger behind the newest file.
        dry_run: nothing was sent; `planned` tells what would be.
        planned: ids in the order in which they would run.
        messages: the exact SQL of a dry run with `--sql`.
        drift_before: objects changed outside migrations before this run.
        marked: ids whose ledger entry `mark` changed.
        marked_as: what it says of them now.
    """

    command: Literal["up", "down", "redo", "mark"]
    database: DatabaseInfo
    done: tuple[Done, ...] = ()
    pending: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    dry_run: bool = False
    planned: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    drift_before: int = 0
    marked: tuple[str, ...] = ()
    marked_as: Literal["applied", "pending"] | None = None
