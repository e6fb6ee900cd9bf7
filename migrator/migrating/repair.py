"""`migrate mark`: change what the ledger says without running anything."""

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

from migrator.config import Config
from migrator.database.connect import connect
from migrator.database.rights import refuse_unfit
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, InputError, ServerError
from migrator.events import Emit, ignore
from migrator.events.migrating import RunResult
from migrator.migrating.books import journal, ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import by_row, held_by, hold, in_the_way, named, rest, row_holder, taken_by_other
from migrator.migrating.books.scope import scope
from migrator.migrating.files.folder import POST_APPLY
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.plan import resolve
from migrator.migrating.planning.standing import read_all
from migrator.migrating.planning.states import Standing, assess, unapplied
from migrator.migrating.running.beginning import prepare
from migrator.migrating.running.blame import books_refused
from migrator.migrating.running.blockers import writers
from migrator.migrating.running.message import milliseconds
from migrator.migrating.running.recovery import Asked, recover_mark
from migrator.migrating.running.sharing import refuse_pooler
from migrator.schema import record

Mark = Literal["applied", "pending"]


async def mark(
    config: Config, ids: tuple[str, ...], *, state: Mark, until: bool = False, emit: Emit = ignore
) -> RunResult:
    """Enter migrations into the ledger, or erase them from it, running none of their statements.

    `applied` also accepts an edited file as what was applied, and a half-done one as done; `pending` also forgets an
    entry whose file is gone. With `until`, all that come before the last of `ids` are entered too, or all that come
    behind the first are erased too. One transaction, under the ledger's lock, waiting up to `config.wait` seconds.

    Args:
        config: where and what.
        ids: which migrations; ids or unique prefixes.
        state: what the ledger shall say.
        until: with everything before (`applied`) or behind (`pending`).
        emit: hears what happens.

    Raises:
        InputError: an id is unknown or ambiguous, or a file is wrong.
        UnavailableError: no connection, no right, or the lock was held for too long.
    """
    if not ids:
        raise InputError("no migration was named", code="no-migration", hint="`migrate status` lists them")
    migrations = read_all(config)
    async with connect(config, emit, migrating=True) as session:
        known = await ledger.read(session, config, emit=emit)
        refuse_unversioned(known, migrations)
        if not _chosen(assess(migrations, known), ids, state=state, until=until):
            return RunResult(command="mark", database=database_info(session, known, config))
        await refuse_pooler(session)
        await refuse_unfit(session, config.readers)
        after = known
        async with hold(session, known.entries.schema, emit=emit) as held:
            await refuse_pooler(session)  # the lock may have found one out
            await prepare(session, config, known, emit)
            told: str | None = None
            while True:
                known = await ledger.read(session, config)
                chosen = _chosen(assess(migrations, known), ids, state=state, until=until)
                receipts = {standing.id: str(uuid.uuid4()) for standing in chosen}
                try:
                    recorded = scope(config, known).marked if await record.load(session, config.schema) else None
                    if await _written(session, config, known, chosen, receipts, state=state, recorded=recorded):
                        after = await ledger.read(session, config)
                        break
                except ConnectionLostError as error:
                    busy = held_by(known.entries.schema, held.pid or 0)
                    asked = _asked(config, known, receipts, state=state)
                    after = await recover_mark(error, session, emit, busy=busy, question=asked)
                    break
                told = await _wait_for_yoyo(session, known, emit, told)
        pending = unapplied(assess(migrations, after))
    return RunResult(
        command="mark",
        database=database_info(session, known, config),
        marked=tuple(standing.id for standing in chosen),
        marked_as=state,
        pending=pending,
    )


def _chosen(standings: Sequence[Standing], ids: tuple[str, ...], *, state: Mark, until: bool) -> list[Standing]:
    """Those whose entry has to change, in order."""
    known = [standing.id for standing in standings]
    for wanted in ids:
        if wanted.startswith(POST_APPLY) and not any(id_.startswith(wanted) for id_ in known):
            raise InputError(
                f"`{wanted}` cannot be marked: post-apply files have no entry in the ledger",
                code="unknown-migration",
                migration=wanted,
                hint="one that is owed runs with the next `migrate up`",
            )
    named = sorted(known.index(resolve(each, known)) for each in ids)
    if until:
        named = list(range(named[-1] + 1)) if state == "applied" else list(range(named[0], len(known)))
    candidates = [standings[index] for index in named]
    if state == "pending":
        return [each for each in candidates if each.entry is not None or each.loose is not None]
    for each in candidates:
        if each.migration is None and not until:
            raise InputError(
                f"`{each.id}` is {'half done' if each.entry is None else 'applied already'}, and its file is gone",
                code="unknown-migration",
                migration=each.id,
            )
    return [
        each for each in candidates if each.migration is not None and (each.state != "applied" or each.comments_only)
    ]


def _asked(config: Config, known: Ledger, receipts: Mapping[str, str], *, state: Mark) -> Asked:
    """The question whether the ledger says what it was to say: by its log, where it keeps one, else by its entries."""

    async def question(session: Session) -> tuple[Ledger, bool]:
        after = await ledger.read(session, config)
        query = known.entries.logged(list(receipts.values()))
        if query is not None:
            return after, bool((await session.read(query))[0])
        return after, all((after.entry(id_) is not None) == (state == "applied") for id_ in receipts)

    return question


async def _written(
    session: Session,
    config: Config,
    known: Ledger,
    chosen: Sequence[Standing],
    receipts: Mapping[str, str],
    *,
    state: Mark,
    recorded: str | None,
) -> bool:
    """Change the entries in one transaction; False where somebody else has the ledger's own lock.

    `recorded` asks for the ledger's mark, where there is a record of the schema that has to follow.
    """
    entries, own = known.entries, config.schema
    began, ended = ([], []) if recorded is None else ([sql] for sql in record.follow(own, recorded))
    parts = [*entries.remove_dead_lock(own), entries.lock(os.getpid()), *began]
    for standing in chosen:
        if state == "pending":
            parts += [entries.erase(standing.id), journal.forget(own, entries, standing.id)]
            parts += entries.log(standing.id, "unmark", receipts[standing.id])
        elif standing.migration is not None:
            if standing.entry is None:
                parts.append(entries.record(standing.migration))
            else:
                parts += entries.amend(standing.migration)
            if not standing.migration.python:
                parts.append(journal.taken(own, entries, standing.migration, state="marked"))
            parts += entries.log(standing.id, "mark", receipts[standing.id])
    parts += [*entries.unlock(os.getpid()), *ended]
    bounded = f"set local lock_timeout = {milliseconds(config.lock_timeout)}"
    written = False
    try:
        with session.patience.unless(lambda: written):
            await session.run("; ".join(["begin", bounded, *parts, "commit"]))
            written = True
    except ServerError as error:
        await session.rollback()
        if error.report.sqlstate == "42501":
            raise books_refused(error.report.message) from error
        if error.report.sqlstate not in {"23505", "55P03", "22012"}:
            raise
    return written


async def _wait_for_yoyo(session: Session, known: Ledger, emit: Emit, told: str | None) -> str:
    """Wait a little for whoever has the ledger's own lock, and tell of him once; returns of whom was told."""
    with session.patience.waiting():
        rows = await session.read(known.entries.holder())
        patience = session.patience.left
        # a row that is not committed yet cannot be read; whoever has written it is in pg_locks
        writing = in_the_way(await writers(session, known.entries.tables), patience=patience)
        if patience <= 0:
            outcome = f"nothing was changed in the {session.patience.given:g} s that this run waited"
            raise taken_by_other(known.entries.kind, row_holder(rows) or named(writing), outcome=outcome)
        holder = by_row(rows, patience=patience) or writing
        who = holder.application or ""
        if who != told:
            emit(holder)
        await rest(at_most=patience, times=2)
        return who
