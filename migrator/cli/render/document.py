"""What every JSON document is made of: its text, a place, a failure."""

import json
import re
from dataclasses import asdict
from typing import Any

from migrator.cli.render.safe import short
from migrator.errors import MigratorError
from migrator.source import Span

# inside a JSON string these may stand as they are, but a terminal would obey them
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def dumps(document: dict[str, Any]) -> str:
    """The document's text: readable, UTF-8, and harmless on a terminal."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def place(where: Span | None) -> dict[str, Any] | None:
    """A place in a file; null where there is none."""
    return None if where is None else {"path": where.path, "line": where.line, "column": where.column}


def failure(error: MigratorError, exit_code: int) -> dict[str, Any]:
    """The object `error`; `causes` only where there are several."""
    document: dict[str, Any] = {
        "code": error.code,
        "exit": exit_code,
        "message": short(error.message),
        "detail": error.detail and short(error.detail),
        "outcome": error.outcome,
        "hint": error.hint and short(error.hint),
        "where": place(error.where),
        "sqlstate": error.sqlstate,
        "migration": error.migration,
        "statement": error.statement,
        "done": list(error.done),
    }
    if error.blockers:
        document["blockers"] = [asdict(each) for each in error.blockers]
    if error.causes:
        document["causes"] = [failure(cause, cause.exit_code) for cause in error.causes]
    return document
