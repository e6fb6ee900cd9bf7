"""What Supabase's pooler, or PgBouncer, answers to a login that it refuses, as our errors with the way out.

Supabase's tells nearly everything as XX000, so its words are what there is: older versions have other words than newer
ones, which put a code in front. They are those of https://github.com/supabase/supavisor (`lib/supavisor/errors`) and of
https://supabase.com/docs/guides/troubleshooting.
"""

from dataclasses import dataclass

from migrator.database.address.target import Host, Target
from migrator.database.network.failures import PATIENCE_OF_PGBOUNCER, PATIENCE_OF_SUPAVISOR
from migrator.errors import ServerReport, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A refusal that a pooler tells by its text: any of `texts` in the server's message, in lower case."""

    texts: tuple[str, ...]
    code: str
    message: str
    hint: str


_KNOWN = (
    _Known(
        texts=("ecircuitbreaker",),
        code="login-banned",
        message="`{host}` takes no logins for a while: too many of them failed",
        hint="wait two minutes and try once with the right password; it is not tried again by itself",
    ),
    _Known(
        texts=(
            "maxclientsinsessionmode",
            "emaxconnsession",
            "emaxclientsession",
            "max clients reached in session mode",
        ),
        code="pooler-full",
        message="the session pooler at `{host}` has no free connection",
        hint="lower `--pool-size`, close other clients, or raise the pool size in the dashboard; `--wait 60s` waits",
    ),
    _Known(
        texts=("max client connections reached", *PATIENCE_OF_SUPAVISOR),
        code="pooler-full",
        message="the pooler at `{host}` has no free connection",
        hint="close other clients, or raise the pooler's limits in the dashboard; `--wait 60s` waits",
    ),
    _Known(
        # PgBouncer's: https://www.pgbouncer.org/config.html#max_client_conn
        texts=("no more connections allowed", *PATIENCE_OF_PGBOUNCER),
        code="pooler-full",
        message="the pooler at `{host}` has no free connection",
        hint="lower `--pool-size`, close other clients, or raise the pooler's limits; `--wait 60s` waits",
    ),
    _Known(
        texts=("eaddrnotallowed", "address not in tenant allow_list"),
        code="address-not-allowed",
        message="`{host}` does not accept connections from the address of this machine",
        hint="allow it in the project's network restrictions (Database > Settings)",
    ),
    _Known(
        texts=(
            "tenant or user not found",
            "enotfound",
            "etenantnotfound",
            "enoidentifier",
            "format for user or db_name",
        ),
        code="pooler-user",
        message="the pooler at `{host}` does not know the project of user `{user}`",
        hint="the user is `postgres.<project reference>`; copy the host with its prefix (`aws-0-`, `aws-1-`) from the "
        "dashboard; the project may be paused",
    ),
    _Known(
        texts=("ebanned",),
        code="login-refused",
        message="the pooler at `{host}` lets nobody into the project of user `{user}`",
        hint="Supabase has closed the project, for the reason above: see the dashboard",
    ),
    _Known(
        texts=("esslrequired", "ssl connection is required"),
        code="login-refused",
        message="`{host}` wants the connection to be encrypted",
        hint="remove `sslmode=disable` from the address",
    ),
)


def refused_by_pooler(found: ServerReport, target: Target, host: Host) -> UnavailableError | None:
    """The refusal, where its words are the pooler's; None for any other."""
    said = found.message.lower()
    for known in _KNOWN:
        if any(text in said for text in known.texts):
            return UnavailableError(
                known.message.format(host=host, user=target.user),
                code=known.code,
                detail=str(found),
                hint=known.hint,
                sqlstate=found.sqlstate,
            )
    return None
