"""Seeds loaded twice: the second time nothing may change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migrator.database.connect import connect
from migrator.database.scratch import Scratch
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.events import Emit
from migrator.events.seeding import SeedOutcome
from migrator.events.verifying import Finding
from migrator.schema.scope import OWN_TABLES, YOYO_TABLES
from migrator.seeding import seed
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import span
from migrator.seeding.files.rows import read_tables
from migrator.source import Span
from migrator.sql.names import literal
from migrator.verifying.trying.failing import finding, findings_of

FAILS, CHANGES = "V504", "V502"

TABLES = f"""select to_jsonb(format('%I.%I', n.nspname, c.relname))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
      and c.relname not in ({", ".join(map(literal, [*OWN_TABLES, *YOYO_TABLES]))})
    order by 1"""
"""Every table with rows of its own, but those that runs keep their books in."""


async def loaded_twice(place: Scratch, files: Sequence[SeedFile], emit: Emit) -> list[Finding]:
    """Load all seed files, and then again; what fails, and what changes the second time."""
    try:
        await seed(place.config, emit=emit)
    except MigratorError as error:
        return list(findings_of(FAILS, error))
    scripts = [file for file in files if file.is_script]
    before = await _fingerprints(place) if scripts else {}
    try:
        again = await seed(place.config, force=True, emit=emit)
    except MigratorError as error:
        return [
            replace(each, message=f"loaded a second time, {each.message}")
            for each in findings_of(CHANGES, error, hint=_HINT)
        ]
    by_path = {file.shown: file for file in files}
    found = [each for outcome in again.files for each in _changes(by_path[outcome.path], outcome)]
    after = await _fingerprints(place) if scripts else {}
    changed = [name for name, hash_ in after.items() if before.get(name) != hash_]
    if changed and not found:  # only scripts say nothing of their rows
        found = await _by_scripts(place, scripts, changed, emit)
    return found


_HINT = "make loading it again change nothing: `insert ... on conflict do nothing` in a `.sql` file, a `key` in YAML"


def _changes(file: SeedFile, outcome: SeedOutcome) -> Iterator[Finding]:
    for name, counts in outcome.tables.items():
        parts = [
            f"{verb} {number} row{'s' if number != 1 else ''}"
            for verb, number in (
                ("inserts", counts.inserted),
                ("updates", counts.updated),
                ("deletes", counts.deleted),
            )
            if number
        ]
        if parts:
            message = f"loaded a second time, `{file.shown}` {' and '.join(parts)} of `{name}`"
            found = finding(CHANGES, message, subject=file.name)
            yield replace(found, where=_place(file, name), hint=_HINT)


async def _by_scripts(place: Scratch, scripts: Sequence[SeedFile], changed: Sequence[str], emit: Emit) -> list[Finding]:
    """Which scripts change rows, told by loading each alone once more; all of them where none does so alone."""
    if len(scripts) == 1:
        return [_by_script(scripts, changed)]
    found = []
    for script in scripts:
        before = await _fingerprints(place)
        await seed(place.config, paths=(script.path,), force=True, emit=emit)
        after = await _fingerprints(place)
        alone = [name for name, hash_ in after.items() if before.get(name) != hash_]
        if alone:
            found.append(_by_script([script], alone))
    return found or [_by_script(scripts, changed)]


def _by_script(scripts: Sequence[SeedFile], changed: Sequence[str]) -> Finding:
    which = " or ".join(f"`{file.shown}`" for file in scripts)
    tables = ", ".join(f"`{name}`" for name in changed)
    message = f"loaded a second time, {which} changes rows of {tables}"
    found = finding(CHANGES, message, subject=scripts[0].name)
    return replace(found, where=Span(path=scripts[0].shown, line=1, column=1), hint=_HINT)


def _place(file: SeedFile, table: str) -> Span:
    if file.has_tables:
        for each in read_tables(file.path, file.shown):
            if each.name == table:
                return span(file.path, file.shown, each.place, len(table))
    return Span(path=file.shown, line=1, column=1)


async def _fingerprints(place: Scratch) -> dict[str, str]:
    """A hash of the rows of each table that can be read, whatever their order."""
    if place.superuser is not None:
        session = await open_session(place.superuser)
        try:
            return await _hashed(session)
        finally:
            await session.close()
    async with connect(place.config) as session:
        return await _hashed(session)


async def _hashed(session: Session) -> dict[str, str]:
    names = [str(name) for name in await session.read(TABLES)]
    parts = [
        f"select jsonb_build_array({literal(name)}, count(*) || ' ' || "
        f"coalesce(sum(pg_catalog.hashtextextended(t::text, 0)::numeric), 0)) from {name} t"
        for name in names
    ]
    return dict(await session.read(" union all ".join(parts))) if parts else {}
