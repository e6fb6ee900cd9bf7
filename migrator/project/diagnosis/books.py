"""The ledger and our own tables: whose they are, what they hold, whether this role can use them, who has the lock."""

from typing import Any

from migrator.config import Config
from migrator.database import own
from migrator.database.rights import refuse_unfit
from migrator.database.sessions.session import Session
from migrator.errors import InputError, MigratorError
from migrator.events.status import MigrationStatus
from migrator.migrating.books import ledger
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import holder_query, key, named, row_holder, taken_by_other, waiting
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.standing import statuses
from migrator.migrating.running.beginning import what_is_made
from migrator.migrating.running.blame import books_refused
from migrator.project.diagnosis import grants
from migrator.project.diagnosis.visit import Found, Visit, WrongError


async def ledger_state(visit: Visit) -> Found:
    """Read the ledger as every command does. Raises where a run could not read or write it."""
    session, config = visit.connected, visit.config
    try:
        known = await ledger.read(session, config, emit=visit.emit)
    except MigratorError as error:
        sql = await grants.to_read(session, config) if error.code == "missing-rights" else ()
        raise WrongError(error, sql=sql) from error
    visit.database = database_info(session, known, config)
    await refuse_unfit(session, config.readers)
    entries = known.entries
    rights = await grants.look(session, config, entries)
    facts: dict[str, Any] = {
        "kind": entries.kind,
        "table": entries.shown,
        "exists": not known.missing,
        "ready": known.ready,
        "applied": len(known.applied),
        "journal": rights.journal,
        "protected": known.protected,
        "readers": rights.readers,
        "reads_only": rights.reads_only,
    }
    _refuse_unable(session, config, known, rights, facts)
    whose = "yoyo's" if entries.kind == "yoyo" else "the Supabase CLI's"
    told = f"{whose}, {entries.shown}: "
    told += "not there yet, the first `migrate up` makes it" if known.missing else f"{len(known.applied)} applied"
    warnings: list[tuple[str, str | None]] = []
    told += _files(visit, known, facts, warnings)
    if known.protected:
        told += "; protected"
    if rights.reads_only:
        told += "; this role is one of `readers`, so `status` works and `up` does not"
    warnings += [(f"{name} cannot read all of it", "the next `up` with work grants it") for name in rights.unable]
    warnings += await _holders(session, known, facts)
    if not warnings:
        return Found(message=told, facts=facts)
    return Found(
        message="; ".join([told, *(said for said, _ in warnings)]),
        facts=facts,
        state="warning",
        hint=next((hint for _, hint in warnings if hint), None),
        sql=rights.for_readers,
    )


def _refuse_unable(
    session: Session, config: Config, known: Ledger, rights: grants.Rights, facts: dict[str, Any]
) -> None:
    """Raise what a run with work would raise for want of rights, before it sends anything."""
    if rights.reads_only:
        return
    if not known.ready and rights.creation_refused is not None:
        raise WrongError(
            own.refused(
                session,
                what=what_is_made(config, known),
                schema=known.entries.schema,
                said=rights.creation_refused,
            ),
            facts=facts,
            sql=rights.for_creation,
        )
    if known.ready and rights.writing_refused is not None:
        refused = books_refused(rights.writing_refused)
        # who has just been given the rights to read is not asked to take more
        refused.hint = f"{refused.hint}; where it shall only read, name it in `readers`"
        raise WrongError(refused, facts=facts, sql=rights.for_writing)


def _files(visit: Visit, known: Ledger, facts: dict[str, Any], warnings: list[tuple[str, str | None]]) -> str:
    """How the files stand to the ledger; what `up` would refuse is a warning."""
    facts["pending"] = None
    if visit.migrations is None:
        warnings.append(_unread(visit.unreadable))
        return ""
    try:
        refuse_unversioned(known, visit.migrations)
    except MigratorError as error:
        warnings.append((error.message, error.hint))
        return ""
    found = statuses(visit.migrations, known, out_of_order=visit.config.out_of_order)
    facts["pending"] = sum(each.state in {"pending", "late"} for each in found)
    refused = [each for each in found if each.problem is not None]
    if refused:
        warnings.append((f"`up` refuses: {_counted(refused)}", "`migrate status` says what each of them needs"))
    return f", {facts['pending']} pending"


def _unread(error: InputError | None) -> tuple[str, str | None]:
    if error is None:
        return "the migrations were not read", None
    return (error.message if error.where is None else f"{error.where}: {error.message}"), error.hint


def _counted(found: list[MigrationStatus]) -> str:
    states = list(dict.fromkeys(each.state for each in found))
    return ", ".join(f"{sum(each.state == state for each in found)} {state}" for state in states)


async def _holders(session: Session, known: Ledger, facts: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Who has our lock, and who has the ledger's own; a run would wait for them."""
    facts["locked_by"] = None
    entries: Entries = known.entries
    rows = await session.read(holder_query(key(entries.schema)))
    if rows:
        facts["locked_by"] = named(waiting(rows[0], 0.0))
        return [(f"another `migrate` holds the lock: {facts['locked_by']}", "a run would wait for it")]
    if known.missing or not known.ready:
        return []
    others = await session.read(entries.holder())
    if not others:
        return []
    error = taken_by_other(entries.kind, row_holder(others), outcome="")
    facts["locked_by"] = row_holder(others)
    return [(error.message, error.hint)]
