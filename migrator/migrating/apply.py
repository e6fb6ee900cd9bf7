"""`migrate up`: apply every pending migration."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.connect import connect
from migrator.errors import StateError, UnavailableError
from migrator.events import Emit, Noticed, ignore
from migrator.events.migrating import Done, RunResult
from migrator.migrating import folder, ledger
from migrator.migrating.attempts import Attempts
from migrator.migrating.execute import groups
from migrator.migrating.ledger import Ledger
from migrator.migrating.message import LIMIT, Frame, Step, pack, pieces
from migrator.migrating.migration import Migration, MigrationFile
from migrator.migrating.plan import Standing, assess, is_settled, plan_up
from migrator.migrating.run import database_info, frame, refuse_pooler


async def up(
    config: Config,
    *,
    to: str | None = None,
    dry_run: bool = False,
    with_sql: bool = False,
    strict: bool = False,
    one_by_one: bool = False,
    allow_transaction_pooler: bool = False,
    emit: Emit = ignore,
) -> RunResult:
    """Apply every pending migration, oldest first, up to and including `to` (an id or a unique prefix of one).

    A run with nothing to do and a dry run write nothing and take no lock. Otherwise the run takes the ledger's lock,
    waiting up to `config.wait` seconds, and commits each migration with its entry in the ledger. Nothing is sent before
    all pending files are read and checked.

    Args:
        config: where and what.
        to: the last migration to apply.
        dry_run: tell what would be applied.
        with_sql: with `dry_run`, give the exact messages, too.
        strict: refuse a database that is ahead of the files.
        one_by_one: send a statement at a time.
        allow_transaction_pooler: run behind a transaction pooler, on the ledger's fence alone.
        emit: hears what happens.

    Raises:
        InputError: a file is wrong; nothing was applied.
        StateError: files and database disagree; nothing was changed.
        UnavailableError: no connection, no right, or the lock was held for too long.
        WorkError: a migration failed and was rolled back; `.done` holds what is applied.
    """
    async with _found(config) as finding, connect(config, emit, migrating=True) as session:
        refuse_pooler(session, allowed=allow_transaction_pooler)
        known = await ledger.read(session, config)
        files = await finding
        if to is None and is_settled(files, known):
            session.abandon()
            return RunResult(command="up", database=database_info(session, known, config), dry_run=dry_run)
        migrations = _parsed(files)

        def plan(now: Ledger) -> tuple[Step, ...]:
            standings = assess([each for each in migrations if not each.post_apply], now)
            steps = plan_up(standings, to=to, out_of_order=config.out_of_order, strict=strict)
            return (*steps, *_afterwards(migrations, now, steps))

        try:
            steps = plan(known)
        except StateError:
            # a file that is half done may be another runner's, which is at it: the lock tells
            if dry_run or not any(note.state == "partial" for note in known.loose.values()):
                raise
            steps = None
        standings = assess([each for each in migrations if not each.post_apply], known)
        _tell_edited(standings, emit)
        database = database_info(session, known, config)
        if dry_run and steps is not None:
            ids = tuple(step.migration.id for step in steps)
            shared = frame(session, config, known, steps)
            messages = _messages(steps, shared, limit=0 if one_by_one else LIMIT) if with_sql else ()
            return RunResult(
                command="up",
                database=database,
                dry_run=True,
                planned=ids,
                pending=_pending(standings, ()),
                ahead=_ahead(standings),
                messages=messages,
            )
        done: tuple[Done, ...] = ()
        if steps is None or steps:
            attempts = Attempts(
                session=session, config=config, plan=plan, migrations=migrations, emit=emit, one_by_one=one_by_one
            )
            done = await attempts.run(known)
        return RunResult(
            command="up",
            database=database,
            done=done,
            pending=_pending(standings, tuple(each.id for each in done)),
            ahead=_ahead(standings),
        )


@asynccontextmanager
async def _found(config: Config) -> AsyncIterator[asyncio.Task[tuple[MigrationFile, ...]]]:
    """Read the files in a thread, while the connection is on its way.

    What is wrong with them is said first, also where there is no connection.
    """
    task = asyncio.create_task(asyncio.to_thread(folder.find, config.migrations))
    try:
        yield task
    except UnavailableError:
        _parsed(await task)
        raise
    finally:
        await asyncio.wait([task])


def _parsed(files: Sequence[MigrationFile]) -> tuple[Migration, ...]:
    # a deploy that changes nothing never comes here, and saves the time to import yoyo and to read all files
    from migrator.migrating.files import read_migrations

    return read_migrations(files)


def _afterwards(migrations: Sequence[Migration], now: Ledger, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Post-apply files: all of them after work, else those that an earlier run still owes."""
    after = [each for each in migrations if each.post_apply and (steps or each.id in now.loose)]
    return tuple(Step(migration=each, direction="up", script=each.up) for each in after)


def _messages(steps: Sequence[Step], shared: Frame, *, limit: int) -> tuple[str, ...]:
    """What a run would send for its migrations, in order; a file without a transaction as its own statements."""
    texts: list[str] = []
    for first, group in groups(steps):
        if group[0].migration.transactional:
            parts = pieces(group, shared, first=first, marks=limit > 0)
            texts += [message.text for message in pack(parts, limit)]
        else:
            source = group[0].script.source.text
            texts += [f"{source[unit.start : unit.end]}\n;\n" for unit in group[0].script.statements]
    return tuple(texts)


def _tell_edited(standings: Sequence[Standing], emit: Emit) -> None:
    for standing in standings:
        if standing.comments_only and standing.migration is not None:
            emit(
                Noticed(
                    severity="NOTICE",
                    message=f"comments or white space of `{standing.id}` were edited after it was applied",
                    migration=standing.id,
                    where=standing.migration.up.source.span(0),
                )
            )


def _pending(standings: Sequence[Standing], done: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.id for each in standings if each.state in {"pending", "late"} and each.id not in done)


def _ahead(standings: Sequence[Standing]) -> tuple[str, ...]:
    return tuple(each.id for each in standings if each.state == "ahead")
