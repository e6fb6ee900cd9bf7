"""What a scratch database has to share with a live one, so that the same migrations make the same there.

Who logs in owns what is made, roles that files name have to be there, and default privileges give rights to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.database.sessions.session import Session
from migrator.sql.names import literal

_QUERY = """select jsonb_build_object(
    'database', current_database(),
    'login', l.name,
    'shown', quote_ident(l.name),
    'roles', (
        select coalesce(jsonb_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles where rolname !~ '^pg_'),
    'defaults', (
        select coalesce(jsonb_agg(jsonb_build_array(
            pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype,
            case a.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(a.grantee)) end,
            a.privilege_type)), '[]')
        from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace,
            pg_catalog.aclexplode(d.defaclacl) a))
from (
    select coalesce(
        (select pg_get_userbyid(c.relowner) from pg_catalog.pg_class c where c.oid = to_regclass({table})),
        session_user) as name
) l"""

Defaults = Mapping[tuple[str, str | None, str, str], frozenset[str]]
"""Privileges by who makes an object, its schema (None: any), its class as `pg_default_acl` has it, and the grantee as
ACLs name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a database is like.

    Attributes:
        database: its name.
        login: who made its ledger, and so ran its migrations.
        shown: the same, quoted where PostgreSQL would quote it.
        roles: those of its server.
        defaults: what its default privileges give.
    """

    database: str
    login: str
    shown: str
    roles: tuple[str, ...]
    defaults: Defaults

    @property
    def automatic_grants(self) -> bool:
        """What is made in `public` is open to the API of Supabase at once, to be read and to be written."""
        return self.defaults.get((self.login, "public", "r", "anon"), frozenset()) >= {"SELECT", "INSERT"}


async def likeness(session: Session, table: str | None = None) -> Likeness:
    """Ask a database. One round trip; writes nothing.

    `table` is that of the ledger's entries, quoted; without one, the login is that of the session.
    """
    (found,) = await session.read(_QUERY.format(table=literal(table)))
    return Likeness(
        database=found["database"],
        login=found["login"],
        shown=found["shown"],
        roles=tuple(found["roles"]),
        defaults=_by_key(found["defaults"]),
    )


def _by_key(rows: list[tuple[str, str | None, str, str, str]]) -> Defaults:
    found: dict[tuple[str, str | None, str, str], frozenset[str]] = {}
    for owner, schema, kind, grantee, privilege in rows:
        key = (owner, schema, kind, grantee)
        found[key] = found.get(key, frozenset()) | {privilege}
    return found
