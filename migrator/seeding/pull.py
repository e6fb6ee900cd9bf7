"""`migrate pull`: rows of a database as a seed file that gives the same rows again, there and in another database."""

from collections.abc import Callable, Sequence

from migrator.config import Config
from migrator.database.connect import connect, describe
from migrator.database.sessions.session import Session
from migrator.errors import ServerError
from migrator.events import Emit, Noticed, ignore
from migrator.events.pulling import PulledTable, PullResult
from migrator.seeding.books import remarks, tables
from migrator.seeding.books.snapshot import snapshot
from migrator.seeding.books.tables import Catalog
from migrator.seeding.preparing.spool import Spool
from migrator.seeding.pulling import people
from migrator.seeding.pulling.leaving_out import survey
from migrator.seeding.pulling.references import References
from migrator.seeding.pulling.refusals import no_key, refuse_condition, refuse_tables, refused
from migrator.seeding.pulling.selection import Selection
from migrator.seeding.pulling.transcript import Transcript

SETTINGS = {
    "bytea_output": "hex",
    "datestyle": "ISO",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "intervalstyle": "postgres",
    "statement_timeout": "0",
    "timezone": "UTC",
    "xmloption": "content",
}
"""Of our transaction: values are written as every session reads them, and a long table is no mistake."""


async def pull(
    config: Config,
    names: Sequence[str],
    *,
    where: str | None = None,
    write: Callable[[str], object],
    emit: Emit = ignore,
) -> PullResult:
    """Write the rows of tables as a seed file, each table in the order of its key.

    References to rows whose key the database made are lookups by the shortest unique key of the other table. Generated
    columns, such keys, and columns in which every row has the default are left out. Reads only, in one transaction;
    locks nothing and writes nothing to the database. Memory does not grow with the tables.

    Args:
        config: database, role, lock timeout.
        names: tables, as a seed file calls them.
        where: a condition in SQL on the columns of the one table.
        write: given the file's text in pieces, once everything is read; nothing when that fails.
        emit: told what happens.

    Raises `InputError` for a table that does not exist, is no table or has no key, and for a wrong condition;
    `UnavailableError` for one that may not be read.
    """
    refuse_condition(where, names)
    with Spool() as spool:
        transcript = Transcript(spool)
        async with connect(config, emit) as session:
            try:
                async with snapshot(session, config, SETTINGS):
                    pulled = await _read(session, list(dict.fromkeys(names)), where, transcript, emit)
            except ServerError as error:
                raise refused(error, where) from error
            result = PullResult(database=describe(session), tables=pulled)
        transcript.hand_out(write)
    return result


async def _read(
    session: Session, names: list[str], where: str | None, transcript: Transcript, emit: Emit
) -> tuple[PulledTable, ...]:
    """Read every table into the transcript, in the transaction that is open."""
    catalog = await _catalog(session, names, emit)
    infos = {name: info for name in names if (info := catalog.named[name]) is not None}
    references = References(catalog, await remarks.read(session, catalog.tables))
    lookups = {info.oid: references.lookups(info) for info in infos.values()}
    needed: dict[int, set[str]] = {}
    for info in infos.values():
        for foreign in info.foreign_keys:
            if not any(each.stands_for(foreign) for each in lookups[info.oid].values()):
                needed.setdefault(foreign.target, set()).update(foreign.takes)
    transcript.heading(str(session.target), names, where)
    found: dict[int, PulledTable] = {}
    for name, info in infos.items():
        if info.oid in found:
            continue
        key, drawn = references.told_by(info, needed.get(info.oid, set()))
        if key is None:
            raise no_key(name)
        parts = {part for each in lookups[info.oid].values() for part in each.columns if len(each.columns) > 1}
        kept = drawn | parts | people.expressions(info).keys()
        seen = await survey(session, references, info, key, kept, where)
        if seen.without_key:
            raise no_key(name, key, seen.without_key)
        words = people.words(info)
        hidden = drawn | set(seen.same) | ({*info.columns} - words.keys() if words else set())
        selection = Selection(
            table=info, name=name, key=key, hidden=hidden, lookups=lookups[info.oid], references=references
        )
        query = selection.query(where)
        transcript.table(selection, empty=not seen.rows)
        await session.receive(query, transcript.take)
        left_out = tuple(column for column in info.columns if column in hidden)
        found[info.oid] = PulledTable(table=name, key=key.columns, rows=seen.rows, left_out=left_out)
    return tuple(found.values())


async def _catalog(session: Session, names: list[str], emit: Emit) -> Catalog:
    """The tables, with everything that they refer to. Raises `InputError` for what is no table."""
    catalog = Catalog()
    await catalog.read(session, names)
    named = {name: catalog.named[name] for name in names}
    refuse_tables(named, await tables.names(session) if None in named.values() else ())
    for name, info in named.items():
        if info is not None and info.row_security:
            message = f"row level security applies to this role on `{name}`: rows that it hides are not pulled"
            emit(Noticed(severity="WARNING", message=message))
    asked: set[str] = set()
    while True:
        unread = {
            foreign.target_quoted
            for info in catalog.tables.values()
            for foreign in info.foreign_keys
            if foreign.target not in catalog.tables
        }
        if not unread - asked:
            return catalog
        asked |= unread
        await catalog.read(session, sorted(unread))
