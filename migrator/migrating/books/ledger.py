"""Which migrations are in a database: the tables of its ledger and our journal beside them, read in one round trip.

What the journal knows of an entry counts only while the ledger's entry is the one that it was written for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import ServerError, UnavailableError
from migrator.events import Emit, ignore
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.ledger_choice import choose, likely, two_ledgers
from migrator.migrating.books.ledger_query import probe, query
from migrator.migrating.books.notes import JournalEntry, owner
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.files.folder import MigrationFile


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A migration that is applied.

    Attributes:
        id: its name.
        applied_at: when, in UTC; None where neither the ledger nor the journal knows.
        journal: None when another tool applied it.
        statements: what was applied, where the ledger says so and the journal does not.
    """

    id: str
    applied_at: datetime | None
    journal: JournalEntry | None
    statements: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a database knows of its migrations.

    Attributes:
        database: the database's own name.
        entries: the tables that hold it, or would.
        ready: those tables and ours exist.
        missing: there is no ledger, so nothing can be applied.
        ours: our schema is there, so there may be a record.
        applied: entries by the key of their migration, oldest first; `entry` finds one by an id.
        loose: journal entries without one of the ledger: partial and owed ones; likewise, `note` finds one.
        foreign: keys of migrations without a transaction that are under way, or half done, in another ledger which
            shares our journal.
        strays: the journal may have notes that none of these entries is of: another ledger's, or of what another tool
            has rolled back since.
        supabase: the roles of Supabase exist.
        protected: `migrate protect` has marked the database.
        observers: what writes every statement's source text elsewhere; asked for only before a run.
        plpgsql: the role may use PL/pgSQL, which marks need.
        watchful: the server's platform can watch for a client that is gone.
    """

    database: str = ""
    entries: Entries
    ready: bool
    missing: bool = False
    ours: bool = True
    applied: Mapping[str, LedgerEntry] = field(default_factory=dict)
    loose: Mapping[str, JournalEntry] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()
    strays: bool = True
    supabase: bool = False
    protected: bool = False
    observers: tuple[str, ...] = ()
    plpgsql: bool = True
    watchful: bool = False

    def entry(self, id_: str) -> LedgerEntry | None:
        """The entry of this migration; None while it is not applied."""
        return self.applied.get(self.entries.key(id_))

    def note(self, id_: str) -> JournalEntry | None:
        """The journal's note of a migration that is under way or owed; None where there is none."""
        return self.loose.get(self.entries.key(id_))


def is_settled(files: Iterable[MigrationFile], ledger: Ledger) -> bool:
    """Everything is applied as it is on disk, by hashes alone: a run has nothing to do and nothing to say."""
    keys = set()
    for file in files:
        if file.post_apply:
            continue
        entry = ledger.entry(file.id)
        if entry is None:
            return False
        if entry.journal is not None and entry.journal.sha256 not in {None, file.sha256}:
            return False
        if entry.statements is not None and not _holds(file, entry.statements):
            return False
        keys.add(ledger.entries.key(file.id))
    return not ledger.loose and keys == ledger.applied.keys()


def _holds(file: MigrationFile, statements: Sequence[str]) -> bool:
    from migrator.migrating.files.stored import holds  # only the Supabase CLI's ledger stores statements

    return holds(file.text, statements)


def _entry(row: list[Any]) -> LedgerEntry:
    id_, applied_at, finished_at, state, sha256, without_comments, done, total, duration, statements, *hashes = row
    journal = None
    if state is not None:
        known = [bytes.fromhex(each) for each in hashes[0].split()] if hashes and hashes[0] else []
        journal = JournalEntry(
            state=state,
            sha256=bytes.fromhex(sha256) if sha256 else None,
            sha256_without_comments=bytes.fromhex(without_comments) if without_comments else None,
            done=done,
            total=total,
            duration=duration,
            hashes=tuple(known[1:]),
            owner=known[0] if known else None,
        )
    seconds = finished_at if applied_at is None else applied_at
    return LedgerEntry(
        id=id_,
        applied_at=None if seconds is None else datetime.fromtimestamp(seconds, UTC),
        journal=journal,
        statements=None if statements is None else tuple(statements),
    )


def _ledger(found: dict[str, Any], entries: Entries, *, ready: bool) -> Ledger:
    if found["hidden"]:
        raise UnavailableError(
            f"row level security hides rows of `{entries.shown}` from this role",
            code="ledger-hidden",
            hint=f"`alter table {entries.table} disable row level security`, or use its owner",
        )
    key = entries.key
    loose = {key(row[0]): entry.journal for row in found["loose"] or [] if (entry := _entry(row)).journal is not None}
    applied = {key(entry.id): entry for entry in map(_entry, found["rows"] or [])}
    ours = owner(entries.kind, entries.schema)
    matched = sum(entry.journal is not None for entry in applied.values())
    foreign = frozenset(each for each, note in loose.items() if note.owner not in {None, ours})
    return Ledger(
        entries=entries,
        ready=ready,
        applied=applied,
        loose={each: note for each, note in loose.items() if each not in foreign and _counts(note, applied.get(each))},
        foreign=foreign,
        strays=found["notes"] != matched,
        protected=found["protected"],
        **_surroundings(found),
    )


def _counts(note: JournalEntry, entry: LedgerEntry | None) -> bool:
    """What goes up has no entry yet; what goes down has the very one that the note is of."""
    if note.direction == "up":
        return entry is None
    return entry is not None and entry.journal is not None and entry.journal.direction == "down"


def _surroundings(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "database": found["database"],
        "supabase": found["supabase"],
        "observers": tuple(found["observers"] or ()),
        "plpgsql": found["plpgsql"],
        "watchful": found["watchful"],
    }


async def read(session: Session, config: Config, *, observe: bool = False, emit: Emit = ignore) -> Ledger:
    """What the database knows: one round trip where the tables exist. Writes nothing, locks nothing.

    Whose tables these are says `config.ledger`, else the folder of the migrations, else what there is.

    Args:
        session: where.
        config: names and folders.
        observe: ask for what a run needs to know of its surroundings, too.
        emit: hears which ledger was taken, where that is not plain.

    Raises `UnavailableError` where the tables exist and this role cannot read them, or no schema is current, and
    `StateError` for a ledger that yoyo made before its version 6.
    """
    entries = likely(config)
    try:
        (found,) = await session.read_as_asked(query(entries, config.schema, observe=observe))
    except ServerError as error:
        # no such table, column or schema, or no right to it: the first run, or something to tell apart
        if error.report.sqlstate not in {"42P01", "3F000", "42501", "42703"}:
            raise
        found = None
    if found is not None:
        session.answered_by(found["backend"])
    if found is not None and entries.kind == "yoyo":
        entries = YoyoTables(schema=found["schema"])
    if found is None or (entries.kind == "yoyo" and found["schema"] != found["current"]):
        return await _read_carefully(session, config, observe=observe, emit=emit)
    if found["other"] and config.ledger is None:
        emit(two_ledgers(entries))
    return _ledger(found, entries, ready=True)


async def _read_carefully(session: Session, config: Config, *, observe: bool, emit: Emit) -> Ledger:
    (there,) = await session.read_as_asked(probe(config.schema))
    session.answered_by(there["backend"])
    choice = choose(config, there)
    if choice.told is not None:
        emit(choice.told)
    entries = choice.entries
    unreadable = [entries.shown] if choice.readable is False else []
    ours: dict[str, bool] = there["ours"] or {}
    unreadable += [f"{config.schema}.{name}" for name, readable in ours.items() if not readable]
    if unreadable:
        raise UnavailableError(
            f"this role may not read `{unreadable[0]}`",
            code="missing-rights",
            sqlstate="42501",
            hint="its owner must grant `usage` on its schema and `select` on it, or name this role in `readers`",
        )
    if choice.readable is None:
        protected = "setting" in ours and await _is_protected(session, config)
        return Ledger(
            entries=entries,
            ready=False,
            missing=True,
            ours=bool(ours),
            strays=bool(ours),
            protected=protected,
            **_surroundings(there),
        )
    own = config.schema if "journal" in ours and _may_note(entries, there["journal_columns"]) else None
    (found,) = await session.read(query(entries, own, observe=observe))
    return _ledger(found, entries, ready=own is not None and choice.complete)


async def _is_protected(session: Session, config: Config) -> bool:
    """For a database that has our tables and no ledger yet."""
    from migrator.database import protection

    return (await protection.look(session, config.schema))[1]


def _may_note(entries: Entries, columns: Sequence[str]) -> bool:
    """The journal has the columns that tie its notes to this ledger's entries; one of an earlier version may not."""
    return all(column in columns for column, _ in entries.stamps)
