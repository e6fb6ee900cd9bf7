"""Which statements travel by themselves: where somebody stores the text of every message, or a migration may bring it.

A message of many statements would be stored once for each of them; see `books.observers`.
"""

import re
from collections.abc import Sequence

from migrator.events import Emit, Noticed
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


def announce(steps: Sequence[Step], now: Ledger, alone: int, *, one_by_one: bool, emit: Emit) -> None:
    """Tell why statements travel by themselves from step `alone` on, and what the files deserve a word for."""
    first, word = mentioned(steps)
    if now.observers:
        what = f"`{now.observers[0]}` stores the text of every message, so each statement is sent by itself"
        emit(Noticed(severity="NOTICE", message=what))
    elif word and alone == first and not one_by_one:
        what = f"`{steps[first].migration.id}` mentions `{word}`, so from there on each statement is sent by itself"
        emit(Noticed(severity="NOTICE", message=what))
    for step in steps:
        for warning in step.migration.warnings if step.direction == "up" else ():
            emit(warning)
