"""What the journal says of one migration. Pure."""

import hashlib
from dataclasses import dataclass

from migrator.events.migrating import Direction

UNDER_WAY = ("partial", "partial-unsure", "undoing", "undoing-unsure")
"""States of a file without a transaction that runs, or that has stopped on its way."""

HASH_LENGTH = 8
"""Bytes of a short hash: they tell an edit, they do not withstand an attack."""


def owner(kind: str, schema: str) -> bytes:
    """Which ledger a note of what is under way belongs to; it stands before the hashes of the statements.

    Ledgers in several schemas share the journal, whose key is the migration's id. A note of what is applied carries the
    time of its entry; one of what is under way has no entry yet.
    """
    return hashlib.sha256(f"{kind} {schema}".encode()).digest()[:HASH_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What we know of a migration beyond the ledger.

    Attributes:
        state: `applied`, `adopted` (applied by another tool, content taken on trust), `marked` (entered by `migrate
            mark`, which ran nothing), `partial` (a non-transactional file that stopped on the way), `undoing` (likewise
            on the way down), either with `-unsure` while a statement runs that cannot share a transaction with its
            note, or `owed` (a post-apply file to run).
        sha256: of the file that was applied.
        sha256_without_comments: of its tokens.
        done: statements that are committed.
        total: statements of the file.
        duration: seconds.
        hashes: a short one of every statement, of a file that stopped on the way.
        owner: the ledger that it belongs to, likewise; None where an older version wrote the note.
    """

    state: str
    sha256: bytes | None
    sha256_without_comments: bytes | None
    done: int
    total: int
    duration: float | None
    hashes: tuple[bytes, ...] = ()
    owner: bytes | None = None

    @property
    def direction(self) -> Direction:
        """Which way a file went that stopped on it."""
        return "down" if self.state.startswith("undoing") else "up"

    @property
    def unsure(self) -> bool:
        """The statement behind those that are done may have run, too."""
        return self.state.endswith("-unsure")
