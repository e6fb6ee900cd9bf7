"""Indexes that are built concurrently: INVALID ones of earlier tries, and whether one is what a file asks for.

CREATE INDEX CONCURRENTLY that fails or is cut off leaves an INVALID index under its name: it is not used, it slows
every write, a second try fails with 42P07, and with IF NOT EXISTS the server passes over it in silence. One that is
being built looks the same; its builder holds a ShareUpdateExclusiveLock on the table all the while.
https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Callable
from typing import Any

from migrator.database.sessions.session import Session
from migrator.errors import ServerError, UnavailableError
from migrator.migrating.books.lock import rest
from migrator.sql.indexes import IndexBuild
from migrator.sql.names import literal, quote

BUILDER = """(select jsonb_build_object('pid', l.pid, 'application', a.application_name)
    from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock' and l.granted
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and l.pid is distinct from pg_catalog.pg_backend_pid() limit 1)"""

# what it is apart from its own name and its table's, whose place a temporary table takes
DEFINITION = """replace(replace(pg_catalog.pg_get_indexdef(c.oid),
        ' INDEX ' || quote_ident(c.relname) || ' ON ', ' INDEX ON '),
        case when tn.oid = pg_catalog.pg_my_temp_schema() then 'pg_temp' else quote_ident(tn.nspname) end
        || '.' || quote_ident(t.relname) || ' ', ' ')"""

FROM = """from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace"""

LEFT_BY_REINDEX = r"'_cc(new|old)\d*$'"
"""How the names of the indexes end that a REINDEX CONCURRENTLY leaves INVALID when it is cut off:
https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY"""


class Indexes:
    """Looks at, and clears, the indexes of tables in one session, outside of transactions."""

    def __init__(self, session: Session, *, tell: Callable[[str], None]) -> None:
        self._session = session
        self._tell = tell
        self._before: frozenset[str] = frozenset()

    async def clear(self, build: IndexBuild) -> None:
        """Drop what an earlier try of this build has left INVALID, once nobody works on it any more.

        The name of an index that the server names is not known: there it goes by what the index is.
        Raises `UnavailableError` (`locked`) when the session's patience is spent.
        """
        where = f"i.indrelid = to_regclass({literal(build.table)})"
        if build.name is not None:
            await self._clear(f"{where} and c.relname = {literal(build.name)}")
            return
        if (definition := await self._wanted(build)) is not None:
            await self._clear(f"{where} and {DEFINITION} = {literal(definition)}")
        names = await self._session.read(f"select to_jsonb(c.relname) {FROM} where {where} and not i.indisvalid")
        self._before = frozenset(names)

    async def clear_rebuilt(self, kind: str, name: str) -> None:
        """Drop what an earlier REINDEX CONCURRENTLY of this `INDEX` or `TABLE` has left INVALID beside the index."""
        table = f"to_regclass({literal(name)})"
        if kind == "INDEX":
            table = f"(select indrelid from pg_catalog.pg_index where indexrelid = {table})"
        elif kind != "TABLE":
            return
        await self._clear(f"i.indrelid = {table} and c.relname ~ {LEFT_BY_REINDEX}")

    async def invalid(self, build: IndexBuild) -> str | None:
        """The name of an INVALID index where this build should have left a valid one."""
        where = f"i.indrelid = to_regclass({literal(build.table)}) and not i.indisvalid"
        if build.name is not None:
            where += f" and c.relname = {literal(build.name)}"
        names = await self._session.read(f"select to_jsonb(c.relname) {FROM} where {where}")
        return next((str(name) for name in names if name not in self._before), None)

    async def same(self, build: IndexBuild) -> str | None:
        """The name of a valid index that is what this build makes; with IF NOT EXISTS its name is enough."""
        where = f"i.indrelid = to_regclass({literal(build.table)}) and i.indisvalid"
        if build.name is not None:
            where += f" and c.relname = {literal(build.name)}"
        if not (build.lenient and build.name is not None):
            definition = await self._wanted(build)
            if definition is None:
                return None
            where += f" and {DEFINITION} = {literal(definition)}"
        names = await self._session.read(f"select to_jsonb(c.relname) {FROM} where {where} limit 1")
        return str(names[0]) if names else None

    async def _wanted(self, build: IndexBuild) -> str | None:
        """What the index would be, as the server writes it: built on an empty copy of the table, and rolled back.

        None where that cannot be told: then the server decides about the statement itself.
        """
        probe = f"pg_temp.{quote(build.bare_table)}"
        unique = "unique " if build.unique else ""
        try:
            await self._session.run(
                "begin; set local client_min_messages = error; set local lock_timeout = '1s'; "
                f"create temporary table {quote(build.bare_table)} (like {build.table}); "
                f"create {unique}index on {probe} {build.tail}\n"
            )
            found = await self._session.read(
                f"select to_jsonb({DEFINITION}) {FROM} where i.indrelid = to_regclass({literal(probe)})"
            )
        except ServerError:
            await self._session.run("rollback")
            return None
        await self._session.run("rollback")
        return str(found[0]) if found else None

    async def _clear(self, where: str) -> None:
        query = (
            "select jsonb_build_object('schema', n.nspname, 'name', c.relname, 'table', t.relname, "
            f"'builder', {BUILDER}) {FROM} where {where} and not i.indisvalid limit 1"
        )
        while found := await self._session.read(query):
            if found[0]["builder"] is not None:
                await self._wait_for(found[0])
                continue
            name = quote(found[0]["schema"], found[0]["name"])
            self._tell(f"dropping the INVALID index `{found[0]['name']}`, which an earlier try has left")
            await self._session.run(f"drop index concurrently if exists {name}")

    async def _wait_for(self, found: dict[str, Any]) -> None:
        patience = self._session.patience
        if not patience.left:
            who = found["builder"]
            application = f" (`{who['application']}`)" if who["application"] else ""
            pid = f"backend {who['pid']}" if who["pid"] else "a prepared transaction"
            raise UnavailableError(
                f"the index `{found['name']}` is INVALID, and {pid}{application} is at work on `{found['table']}`, "
                "perhaps to build it",
                code="locked",
                hint="run the command again when that is done, or give it longer with `--wait 5min`",
            )
        with patience.waiting():
            await rest(at_most=patience.left)
