"""PL/pgSQL, in which rows are compared and written: the way out for a role that may not use it.

The right is given to everybody unless an administrator takes it back, so nobody is asked before something has failed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.sql.names import literal, quote

_DENIED = "42501"


@asynccontextmanager
async def plpgsql_needed(session: Session, config: Config) -> AsyncIterator[None]:
    """Let what fails in the block for a missing right be called by its cause, where that is the right to PL/pgSQL.

    The session must be in no transaction behind the block. Raises `UnavailableError` then: nothing can be loaded.
    """
    try:
        yield
    except MigratorError as error:
        if _DENIED not in {error.sqlstate, *(cause.sqlstate for cause in error.causes)}:
            raise
        lacking: list[str] = []
        with suppress(MigratorError):
            lacking = await _lacking(session, config)
        if not lacking:
            raise
        refusal = UnavailableError(
            f"`{lacking[0]}` may not use PL/pgSQL, in which seeds are compared and written",
            code="missing-rights",
            sqlstate=_DENIED,
            outcome="nothing was loaded",
            hint=f"an administrator must run: `grant usage on language plpgsql to {', '.join(map(quote, lacking))}`",
        )
        refusal.result = error.result
        raise refusal from error


async def _lacking(session: Session, config: Config) -> list[str]:
    """Who of the login and the configured role has not got the right."""
    roles = "session_user" if config.role is None else f"session_user, {literal(config.role)}"
    (found,) = await session.read(
        f"select to_jsonb(array(select r.rolname from pg_catalog.pg_roles r where r.rolname in ({roles}) "
        "and not coalesce((select pg_catalog.has_language_privilege(r.oid, l.oid, 'usage') "
        "from pg_catalog.pg_language l where l.lanname = 'plpgsql'), false) "
        "order by r.rolname = session_user desc))"
    )
    return [str(name) for name in found]
