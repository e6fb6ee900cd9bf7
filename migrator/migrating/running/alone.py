"""Which statements travel by themselves: where somebody stores the text of every message, or a migration may bring it.

A message of many statements would be stored once for each of them; see `books.observers`.
"""

import re
from collections.abc import Sequence

from migrator.migrating.books.ledger import Ledger
from migrator.migrating.planning.step import Step

MENTIONED = re.compile(r"\b(current_query|pgaudit|auto_explain)\b", re.IGNORECASE)


def mentioned(steps: Sequence[Step]) -> tuple[int, str]:
    """The first step that may switch an observer on, by its index, and what it mentions; behind the last for none."""
    for index, step in enumerate(steps):
        found = MENTIONED.search(step.script.source.text)
        if found is not None:
            return index, found[1].lower()
    return len(steps), ""


def alone_from(steps: Sequence[Step], now: Ledger, *, one_by_one: bool) -> int:
    """The index of the first step whose statements travel by themselves; behind the last where none does.

    `now` was read with `observe`. Without PL/pgSQL there are no marks, which a message of many statements needs.
    """
    return 0 if one_by_one or now.observers or not now.plpgsql else mentioned(steps)[0]
