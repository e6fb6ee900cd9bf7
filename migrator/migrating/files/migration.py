"""What a migration is, once its files have been read and checked."""

from dataclasses import dataclass

from migrator.events.running import Noticed
from migrator.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A statement, or a BEGIN ... COMMIT group of a file without a transaction: what is committed as one.

    Attributes:
        start: where it begins in the file's text, in characters.
        end: where it ends.
        alone: the server refuses it in a transaction block, or it may end one by itself.
        patient: it waits for other transactions by design, so that a lock timeout would only leave wreckage.
        modes: transaction modes of a group's BEGIN.
        name: the command of one that is alone, such as `CREATE INDEX CONCURRENTLY`.
    """

    start: int
    end: int
    alone: bool = False
    patient: bool = False
    modes: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The statements of one file, checked.

    Attributes:
        source: the text.
        statements: in order; without the BEGIN and COMMIT around a whole file, which our own transaction replaces.
        modes: transaction modes that the file asked for in its BEGIN or SET TRANSACTION, such as `isolation level
            serializable`.
        transactional: all of it runs in one transaction.
    """

    source: Source
    statements: tuple[Unit, ...]
    modes: str = ""
    transactional: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One versioned change.

    Attributes:
        id: its name in the ledger.
        path: its file, as the user would write it.
        title: the first comment of the file.
        depends: ids that must be applied before.
        up: what applies it.
        down: what rolls it back, if that was written.
        sha256: of the file of `up`, see `folder.MigrationFile`.
        sha256_without_comments: of its tokens: what stays the same when only comments or white space change.
        rollback_path: where its rollback is, or would be, as the user would write it.
        post_apply: it runs after every `up` that had work and has no entry in the ledger.
        python: only the `yoyo` command can run it; its scripts are empty.
        warnings: what deserves a word before it runs.
    """

    id: str
    path: str
    title: str
    depends: tuple[str, ...]
    up: Script
    down: Script | None
    sha256: bytes
    sha256_without_comments: bytes
    rollback_path: str = ""
    post_apply: bool = False
    python: bool = False
    warnings: tuple[Noticed, ...] = ()

    @property
    def transactional(self) -> bool:
        """Applying it is one transaction; its rollback may be none."""
        return self.up.transactional
