"""`migrate seed --check`: are the rows of the seed files in this database, as the files have them?"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from migrator.config import Config
from migrator.database.connect import connect, describe
from migrator.database.role import refuse_role
from migrator.database.sessions.notice import Notice
from migrator.database.sessions.session import Session
from migrator.errors import ServerError
from migrator.events import Emit, ignore
from migrator.events.seeding import SeedCheckResult, SeedDifference
from migrator.seeding.books.snapshot import as_role, set_locally
from migrator.seeding.files import headers
from migrator.seeding.files.folders import find
from migrator.seeding.loading import differences
from migrator.seeding.loading.blame import explain
from migrator.seeding.loading.filling import fill
from migrator.seeding.loading.places import cells_of, table_of
from migrator.seeding.loading.staging import Stage, stages_of
from migrator.seeding.loading.steps import SETTINGS
from migrator.seeding.pending import taken_by_others
from migrator.seeding.prepared import prepare
from migrator.seeding.preparing.spool import Spool


async def check_seeds(config: Config, *, paths: tuple[Path, ...] = (), emit: Emit = ignore) -> SeedCheckResult:
    """Compare every seed file that applies, whatever the ledger says of it, with the rows of the database.

    Stages the rows in temporary tables of one transaction, which is rolled back: no table is written or locked, no
    trigger fires, no sequence moves. Cells of `$sql` and of `keep` are left out, as an update leaves them.

    A `.sql` file cannot be compared, and the result says so.

    Raises `InputError` as `seed` does, and `WorkError` for a value that the database refuses.
    """
    found_files = find(config, paths, emit)
    taken = taken_by_others(found_files, {}, config.env)
    files = [file for file in found_files if file.path not in taken and headers.applies(file, config.env)]
    async with connect(config, emit) as session:
        with Spool() as spool:
            loads = await prepare(config, session, files, spool, emit)
            await refuse_role(session, config)
            stages = stages_of(loads)
            found = await _compare(session, config, stages, spool) if stages else []
        rows = sum(load.rows for load in loads)
        different, told = _told(stages, found)
        scripts = tuple(load.file.shown for load in loads if load.script is not None)
        return SeedCheckResult(
            database=describe(session),
            files=len(loads) - len(scripts),
            rows=rows,
            different=different,
            differences=tuple(told),
            not_compared=scripts,
        )


async def _compare(session: Session, config: Config, stages: list[Stage], spool: Spool) -> list[list[Any]]:
    """What each stage's INFO messages tell."""
    opening = ["begin isolation level repeatable read read write", set_locally(session, SETTINGS)]
    opening += as_role(config)
    opening += [stage.creation() for stage in stages]
    told: list[list[Any]] = []

    def hear(notice: Notice) -> None:
        if notice.severity == "INFO" and notice.message.startswith(differences.PREFIX):
            told.append(json.loads(notice.message.removeprefix(differences.PREFIX)))

    try:
        await session.run("; ".join(opening))
        for stage in stages:
            await fill(session, stage, spool, lambda _: None)
        with session.listening(hear):
            await session.run(f"{differences.block(stages)}; rollback")
            await session.settle()
    except BaseException as error:
        await session.give_up()
        if isinstance(error, ServerError):
            raise explain(error, stages, spool) from error
        raise
    return told


def _told(stages: list[Stage], found: Iterable[list[Any]]) -> tuple[int, list[SeedDifference]]:
    total = 0
    differing: list[tuple[int, int, SeedDifference]] = []
    for index, number, *rows in found:
        stage = stages[index]
        total += number
        differing += ((stage.index, line, each) for line, each in _of_stage(stage, number, rows))
    differing.sort(key=lambda each: each[:2])
    return total, [each for _, _, each in differing]


def _of_stage(stage: Stage, number: int, rows: list[Any]) -> Iterator[tuple[int, SeedDifference]]:
    """The differences of one message: rows of the file with their lines, or rows that only the table has."""
    load = stage.load
    path, table = load.file.shown, load.table.name
    if not rows:
        if number:
            yield 0, SeedDifference(path=path, table=table, problem="extra", rows=number, where=table_of(load))
        return
    told = [(line, what, tuple(of or ())) for line, what, of in rows[0] or ()]
    places = cells_of(load, [(line, names[0] if names else None) for line, _, names in told])
    for (line, problem, names), where in zip(told, places, strict=True):
        yield line, SeedDifference(path=path, table=table, problem=problem, columns=names, where=where)
