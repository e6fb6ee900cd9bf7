"""The role that logs in, the one that migrations run as, and what it may do outside our own tables."""

from dataclasses import replace
from typing import Any

from migrator.config import Config
from migrator.database.role import refuse_role
from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError
from migrator.migrating.books.supabase_table import SCHEMA, TABLE
from migrator.migrating.books.yoyo_tables import TABLES
from migrator.project.diagnosis.visit import Found, Visit
from migrator.project.rebuild import OURS
from migrator.sql.names import literal, quote

FACTS = (
    *("login", "role", "superuser", "createdb", "createrole", "bypassrls", "database"),
    *("create_on_database", "temporary", "plpgsql", "schema", "create_on_schema", "usage_on_schema", "own"),
)
"""What the query tells, in the order in which it is shown."""

SHOWN = 3
"""Tables that are named; the others are counted."""


def query(config: Config) -> str:
    """One jsonb: the attributes and rights of who logs in, and of the configured role where it exists."""
    wanted = "l.rolname" if config.role is None else literal(config.role)
    own = literal(config.schema)
    return f"""select jsonb_build_object(
        'login', l.rolname,
        'role', r.rolname,
        'superuser', r.rolsuper,
        'createdb', r.rolcreatedb,
        'createrole', r.rolcreaterole,
        'bypassrls', r.rolbypassrls,
        'database', current_database(),
        'create_on_database', has_database_privilege(r.oid, current_database(), 'CREATE'),
        'temporary', has_database_privilege(l.oid, current_database(), 'TEMPORARY'),
        'plpgsql', coalesce((select has_language_privilege(l.oid, g.oid, 'USAGE') from pg_catalog.pg_language g
                             where g.lanname = 'plpgsql'), false),
        'schema', current_schema(),
        'create_on_schema', has_schema_privilege(r.oid, current_schema(), 'CREATE'),
        'usage_on_schema', has_schema_privilege(r.oid, current_schema(), 'USAGE'),
        'own', (select jsonb_build_object('name', n.nspname, 'owner', pg_catalog.pg_get_userbyid(n.nspowner),
                    'create', has_schema_privilege(l.oid, n.oid, 'CREATE'),
                    'usage', has_schema_privilege(l.oid, n.oid, 'USAGE'))
                from pg_catalog.pg_namespace n where n.nspname = {own}),
        'foreign', (select jsonb_agg(jsonb_build_array(format('%I.%I', n.nspname, c.relname), o.rolname)
                                     order by n.nspname, c.relname)
                    from pg_catalog.pg_class c
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    join pg_catalog.pg_roles o on o.oid = c.relowner
                    where c.relkind in ('r', 'p', 'v', 'm') and n.nspname <> {own}
                        and n.nspname in (select name #>> '{{}}' from ({OURS}) ours (name))
                        and not (n.nspname = {literal(SCHEMA)} and c.relname = {literal(TABLE)})
                        and c.relname not in ({", ".join(map(literal, TABLES))})
                        and not pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE')
                        and not exists (select from pg_catalog.pg_depend d
                                        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                                            and d.deptype = 'e')))
        from pg_catalog.pg_roles l left join pg_catalog.pg_roles r on r.rolname = {wanted}
        where l.rolname = session_user"""


async def role(visit: Visit) -> Found:
    """The role's attributes and rights. Raises for a `role` of the configuration that a run could not become."""
    session, config = visit.connected, visit.config
    taken = await _taken(session, config)
    (found,) = await session.read_as_asked(query(taken))
    foreign = found.pop("foreign") or []
    facts = {
        **{name: found[name] for name in FACTS},
        "configured": config.role,
        "not_owned": len(foreign),
        "owners": sorted({who for _, who in foreign}),
    }
    who = found["role"]
    told = who if taken.role is None else f"{found['login']}, who becomes {who}"
    told += ": superuser" if found["superuser"] else _rights(found)
    problems, sql = _problems(found)
    if foreign:
        named = ", ".join(f"{name} of {owner}" for name, owner in foreign[:SHOWN])
        more = f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
        told += f"; does not own {named}{more}"
        problems.append("a migration that alters what others own fails: set `role` to the owner in the configuration")
    if not problems or found["login"] in config.readers:  # who shall only read need not do more
        return Found(message=told, facts=facts)
    return Found(message=told, facts=facts, state="warning", hint="; ".join(problems), sql=tuple(sql))


async def _taken(session: Session, config: Config) -> Config:
    """The configuration as it holds for who logs in: a reader need not become `role`, which would let it write."""
    try:
        await refuse_role(session, config)
    except UnavailableError as error:
        if error.code != "role-not-permitted":
            raise
        (login,) = await session.read("select pg_catalog.to_jsonb(session_user)")
        if login not in config.readers:
            raise
        return replace(config, role=None)
    return config


def _rights(found: dict[str, Any]) -> str:
    can = []
    if found["createdb"]:
        can.append("create databases")
    if found["create_on_database"]:
        can.append("create schemas")
    if found["create_on_schema"]:
        can.append(f"create in {found['schema']}")
    return f": may {', '.join(can)}" if can else ": may create nothing"


def _problems(found: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What the role lacks, as hints, and the statements that give it."""
    problems, sql = [], []
    who = quote(found["role"])
    if found["schema"] is not None and not found["create_on_schema"]:
        problems.append(f"a migration that creates something in `{found['schema']}` fails")
        sql.append(f"grant usage, create on schema {quote(found['schema'])} to {who}")
    if not found["temporary"]:
        problems.append("`migrate seed` needs temporary tables")
        sql.append(f"grant temporary on database {quote(found['database'])} to {quote(found['login'])}")
    if not found["plpgsql"]:
        problems.append("without PL/pgSQL migrations are sent a statement at a time")
        sql.append(f"grant usage on language plpgsql to {quote(found['login'])}")
    return problems, sql
