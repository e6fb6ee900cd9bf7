"""The role of the configuration, as which migrations and seeds run: whether it exists, and the login may become it.

The server would say so as well, but only where the first file begins, as if that were to blame.
"""

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import InputError, UnavailableError
from migrator.sql.names import literal, quote

_FIRST_WITH_SET = 160000
"""Since this version a membership may come without the right to become the role."""


async def refuse_role(session: Session, config: Config) -> None:
    """Raise `InputError` where `config.role` does not exist, `UnavailableError` where the login may not become it.

    One round trip where a role is configured, else none; no transaction may be open.
    """
    name = config.role
    if name is None:
        return
    right = "SET" if session.version[0] >= _FIRST_WITH_SET else "MEMBER"
    ((login, exists, can),) = await session.read(
        f"select jsonb_build_array(l.rolname, r.oid is not null, pg_catalog.pg_has_role(l.oid, r.oid, '{right}')) "
        f"from pg_catalog.pg_roles l left join pg_catalog.pg_roles r on r.rolname = {literal(name)} "
        "where l.rolname = session_user"
    )
    if not exists:
        raise InputError(
            f"there is no role `{name}`, which `role` names",
            code="role-unknown",
            outcome="nothing was changed",
            hint=f"`create role {quote(name)}`, or correct `role` (from {config.origins.get('role', 'the caller')})",
        )
    if not can:
        raise UnavailableError(
            f"`{login}` may not become `{name}`, which `role` names",
            code="role-not-permitted",
            sqlstate="42501",
            outcome="nothing was changed",
            hint=f"an administrator must run: `grant {quote(name)} to {quote(login)}`",
        )
