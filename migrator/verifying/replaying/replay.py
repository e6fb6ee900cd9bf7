"""`--against replay`: the schema that the migrations make of an empty database, for comparison with the live one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrator.config import Config
from migrator.database.connect import connect
from migrator.database.scratch import Scratch, on_live_server, scratch
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Emit, Told
from migrator.migrating import mark
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.files.migration import Migration
from migrator.schema.compare import Difference
from migrator.verifying.expecting.expected import NOTHING_COMPARED, Expected
from migrator.verifying.expecting.recorded import half_done_error
from migrator.verifying.replaying import server_wide
from migrator.verifying.replaying.by_default import explanation
from migrator.verifying.replaying.choosing import choose
from migrator.verifying.replaying.likeness import Defaults, Likeness, likeness
from migrator.verifying.replaying.rehearsal import Rehearsal
from migrator.verifying.replaying.renaming import renamed

_MAJOR = 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed(Expected):
    """What the migrations make.

    Attributes:
        defaults: the default privileges there.
        live: those of the live database.
        runner: the role that ran the live database's migrations, as ACLs name it.
    """

    defaults: Defaults
    live: Defaults
    runner: str

    def excuse(self, difference: Difference) -> str | None:
        """Only default privileges, or the age of the live database, or who has set it up, explain it."""
        return explanation(
            difference,
            replayed=self.defaults,
            live=self.live,
            supabase=self.schema.supabase,
            runner=self.runner,
        )


async def replayed(
    session: Session, config: Config, migrations: Sequence[Migration], known: Ledger, *, supabase: bool, emit: Emit
) -> Expected | MigratorError:
    """Apply to an empty scratch database what is applied in the live one, and read the schema; or why that cannot be.

    The live database is asked for its name, its roles and its default privileges: one round trip. With
    `--scratch create` a database is made and dropped on its server.

    Args:
        session: on the live database; no transaction may be open.
        config: files, and where the scratch database is to be.
        migrations: all of the files.
        known: what the live ledger says.
        supabase: the live database is one of Supabase.
        emit: hears what happens.

    Raises `InputError` for a scratch address that cannot be taken.
    """
    applied = [each for each in migrations if not each.post_apply and known.entry(each.id) is not None]
    obstacle = _obstacle(migrations, known)
    if obstacle is not None:
        return obstacle
    like = await likeness(session, known.entries.table)
    # a container is the command's alone, and another connection would be to another one
    here = session.target.is_local and session.target.kind != "docker"
    beside = here and not known.protected and server_wide.server_wide(applied) is None
    address = await choose(config, version=session.version[0], supabase=supabase, beside=beside)
    if on_live_server(replace(config, scratch=address), session.target):
        server_wide.refuse(applied)
    wanted = replace(
        config,
        scratch=address,
        supabase=supabase,
        ledger=known.entries.kind,
        out_of_order=True,  # what is pending in between is marked
        automatic_grants=like.automatic_grants or config.automatic_grants,
    )
    place_of = scratch(
        wanted,
        supabase=supabase,
        login=like.login,
        database=like.database,
        roles=[role for role in like.roles if role != config.role],
        emit=emit,
        live=session,
    )
    try:
        async with place_of as place:
            return await _made(place, migrations, applied, like, session, emit)
    except UnavailableError as error:
        error.outcome = NOTHING_COMPARED
        return error


def _obstacle(migrations: Sequence[Migration], known: Ledger) -> MigratorError | None:
    """Why nobody can tell what the files make of the state that the live database is in."""
    if known.loose:
        return half_done_error(next(iter(known.loose)))
    files = {known.entries.key(each.id) for each in migrations}
    unknown = [entry.id for key, entry in known.applied.items() if key not in files]
    if unknown:
        return UnavailableError(
            f"`{unknown[0]}` is applied and has no file, so that nobody can apply it elsewhere",
            code="replay-incomplete",
            outcome=NOTHING_COMPARED,
            hint="bring its file back, or compare with the record: `--against record`",
        )
    return None


async def _made(
    place: Scratch,
    migrations: Sequence[Migration],
    applied: Sequence[Migration],
    like: Likeness,
    session: Session,
    emit: Emit,
) -> Expected | MigratorError:
    info = place.database
    message = f"the migrations are replayed on PostgreSQL {info.server_version} (`{info.address}`)"
    emit(Told(code="scratch", message=message))
    rehearsal = Rehearsal(place, migrations, emit)
    try:
        if applied:
            last = migrations.index(applied[-1])
            skipped = tuple(each.id for each in migrations[:last] if each not in applied)
            if skipped:  # pending in the live database, so that they are no part of what it should be
                await mark(place.config, skipped, state="applied")
            await rehearsal.up(applied[-1].id)
        schema = await rehearsal.schema()
    except MigratorError as error:
        return _cannot(error)
    async with connect(place.config) as inside:
        own = await likeness(inside)
    major, live_major = (version // _MAJOR for version in (info.server_version_num, session.version[0]))
    other = "" if major == live_major else f", and the live server is {live_major}"
    up_to = f"the migrations up to `{applied[-1].id}`" if applied else "no migration"
    return Replayed(
        schema=renamed(schema, own, like),
        said=f"{up_to}, applied to an empty database of PostgreSQL {info.server_version} (`{info.address}`){other}",
        remedy="a migration that makes it so, or the change taken back: without either, a new database is another one",
        defaults=own.defaults,
        live=like.defaults,
        runner=like.shown,
    )


def _cannot(error: MigratorError) -> MigratorError:
    error = error.causes[0] if error.causes else error
    return UnavailableError(
        f"the migrations cannot be replayed: {error.message}",
        code="replay-failed",
        where=error.where,
        detail=error.detail,
        outcome=NOTHING_COMPARED,
        hint="`migrate check` tells what they need from nothing; another server is named with `--scratch`",
        sqlstate=error.sqlstate,
        migration=error.migration,
        statement=error.statement,
    )
