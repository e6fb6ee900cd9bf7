"""Where a file without a transaction goes on after it stopped, and whether it may. Pure.

The journal holds a short hash of every statement. What is committed must be what the file still says, comments and
layout aside; what is not may be edited.
"""

import hashlib
import shlex
from typing import Literal

from migrator.errors import StateError
from migrator.events.migrating import Direction
from migrator.migrating.books.notes import HASH_LENGTH, JournalEntry
from migrator.migrating.files.migration import Migration, Script, Unit
from migrator.migrating.planning.replay import NotReplayableError, again
from migrator.migrating.planning.step import Step
from migrator.source import Source
from migrator.sql.lexer import lexeme_texts

RUN_AGAIN = frozenset({"VACUUM", "CLUSTER", "ALTER SYSTEM", "DISCARD ALL", "ALTER DATABASE SET TABLESPACE"})
SETTLED = frozenset({"CREATE INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY", "ALTER TABLE ... DETACH CONCURRENTLY"})


def repeatable(unit: Unit) -> bool:
    """Running it a second time does what running it once does."""
    return unit.name in RUN_AGAIN or unit.name.startswith("REINDEX") or unit.name.endswith("REFRESH")


def settled(unit: Unit) -> bool:
    """The catalog tells whether it has run."""
    return unit.name in SETTLED


def doubtful(unit: Unit) -> bool:
    """After a crash nobody can tell whether it has run: it commits for itself and leaves no trace that we know."""
    return unit.alone and not repeatable(unit) and not settled(unit)


def hashes(script: Script) -> tuple[bytes, ...]:
    """A short hash of every unit: of its tokens without comments, and of the modes of its BEGIN."""
    return tuple(_hash(script.source, unit) for unit in script.statements)


def _hash(source: Source, unit: Unit) -> bytes:
    tokens = " ".join(lexeme_texts(source.text, unit.start, unit.end))
    return hashlib.sha256(f"{unit.modes};{tokens}".encode()).digest()[:HASH_LENGTH]


def stays(id_: str, done: int, total: int, direction: Direction = "up", *, unsure: bool = False) -> str:
    """What of a file is committed, as a sentence; `unsure`: the next statement may have run, or a part of it."""
    if done == 0 and unsure:
        return f"nothing of `{id_}` is known to be committed"
    if done == 0:
        return f"nothing of `{id_}` is committed" if direction == "up" else f"`{id_}` is still applied"
    return f"statement 1 of {total} stays" if done == 1 else f"statements 1-{done} of {total} stay"


def step(migration: Migration, script: Script, direction: Direction, note: JournalEntry | None) -> Step:
    """The migration as a step, from its first statement or from where `note` says that an earlier run stopped.

    Raises `StateError` where it cannot go on there; see `unfinished`.
    """
    if note is None:
        return Step(migration=migration, direction=direction, script=script)
    problem = unfinished(migration, note, direction)
    if problem is not None:
        raise problem
    return Step(migration=migration, direction=direction, script=script, done=note.done, unsure=note.unsure)


def refreshed(planned: Step, note: JournalEntry | None) -> Step:
    """A step of an earlier plan as it stands by now."""
    note = None if note is None or note.direction != planned.direction else note
    return step(planned.migration, planned.script, planned.direction, note)


def unfinished(migration: Migration, note: JournalEntry, direction: Direction) -> StateError | None:
    """Why a run in this direction cannot go on with a file that `note` says has stopped; None where it can.

    `migration-partial`: it went the other way, nobody knows what it looked like, or the rest needs what its session has
    lost. `partial-modified`: what is done was edited. `migration-unsure`: nobody can tell whether a statement has run.
    """
    if note.direction != direction:
        return _other_way(migration, note)
    script = migration.up if direction == "up" else migration.down
    if script is None:
        return _edited(migration, note, "its rollback file is gone", Source(path=migration.rollback_path, text=""))
    if script.transactional:
        if note.done or note.unsure:
            return _edited(migration, note, "the file runs in a transaction now", script.source)
        return None
    return _changed(migration, note, script) or _doubt(migration, note, script) or _lost(migration, note, script)


def _other_way(migration: Migration, note: JournalEntry) -> StateError:
    id_, up = migration.id, note.direction == "up"
    what = "half applied: it" if up else "half rolled back: its rollback"
    where = f"after statement {note.done} of {note.total}" if note.done else f"at the first of {note.total} statements"
    refused = unfinished(migration, note, note.direction)
    way = f"finish {'it' if up else 'that'} with `migrate {note.direction}`; or {by_hand(id_, note.direction)}"
    return StateError(
        f"`{id_}` is {what} stopped {where}",
        code="migration-partial",
        migration=id_,
        outcome=stays(id_, note.done, note.total, note.direction, unsure=note.unsure),
        hint=way if refused is None else refused.hint,
    )


def _changed(migration: Migration, note: JournalEntry, script: Script) -> StateError | None:
    known = hashes(script)
    if len(note.hashes) < note.done:
        return _edited(migration, note, "what ran is not known: an older version wrote the note", script.source)
    for number, before in enumerate(note.hashes[: note.done], 1):
        if number > len(known):
            return _edited(migration, note, f"statement {number}, which is committed, was removed", script.source)
        if known[number - 1] != before:
            unit = script.statements[number - 1]
            what = f"statement {number}, which is committed, was edited"
            return _edited(migration, note, what, script.source, number=number, unit=unit)
    return None


def _edited(
    migration: Migration, note: JournalEntry, what: str, source: Source, *, number: int = 0, unit: Unit | None = None
) -> StateError:
    id_ = migration.id
    first = {0: "the file", 1: "the first statement"}.get(note.done, f"the first {note.done} statements")
    return StateError(
        f"{_whose(note)}`{id_}` stopped after statement {note.done} of {note.total}, and {what}",
        code="partial-modified",
        migration=id_,
        where=source.span(0) if unit is None else source.span(unit.start, unit.end),
        statement=number or None,
        outcome=stays(id_, note.done, note.total, note.direction),
        hint=f"restore {first} (comments may differ), edit only what comes after and run `migrate {note.direction}` "
        f"again; or {by_hand(id_, note.direction)}",
    )


def _doubt(migration: Migration, note: JournalEntry, script: Script) -> StateError | None:
    """The statement that was running when the last run ended: it has to be the same one, and of a kind that tells."""
    if not note.unsure:
        return None
    number = note.done + 1
    unit = script.statements[note.done] if note.done < len(script.statements) else None
    same = unit is not None and note.hashes[note.done : number] == (_hash(script.source, unit),)
    if unit is not None and same and not doubtful(unit):
        return None
    first = (
        "look at the database" if same else "restore that statement and run the command again, or look at the database"
    )
    return StateError(
        f"{_whose(note)}`{migration.id}` was cut off in statement {number} of {note.total}, and whether that has run "
        + ("cannot be told" if same else "cannot be told any more: it was edited since"),
        code="migration-unsure",
        migration=migration.id,
        where=script.source.span(0) if unit is None else script.source.span(unit.start, unit.end),
        statement=number,
        outcome=stays(migration.id, note.done, note.total, note.direction, unsure=True),
        hint=f"{first}; then {by_hand(migration.id, note.direction)}",
    )


def _lost(migration: Migration, note: JournalEntry, script: Script) -> StateError | None:
    try:
        again(script, note.done)
    except NotReplayableError as error:
        unit = script.statements[error.number - 1]
        lost = f"the temporary table `{error.name}`" if error.name else "a setting"
        return StateError(
            f"{_whose(note)}`{migration.id}` stopped after statement {note.done} of {note.total}, and the rest needs "
            f"{lost}, which ended with its session",
            code="migration-partial",
            migration=migration.id,
            where=script.source.span(unit.start, unit.end),
            statement=error.number,
            outcome=stays(migration.id, note.done, note.total, note.direction),
            hint="a query put it there, and would find something else by now: let the rest do without it and run "
            f"`migrate {note.direction}` again; or {by_hand(migration.id, note.direction)}",
        )
    return None


def marking(id_: str, state: Literal["applied", "pending"]) -> str:
    """The command that changes what the ledger says of a migration."""
    return f"`migrate mark {shlex.quote(id_)} --{state}`"


def by_hand(id_: str, direction: Direction) -> str:
    """The way out without another run."""
    finished, undone = marking(id_, "applied"), marking(id_, "pending")
    if direction == "down":
        finished, undone = undone, finished
    return f"finish it by hand and {finished}, or undo it by hand and {undone}"


def _whose(note: JournalEntry) -> str:
    return "" if note.direction == "up" else "the rollback of "
