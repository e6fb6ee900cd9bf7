"""What a migration is, once its files have been read and checked."""

from dataclasses import dataclass
from pathlib import Path

from migrator.events.migrating import Noticed
from migrator.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFile:
    """A file of a migrations folder, read but not looked into: enough to see whether anything has changed.

    Attributes:
        id: the file name without its ending.
        path: the file.
        shown: the path as the user would write it.
        data: its bytes.
        sha256: of the bytes with line ends made one, so that a checkout with CRLF is the same file.
        rollback: the file that rolls it back, if there is one.
        post_apply: it runs after every `up` that had work.
        python: a migration that only the `yoyo` command can run.
    """

    id: str
    path: Path
    shown: str
    data: bytes
    sha256: bytes
    rollback: Path | None = None
    post_apply: bool = False
    python: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A statement, or a BEGIN ... COMMIT group of a file without a transaction: what is committed as one.

    Attributes:
        start: where it begins in the file's text, in characters.
        end: where it ends.
        alone: the server refuses it in a transaction block.
        patient: it waits for other transactions by design, so that a lock timeout would only leave wreckage.
        modes: transaction modes of a group's BEGIN.
    """

    start: int
    end: int
    alone: bool = False
    patient: bool = False
    modes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The statements of one file, checked.

    Attributes:
        source: the text.
        statements: in order; without the BEGIN and COMMIT around a whole file, which our own transaction replaces.
        modes: transaction modes that the file asked for in its BEGIN or SET TRANSACTION, such as `isolation level
            serializable`.
    """

    source: Source
    statements: tuple[Unit, ...]
    modes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One versioned change.

    Attributes:
        id: its name in the ledger.
        path: its file, as the user would write it.
        title: the first comment of the file.
        depends: ids that must be applied before.
        transactional: all its statements run in one transaction.
        up: what applies it.
        down: what rolls it back, if that was written.
        sha256: of the file of `up`, see `MigrationFile`.
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
    transactional: bool
    up: Script
    down: Script | None
    sha256: bytes
    sha256_without_comments: bytes
    rollback_path: str = ""
    post_apply: bool = False
    python: bool = False
    warnings: tuple[Noticed, ...] = ()
