"""What a server or a pooler answers to a login that it refuses, as our errors with the way out.

The texts of Supabase's pooler are those of https://github.com/supabase/supavisor and
https://supabase.com/docs/guides/troubleshooting; PostgreSQL's codes those of
https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from migrator.database.failures import report
from migrator.database.pooler import is_supabase
from migrator.database.target import Host, Target
from migrator.errors import ServerReport, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A refusal that a pooler tells by its text: any of `texts` in the server's message."""

    texts: tuple[str, ...]
    code: str
    message: str
    hint: str


_POOLER = (
    _Known(
        texts=("ECIRCUITBREAKER",),
        code="login-banned",
        message="`{host}` takes no logins for a while: too many of them failed",
        hint="wait two minutes and try once with the right password; it is not tried again by itself",
    ),
    _Known(
        texts=("EMAXCONNSESSION", "MaxClientsInSessionMode", "max clients reached in session mode"),
        code="pooler-full",
        message="the session pooler at `{host}` has no free connection",
        hint="lower `--pool-size`, close other clients, or raise the pool size in the dashboard; `--wait 60s` waits",
    ),
    _Known(
        texts=("EADDRNOTALLOWED",),
        code="address-not-allowed",
        message="`{host}` does not accept connections from the address of this machine",
        hint="allow it in the project's network restrictions (Database > Settings)",
    ),
    _Known(
        texts=("Tenant or user not found", "ENOTFOUND"),
        code="pooler-user",
        message="the pooler at `{host}` does not know the project of user `{user}`",
        hint="the user is `postgres.<project reference>`; copy the host with its prefix (`aws-0-`, `aws-1-`) from the "
        "dashboard; the project may be paused",
    ),
)

_ROLE_HINT = "check the user in the address; `create role ... login` makes one"


def refused_login(error: asyncpg.PostgresError, target: Target, host: Host) -> UnavailableError:
    """The refusal of one server."""
    found = report(error)
    for known in _POOLER:
        if any(text in found.message for text in known.texts):
            return UnavailableError(
                known.message.format(host=host, user=target.user),
                code=known.code,
                detail=str(found),
                hint=known.hint,
                sqlstate=found.sqlstate,
            )
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
    match found.sqlstate:
        case "28P01" if target.password is None:
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
            return "login-refused", f"the server at `{host}` refuses user `{target.user}`", _ROLE_HINT
        case state if state in _OTHERS:
            code, message, hint = _OTHERS[state]
            return code, message.format(host=host, database=target.database), hint
    return "connection-failed", f"the server at `{host}` refuses the connection", found.hint


def _password(target: Target, host: Host) -> str:
    steps = []
    if is_supabase(host) and host.name.endswith(".pooler.supabase.com") and "." not in target.user:
        steps.append("through the pooler the user is `postgres.<project reference>`")
    else:
        steps.append("check the user first")
    steps.extend(
        (
            "then that special characters of the password are escaped in a URL (`@` as `%40`)",
            "then whether it was changed; it is not tried again by itself",
        )
    )
    return ", ".join(steps)
