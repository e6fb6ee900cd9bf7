"""A `.sql` seed file: its statements, and what the comments in its first lines say. It runs in one transaction."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError
from migrator.seeding.files.csvfile import changed_meanwhile
from migrator.source import Source
from migrator.sql.kinds import Kind, describe
from migrator.sql.script import split
from migrator.sql.statement import Statement
from migrator.sql.text import decode

_DIRECTIVE = re.compile(r"--[ \t]*(env|rerun|after)[ \t]*:[ \t]*(.*?)[ \t\r]*")
_ITS_OWN = frozenset({Kind.BEGIN, Kind.COMMIT, Kind.ROLLBACK, Kind.CHAIN, Kind.PREPARE_TRANSACTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A `.sql` seed file.

    Attributes:
        source: its text.
        statements: in order.
        rerun: it may run again when it has changed.
    """

    source: Source
    statements: tuple[Statement, ...]
    rerun: bool


def read_script(path: Path, shown: str, sha256: bytes) -> Script:
    """Read and check a file whose bytes have this hash.

    Raises `InputError` at its place for what is not UTF-8, what cannot be split into statements, what only psql can
    run, and what cannot run in a transaction of ours.
    """
    data = _bytes(path, shown)
    if hashlib.sha256(data).digest() != sha256:
        raise changed_meanwhile(shown)
    source = decode(shown, data)
    _, rerun = _directives(source)
    statements = split(source)
    for statement in statements:
        _refuse(statement)
    return Script(source=source, statements=statements, rerun=rerun)


def environments(path: Path, shown: str) -> tuple[str, ...] | None:
    """The environments that `-- env:` names; None: it applies in all. Raises `InputError` as `read_script` does."""
    return _directives(decode(shown, _bytes(path, shown)))[0]


def _bytes(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{shown}`: {error.strerror}", code="unreadable-file") from error


def _directives(source: Source) -> tuple[tuple[str, ...] | None, bool]:
    """What the comment lines before everything else say: the environments, and whether the file may run again."""
    found: dict[str, str] = {}
    start = 0
    for line in source.text.splitlines(keepends=True):
        if line.strip() and not line.startswith("--"):
            break
        match = _DIRECTIVE.fullmatch(line.rstrip("\n"))
        if match is not None:
            name, value = match[1], match[2]
            at = start + match.start(1)
            if name in found:
                _fail(source, at, name, f"`-- {name}:` stands twice", "keep one of them")
            if name == "after":
                _fail(source, at, name, "a `.sql` seed has no `after`", "it waits for every file before it: rename it")
            if name == "rerun" and value not in {"true", "false"}:
                _fail(source, at, name, f"`rerun` is `true` or `false`, not `{value}`", None)
            if name == "env" and not value:
                _fail(source, at, name, "`-- env:` names no environment", "write `-- env: local, preview`")
            found[name] = value
        start += len(line)
    env = tuple(found["env"].replace(",", " ").split()) if "env" in found else None
    return env, found.get("rerun") == "true"


def _fail(source: Source, at: int, name: str, message: str, hint: str | None) -> None:
    where = source.span(at, at + len(name))
    raise InputError(message, code="seed-format", where=where, outcome="nothing was loaded", hint=hint)


def _refuse(statement: Statement) -> None:
    known = describe(statement)
    if known.kind in _ITS_OWN:
        raise InputError(
            f"a `.sql` seed runs in one transaction, so it has no `{known.name}` of its own",
            code="seed-transaction",
            where=statement.span,
            outcome="nothing was loaded",
            hint="remove it: all of the file is committed, or nothing",
        )
    if known.kind is Kind.OUTSIDE:
        raise InputError(
            f"`{known.name}` cannot run in a transaction, and a `.sql` seed runs in one",
            code="seed-transaction",
            where=statement.span,
            outcome="nothing was loaded",
            hint="put it into a migration with `-- transactional: false`",
        )
