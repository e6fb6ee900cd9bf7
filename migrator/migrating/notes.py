"""What the journal says of one migration. Pure."""

from dataclasses import dataclass

from migrator.events.migrating import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What we know of a migration beyond the ledger.

    Attributes:
        state: `applied`, `adopted` (applied by another tool, content taken on trust), `partial` (a non-transactional
            file that stopped on the way), `undoing` (likewise on the way down), either with `-unsure` while a statement
            runs that cannot share a transaction with its note, or `owed` (a post-apply file to run).
        sha256: of the file that was applied.
        sha256_without_comments: of its tokens.
        done: statements that are committed.
        total: statements of the file.
        duration: seconds.
        hashes: a short one of every statement, of a file that stopped on the way.
    """

    state: str
    sha256: bytes | None
    sha256_without_comments: bytes | None
    done: int
    total: int
    duration: float | None
    hashes: tuple[bytes, ...] = ()

    @property
    def direction(self) -> Direction:
        """Which way a file went that stopped on it."""
        return "down" if self.state.startswith("undoing") else "up"

    @property
    def unsure(self) -> bool:
        """The statement behind those that are done may have run, too."""
        return self.state.endswith("-unsure")
