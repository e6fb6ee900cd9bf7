"""What `accept` shows and returns."""

from dataclasses import dataclass
from typing import Literal

from migrator.events.database import DatabaseInfo

RecordState = Literal["absent", "current", "stale", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """An object that the record will have otherwise.

    Attributes:
        change: `new` where only the schema has it, `gone` where only the record has it.
        kind: its class, such as `table`.
        subject: which one, such as `public.orders`.
    """

    change: Literal["new", "gone", "changed"]
    kind: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """The answer of `migrate accept`.

    Attributes:
        database: where.
        before: what there was: no record (`absent`), one of this state of the ledger (`current`), one of another
            (`stale`), or one that cannot be compared, because another version of the program wrote it (`other`).
        head: the newest migration that is applied.
        recorded_head: the newest one that the record knew of.
        objects: how many objects are recorded.
        changes: what differs from the record that there was.
        moved: another version of the server prints some objects otherwise; how many.
        changed: the record was written, or would be in a dry run.
        digest: what was shown, for whoever agrees to it.
    """

    database: DatabaseInfo
    before: RecordState
    head: str | None
    recorded_head: str | None
    objects: int
    changes: tuple[SchemaChange, ...]
    moved: int
    changed: bool
    digest: str
