"""`migrate verify`: is this schema the one that we made, and is it safe? The order of the questions, and their answer.

Files, connection, ledger; then one read-only transaction over one snapshot with the catalog, the record and the checks;
then seeds, when asked. A part that cannot be told is no reason to keep the others silent, and never a yes.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from migrator.config import Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError, UnavailableError
from migrator.events import Emit, ignore
from migrator.events.verifying import SEVERITIES, Severity, VerifyResult
from migrator.migrating.books import ledger, lock
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.files.migration import Migration
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.standing import read_all
from migrator.schema import reading, record
from migrator.schema.record import TABLE
from migrator.schema.scope import Scope, fingerprint
from migrator.verifying import ignoring
from migrator.verifying.asking import checking, surroundings
from migrator.verifying.checks import all_checks, v401_seed_differs
from migrator.verifying.expecting import committed
from migrator.verifying.expecting.expected import NOTHING_COMPARED, Expected
from migrator.verifying.judging import View, judged

Against = Literal["record", "replay"] | Path

OLDEST = 140000
"""The `server_version_num` from which on the catalog is known."""

ATTEMPTS = 5
"""How often the ledger is read again because a deploy ran between it and the schema."""

OUT_OF_TIME = frozenset({"55P03", "57014"})
"""A lock that was not had and a cancelled statement: asking the same in parts would take many times as long."""


async def verify(
    config: Config,
    *,
    against: Against = "record",
    check_seeds: bool = False,
    fail_on: Severity = "error",
    emit: Emit = ignore,
) -> VerifyResult:
    """Tell whether the database is what the migrations make, and whether it is safe. Writes nothing, locks nothing.

    Compares the ledger with the files, the live schema with the record that the last run left or with a replay, and
    asks the checks of security and health. Works through any pooler, for a role with CONNECT that may read the ledger
    and the schema `migrator` (see `readers`). While it reads the definitions of views it holds ACCESS SHARE locks, as
    every query does.

    Args:
        config: where and what.
        against: what the schema is compared with: the `record` of the last run; a `replay`, which is what is applied,
            applied to an empty scratch database (`config.scratch`); or a folder of `migrate snapshot`.
        check_seeds: compare the seed files with the rows of the database, too; see `migrator.check_seeds`.
        fail_on: the mildest severity at which the answer is no.
        emit: hears which server was started for it, and which ledger and which schemas were taken.

    Raises:
        InputError: a file is wrong, the folder holds no snapshot, or the scratch database is the configured one, is not
            empty, or must not be on the live server.
        UnavailableError: no connection, or no right to read the ledger. What else cannot be told is in the result.
    """
    ignoring.refuse_unknown(config.ignore)
    migrations = read_all(config)
    expected: Expected | MigratorError | None = committed.read(against) if isinstance(against, Path) else None
    async with connect(config, emit) as session:
        refuse_old(session)
        known, view, obstacle = await _look(session, config, migrations, emit)
        info = database_info(session, known, config)
        if against == "replay" and view is not None:
            from migrator.verifying.replaying.replay import replayed

            expected = await replayed(session, config, migrations, known, supabase=info.supabase, emit=emit)
        if against == "record" and view is not None:
            expected = await _running(session, known, view)
    if isinstance(against, Path) and isinstance(expected, Expected) and view is not None:
        expected = committed.comparable(expected, view.live)
    answer = judged(config, migrations, known, view, expected)
    untold = [*answer.untold, *([] if obstacle is None else [obstacle])]
    found, left_out, asked = [*answer.findings], [*answer.not_compared], {*answer.asked}
    if check_seeds:
        from migrator.verifying.telling import seeds

        of_seeds, not_compared, failed = await seeds.findings(config, emit)
        found += of_seeds
        left_out += not_compared
        untold += [] if failed is None else [failed]
        asked |= {v401_seed_differs.CHECK.code} if failed is None else set()
    if view is not None and view.around.has_api:
        emit(view.around.told)
    rest = ignoring.remaining(found, config.ignore, asked=asked, today=datetime.now(UTC).date())
    return VerifyResult(
        command="verify",
        database=info,
        against=answer.against,
        findings=tuple(sorted(rest.findings, key=lambda each: SEVERITIES.index(each.severity))),
        compared=answer.compared,
        platform=answer.platform,
        not_compared=tuple(left_out),
        ignored=rest.ignored,
        fail_on=fail_on,
        untold=tuple(untold),
    )


def refuse_old(session: Session) -> None:
    """Raise `UnavailableError` for a server whose catalog is not known. No round trip."""
    number, text = session.version
    if number < OLDEST:
        raise UnavailableError(
            f"PostgreSQL {text} is too old: its catalog is not known, only that of version {OLDEST // 10000} and later",
            code="server-version",
            hint="a newer server",
        )


async def _look(
    session: Session, config: Config, migrations: tuple[Migration, ...], emit: Emit
) -> tuple[Ledger, View | None, UnavailableError | None]:
    """The ledger and what one snapshot shows of the same state of it; or the ledger, and why there is nothing more."""
    known = await _ledger(session, config, emit)
    for _ in range(ATTEMPTS):
        refuse_unversioned(known, migrations)
        try:
            view = await _view(session, scope(config, known))
        except UnavailableError as error:
            return known, None, error
        # the ledger was read before the snapshot: a deploy may have come between
        if view.live.ledger in {None, fingerprint(entry.id for entry in known.applied.values())}:
            return known, view, None
        before, known = known, await _ledger(session, config, ignore)
        if before.applied == known.applied:
            return known, view, None
    return known, None, reading.busy("migrations are being applied all the time")


async def _ledger(session: Session, config: Config, emit: Emit) -> Ledger:
    try:
        return await ledger.read(session, config, emit=emit)
    except ServerError as error:
        raise _unreadable("ledger", error) from error


async def _view(session: Session, of: Scope) -> View:
    try:
        return await reading.steadily(session, lambda: _ask(session, of))
    except ServerError as error:
        await session.give_up()
        raise _unreadable("schema", error) from error


async def _running(session: Session, known: Ledger, view: View) -> UnavailableError | None:
    """Where the record does not count: whether that is because a run is not done yet. One round trip then."""
    if view.record is not None and view.record.schema.ledger == view.live.ledger and not known.loose:
        return None
    rows = await session.read(lock.holder_query(lock.key(known.entries.schema)))
    if not rows:
        return None
    return reading.busy(f"migrations are being applied just now, by {lock.named(lock.waiting(rows[0], 0.0))}")


def _unreadable(what: str, error: ServerError) -> UnavailableError:
    """Nothing ran that could be half done: whatever the server refuses is a question without an answer."""
    return UnavailableError(
        f"the {what} could not be read: {error.report}",
        code="schema-unreadable",
        sqlstate=error.report.sqlstate,
        detail=error.detail,
        outcome=NOTHING_COMPARED,
        hint=error.hint,
    )


async def _ask(session: Session, of: Scope) -> View:
    around = await surroundings.look(session, of, first=reading.SETTINGS)
    kept = await record.fetch(session, of.own) if around.books.get(TABLE, False) is None else None
    # in a thread: the server has a schema to read meanwhile
    unpacking = None if kept is None else asyncio.create_task(asyncio.to_thread(record.unpack, kept))
    live = await reading.read_opened(session, of, then=None)
    known = None if unpacking is None else await unpacking
    left_out = tuple(
        check for check in all_checks() if (check.supabase_only and not around.has_api) or check.reads in around.unread
    )
    asked = tuple(check for check in all_checks() if check not in left_out)
    refused: dict[str, UnavailableError] = {}
    try:
        found = await checking.findings(session, asked, of, then="rollback")
    except ServerError as error:
        if error.report.sqlstate in OUT_OF_TIME:
            raise
        await session.rollback()
        found, refused = await checking.one_by_one(session, asked, of)
    return View(around=around, live=live, record=known, found=found, left_out=left_out, refused=refused)
