"""What has to be known of a database before it is judged: what this role may read, whose it is, what its API serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError
from migrator.events.database import Told
from migrator.schema.record import TABLE
from migrator.schema.scope import Scope
from migrator.sql.names import literal
from migrator.verifying.asking.checking import common
from migrator.verifying.checks import all_checks

BOOKS = ("journal", "setting", TABLE)
"""Our tables on which an answer stands."""

UNREAD = {
    "closed": "this role may not read `{}`",
    "hidden": "row level security hides rows of `{}` from this role",
}
"""Why nobody can tell what is in a table."""

_QUERY = """
select jsonb_build_object(
    'books', (
        select jsonb_object_agg(c.relname, jsonb_build_object(
            'readable', has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
            'hidden', row_security_active(c.oid)))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = {own} and c.relname in ({books})),
    'api_roles', (select jsonb_agg(rolname order by rolname) from api_role),
    'api_schemas', (select jsonb_agg(nspname order by nspname) from api_schema),
    'served', (select names from served),
    'served_by', (select source from served),
    'roles', (select jsonb_agg(rolname) || jsonb_agg(quote_ident(rolname)) from pg_roles),
    'rows', (
        select jsonb_object_agg(n.nspname || '.' || c.relname, case
            when not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')) then 'closed'
            when row_security_active(c.oid) then 'hidden' end)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname || '.' || c.relname in ({rows}) and c.relname in ({tables})),
    'partitions', (
        select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid
            join own_schema s on s.oid = c.relnamespace
        where c.relispartition and c.relkind in ('r', 'p', 'f')))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found.

    Attributes:
        books: those of our tables that are there, and whether this role sees what is in them.
        api_roles: which of the roles of an API's keys there are.
        api_schemas: the schemas that the API serves, as far as they exist.
        served: what says so, in words.
        roles: the names of the server's roles, and these names as PostgreSQL quotes them.
        partitions: how many children of partitioned tables there are, which are not compared.
        unread: why a table whose rows a check looks at cannot be read, by its name.
    """

    books: Mapping[str, UnavailableError | None]
    api_roles: tuple[str, ...]
    api_schemas: tuple[str, ...]
    served: str
    roles: frozenset[str]
    partitions: int
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_api(self) -> bool:
        """It is, or looks like, a Supabase database."""
        return bool(self.api_roles)

    @property
    def told(self) -> Told:
        """Which schemas were taken for those of the API, and why."""
        names = ", ".join(f"`{name}`" for name in self.api_schemas) or "none that exists"
        return Told(code="api-schemas", message=f"schemas that the API serves: {names} ({self.served})")


def query(scope: Scope) -> str:
    """One jsonb; it reads the catalog alone, so that every role may ask."""
    rows = sorted({check.reads for check in all_checks() if check.reads})
    text = _QUERY.format(
        own=literal(scope.own),
        books=", ".join(map(literal, BOOKS)),
        rows=", ".join(map(literal, rows)),
        tables=", ".join(literal(name.partition(".")[2]) for name in rows),
    )
    return common(scope, text) + text


async def look(session: Session, scope: Scope, *, first: str | None = None) -> Surroundings:
    """Ask, in a transaction that is open or that `first` begins. One round trip; writes nothing."""
    (found,) = await session.read(query(scope), first=first)
    names = found["served"]
    served = {
        "session": f"`pgrst.db_schemas` of this session is `{names}`",
        "role": f"`pgrst.db_schemas` of the role `authenticator` is `{names}`",
        "database": f"`pgrst.db_schemas` of this database is `{names}`",
        None: f"`pgrst.db_schemas` is not set, and the default is `{names}`",
    }
    return Surroundings(
        books={name: _obstacle(scope.own, name, state) for name, state in (found["books"] or {}).items()},
        api_roles=tuple(found["api_roles"] or ()),
        api_schemas=tuple(found["api_schemas"] or ()),
        served=served[found["served_by"]],
        roles=frozenset(found["roles"]),
        partitions=int(found["partitions"]),
        unread={name: UNREAD[why].format(name) for name, why in (found["rows"] or {}).items() if why is not None},
    )


def _obstacle(own: str, name: str, state: Mapping[str, Any]) -> UnavailableError | None:
    table = f"{own}.{name}"
    if not state["readable"]:
        return UnavailableError(
            f"this role may not read `{table}`",
            code="missing-rights",
            sqlstate="42501",
            hint="its owner must grant `usage` on its schema and `select` on it, or name this role in `readers`",
        )
    if state["hidden"]:
        return UnavailableError(
            f"row level security hides rows of `{table}` from this role",
            code="ledger-hidden",
            hint=f"`alter table {table} disable row level security`, or use its owner",
        )
    return None
