"""`migrate reset`: a development database from nothing: drop, `up`, `seed`."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from migrator.config import Config
from migrator.database import own, protection
from migrator.database.connect import connect
from migrator.database.launching import renew
from migrator.database.launching.servers import one_server
from migrator.database.sessions.session import Session
from migrator.database.supabase.managed import MANAGED_SCHEMAS
from migrator.errors import ConnectionLostError, MigratorError, ServerError, StateError, WorkError
from migrator.events import Emit, ignore
from migrator.events.seeding import ResetResult, SeedResult
from migrator.migrating import up
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import hold
from migrator.migrating.files.migration import Migration
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.standing import read_all
from migrator.migrating.running.sharing import refuse_pooler
from migrator.seeding import seed
from migrator.sql.names import literal, quote

OURS = f"""select to_jsonb(n.nspname) from pg_catalog.pg_namespace n
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
      and not (n.nspname in ({", ".join(map(literal, sorted(MANAGED_SCHEMAS)))})
               and exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin'))
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
    order by n.nspname"""
"""Every schema that is neither the server's, nor an extension's, nor Supabase's."""

POLICIES = """select to_jsonb(format('drop policy %I on %s', p.polname, c.oid::regclass))
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'storage', 'realtime')
    order by n.nspname, c.relname, p.polname"""
"""What takes back the policies on tables that stay: Supabase makes none there, so all are the project's."""

DEFAULT_RIGHTS = """select to_jsonb(format(
        'alter default privileges for role %I in schema public grant %s on %s to %s%s',
        pg_get_userbyid(d.defaclrole), string_agg(a.privilege_type, ', '),
        case d.defaclobjtype
            when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' else 'types' end,
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end))
    from pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
    where d.defaclnamespace = to_regnamespace('public') and pg_has_role(d.defaclrole, 'member')
    group by d.defaclrole, d.defaclobjtype, a.grantee, a.is_grantable
    order by d.defaclrole, d.defaclobjtype, a.grantee, a.is_grantable"""
"""What gives back the default privileges in `public` that go with the schema: on Supabase they open it to the API."""

PUBLIC_AGAIN = """
    create schema public;
    do $public$ declare role text; begin
        if current_setting('server_version_num')::integer >= 150000 then
            begin alter schema public owner to pg_database_owner; exception when insufficient_privilege then null; end;
            grant usage on schema public to public;
        else
            grant usage, create on schema public to public;
        end if;
        foreach role in array array['anon', 'authenticated', 'service_role'] loop
            if exists (select from pg_roles where rolname = role) then
                execute format('grant usage on schema public to %I', role);
            end if;
        end loop;
    end $public$"""
"""The schema that every database begins with, as a new database has it."""


async def reset(config: Config, *, confirmed: str | None = None, emit: Emit = ignore) -> ResetResult:
    """Drop every schema of the project with all that is in it, then `up`, then `seed`. For development.

    Everything is read and checked before anything is dropped; the drop is one transaction under the ledger's lock. A
    protected database stays protected.

    Args:
        config: where and what.
        confirmed: the name of the database, for one that is protected.
        emit: hears what happens.

    Raises `StateError` for a database that is not on this machine or (`ProtectedError`) is protected, and `WorkError`
    for whatever fails when everything is dropped, or may be.
    """
    migrations = read_all(config)
    async with one_server(config, emit):
        return await _rebuild(config, migrations, confirmed=confirmed, emit=emit)


async def _rebuild(
    config: Config, migrations: Sequence[Migration], *, confirmed: str | None, emit: Emit
) -> ResetResult:
    async with connect(config, emit, migrating=True) as session:
        if not session.target.is_local:
            raise StateError(
                f"`migrate reset` is for databases on this machine, and `{session.target}` is not",
                code="remote-database",
                outcome="nothing was dropped",
                hint="drop its schemas by hand if that is what you want",
            )
        known = await ledger.read(session, config)
        refuse_unversioned(known, migrations)
        protection.refuse(session, known.database, "reset", protected=known.protected, confirmed=confirmed)
        await refuse_pooler(session)
        async with hold(session, known.entries.schema, emit=emit):
            await refuse_pooler(session)  # the lock may have found one out
            known = await ledger.read(session, config)
            protection.refuse(session, known.database, "reset", protected=known.protected, confirmed=confirmed)
            dropped = await _drop(session, config, known)
        database = database_info(session, known, config)
    # the ledger stays whose it was, also where that could be told from its tables alone
    config = replace(config, ledger=known.entries.kind, wait=session.patience.left)
    with _dropped("up"):
        applied = await up(config, emit=emit)
    # a project may have no seeds; it must not learn that from an error when everything is dropped
    has_seeds = any(folder.exists() for folder in config.seeds)
    seeded = SeedResult(database=database, files=())
    if has_seeds:  # whoever was let in to drop everything may fill it again
        with _dropped("seed", *(each.id for each in applied.done)):
            seeded = await seed(config, confirmed=known.database, emit=emit)
    return ResetResult(database=database, dropped=dropped, up=applied, seed=seeded)


@contextlib.contextmanager
def _dropped(command: str, *done: str) -> Iterator[None]:
    """What fails behind the drop: whatever it says was not changed, all of the database was; `done` came before it."""
    try:
        yield
    except MigratorError as error:
        rest = f"; then, in `{command}`, {error.outcome}" if error.outcome else ""
        error.outcome = f"everything was dropped{rest}"
        error.done = (*done, *error.done)
        if isinstance(error, WorkError):
            raise
        raise error.after_work() from error


async def _drop(session: Session, config: Config, known: Ledger) -> tuple[str, ...]:
    schemas = [str(name) for name in await session.read(OURS)]
    drops = [f"drop schema {quote(name)} cascade" for name in schemas]
    again = [PUBLIC_AGAIN] if "public" in schemas else []
    if known.entries.schema in MANAGED_SCHEMAS and known.entries.schema not in schemas and not known.missing:
        drops.append(f"delete from {known.entries.table}")
    mark: list[str] = []
    if known.protected:
        mark = [own.creation_settled(config, plpgsql=known.plpgsql), protection.marking(config.schema, on=True)]
    try:
        if await renew.is_ours(session):
            await renew.renew(session, automatic_grants=config.automatic_grants, afterwards=mark)
            return tuple(schemas)
        if known.supabase:
            drops = [*map(str, await session.read(POLICIES)), *drops]
            again += map(str, await session.read(DEFAULT_RIGHTS))
        again += mark
        await session.run("; ".join(["begin", "set local client_min_messages = warning", *drops, *again, "commit"]))
    except ConnectionLostError as error:
        error.outcome = "either everything was dropped or nothing: it is one transaction"
        error.hint = "run `migrate reset` again"
        raise error.after_work() from error
    except BaseException as error:
        with contextlib.suppress(MigratorError):  # the real error is on its way
            async with session.within():
                await session.rollback()
        if isinstance(error, ServerError):
            error.outcome = "nothing was dropped"
        raise
    return tuple(schemas)
