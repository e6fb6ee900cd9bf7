"""Statements that reach beyond their database: run a second time for a replay, they would change the live server."""

import re
from collections.abc import Iterable

from migrator.errors import InputError
from migrator.migrating.files.migration import Migration
from migrator.source import Source, Span
from migrator.sql.script import without_comments

_WORDS = re.compile(
    r"\b(?:create|alter|drop|comment\s+on)\s+(?:role|user(?!\s+mapping)|group|database|tablespace|system)\b"
    r"|\b(?:reassign|drop)\s+owned\b|\bcreate\s+subscription\b|\bdblink|\bpg_\w+_replication_slot\b",
    re.IGNORECASE,
)

_MEMBERSHIP = re.compile(r"(?:grant|revoke)\b(?!.*\bon\b)", re.IGNORECASE | re.DOTALL)


def server_wide(migrations: Iterable[Migration]) -> Span | None:
    """The first statement that may change what all databases of a server share; also one inside a function or `DO`."""
    for migration in migrations:
        source = migration.up.source
        for statement in migration.up.statements:
            text = without_comments(Source(path=source.path, text=source.text[statement.start : statement.end]))
            if _WORDS.search(text) or _MEMBERSHIP.match(text):
                return source.span(statement.start, statement.end)
    return None


def refuse(migrations: Iterable[Migration]) -> None:
    """Raise `InputError` where migrations must not run on the live server again."""
    where = server_wide(migrations)
    if where is not None:
        raise InputError(
            "this statement changes what all databases of a server share, and the scratch database is on the live one",
            code="scratch-shared",
            where=where,
            outcome="nothing was changed",
            hint="`--scratch embedded:` and `docker:IMAGE` are servers of their own",
        )
