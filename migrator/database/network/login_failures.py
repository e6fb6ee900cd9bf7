"""What a server or a pooler answers to a login that it refuses, as our errors with the way out.

PostgreSQL's codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html; several refusals share
28000 and are told apart by their words, in English as far as they were read in `src/backend/libpq/auth.c`.
"""

from collections.abc import Mapping

import asyncpg

from migrator.database.address.pooler import is_supabase
from migrator.database.address.target import Host, Target
from migrator.database.network.failures import report
from migrator.database.network.supavisor import refused_by_pooler
from migrator.errors import ServerReport, UnavailableError
from migrator.sql.names import quote

_ROLE_HINT = "check the user in the address; `create role ... login` makes one"


_PGBOUNCER = (
    ('"trust" authentication failed', "28000"),
    ("authentication failed", "28P01"),
    ("empty password", "28P01"),
    ("no such user", "28000"),
    ('role "', "28000"),
    ("no such database", "3D000"),
    ('database "', "3D000"),
)
"""Words of PgBouncer, and of servers that it repeats, and the SQLSTATE that a server would give: its own is 08P01."""


def _state(found: ServerReport) -> str:
    if found.sqlstate == "08P01":
        return next((state for words, state in _PGBOUNCER if words in found.message), found.sqlstate)
    return found.sqlstate


def refused_login(error: asyncpg.PostgresError, target: Target, host: Host) -> UnavailableError:
    """The refusal of one server."""
    found = report(error)
    by_pooler = refused_by_pooler(found, target, host)
    if by_pooler is not None:
        return by_pooler
    code, message, hint = _by_state(found, target, host)
    return UnavailableError(message, code=code, detail=str(found), hint=hint, sqlstate=found.sqlstate)


_OTHERS: Mapping[str, tuple[str, str, str | None]] = {
    "3D000": (
        "unknown-database",
        "the server at `{host}` has no database `{database}`",
        "check the name in the address, or make it: `create database`",
    ),
    "53300": (
        "too-many-connections",
        "the server at `{host}` has no free connection",
        "close other clients, or raise `max_connections`",
    ),
    "57P03": (
        "server-starting",
        "the server at `{host}` does not take connections yet",
        "`--wait 60s` waits for it",
    ),
    "0A000": ("connection-protocol", "the server at `{host}` does not support this connection", None),
}


def _by_state(  # noqa: PLR0911 - a table, a code a line
    found: ServerReport, target: Target, host: Host
) -> tuple[str, str, str | None]:
    """Code, message and hint by SQLSTATE."""
    match _state(found):
        case "28P01" if target.secret(host) is None:
            return (
                "password-missing",
                f"the server at `{host}` asks for a password of user `{target.user}`, and none is given",
                "put it into the address, PGPASSWORD or ~/.pgpass",
            )
        case "28P01":
            return (
                "wrong-password",
                f"the server at `{host}` refuses the password of user `{target.user}`",
                _password(target, host),
            )
        case "28000" if f'role "{target.user}" does not exist' in found.message:
            return "unknown-role", f"the server at `{host}` has no user `{target.user}`", _ROLE_HINT
        case "28000" if "pg_hba.conf" in found.message:
            return (
                "login-refused",
                f"the server at `{host}` does not let user `{target.user}` into `{target.database}` from this machine",
                "its pg_hba.conf decides by address, user, database and encryption",
            )
        case "28000":
            return (
                "login-refused",
                f"the server at `{host}` refuses user `{target.user}`",
                _let_in(found.message, target, host),
            )
        case "53300" if "for role" in found.message or "for database" in found.message:
            return (
                "too-many-connections",
                f"the server at `{host}` has no free connection for user `{target.user}` in `{target.database}`",
                "close other clients, or raise the `connection limit` of that role or database",
            )
        case state if state in _OTHERS:
            code, message, hint = _OTHERS[state]
            return code, message.format(host=host, database=target.database), hint
    return "connection-failed", f"the server at `{host}` refuses the connection", found.hint


def _let_in(said: str, target: Target, host: Host) -> str:
    """The way out of a 28000: the password was not asked for, or was not all; `said` is the server's message."""
    if "is not permitted to log in" in said:
        return f"`alter role {quote(target.user)} login` lets it in"
    if "certificate" in said and not target.tls.cert:
        return "it asks for a certificate of this client: `sslcert=PATH` and `sslkey=PATH`"
    if "certificate" in said:
        return "the certificate of `sslcert` has to be of that user, and signed by an authority that the server trusts"
    if any(f"{method} authentication failed" in said for method in ("Peer", "Ident")):
        hint = "it lets in the user whose name the system's user has: run as that one, or log in with a password"
        return hint + (" over `host=localhost`" if host.is_socket else "")
    return _ROLE_HINT


def _password(target: Target, host: Host) -> str:
    steps = []
    if is_supabase(host) and host.name.endswith(".pooler.supabase.com") and "." not in target.user:
        steps.append("through the pooler the user is `postgres.<project reference>`")
    elif is_supabase(host) and host.name.startswith("db.") and "." in target.user:
        steps.append("at this address the user is `postgres`, without the project's reference")
    else:
        steps.append("check the user first")
    steps.extend(
        (
            "then that special characters of the password are escaped in a URL (`@` as `%40`)",
            "then whether it was changed; it is not tried again by itself",
        )
    )
    return ", ".join(steps)
