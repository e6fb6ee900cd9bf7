"""What the server and the driver raise on an open connection, as our errors."""

from dataclasses import replace

import asyncpg

from migrator.database.address.target import Target, TargetKind
from migrator.errors import ConnectionLostError, InputError, MigratorError, ServerError, ServerReport

ENDED = frozenset(
    {
        "57P01",  # admin_shutdown, also pg_terminate_backend
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P04",  # database_dropped
        "57P05",  # idle_session_timeout
        "25P03",  # idle_in_transaction_session_timeout
        "25P04",  # transaction_timeout
        "08000",  # connection_exception
        "08003",  # connection_does_not_exist
        "08006",  # connection_failure
    }
)
"""SQLSTATEs after which the server has ended the session: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


AGAIN = "run the command again; what was not committed is rolled back"


PATIENCE_OF_SUPAVISOR = ("echeckouttimeout", "check out process from the pool due to timeout")
PATIENCE_OF_PGBOUNCER = ("query_wait_timeout",)
"""The poolers' words, in lower case, for a client that has waited too long for a connection of the server."""

_FULL = (
    "pooler-full",
    "the pooler had no connection of the server for us in time",
    "run the command again; close other clients, lower `--pool-size`, or raise the pooler's limits",
)
_POOLERS_STATES = frozenset({"08P01", "XX000"})
_POOLERS_LAST_WORDS = {
    **dict.fromkeys((*PATIENCE_OF_PGBOUNCER, *PATIENCE_OF_SUPAVISOR), _FULL),
    "not allowed in statement pooling mode": (
        "statement-pooler",
        "the pooler pools by statement, where no transaction can be open",
        "use the direct address of the server, or the session mode of the pooler",
    ),
}
"""What poolers say before they end a connection, in lower case, as our code, message and way out.

https://www.pgbouncer.org/config.html#query_wait_timeout, https://www.pgbouncer.org/features.html and
https://github.com/supabase/supavisor.
"""


_DRIVERS_NOTE = "NOTE: pgbouncer with pool_mode"
"""The driver writes advice on settings of its own behind what the server said of prepared statements."""


def _number(text: object) -> int | None:
    return int(text) if isinstance(text, str) and text.isdigit() else None


def report(error: asyncpg.PostgresError) -> ServerReport:
    """The fields of an ErrorResponse that asyncpg has read."""
    return ServerReport(
        sqlstate=getattr(error, "sqlstate", None) or "XX000",
        message=getattr(error, "message", None) or str(error),
        detail=getattr(error, "detail", None),
        hint=(getattr(error, "hint", None) or "").partition(_DRIVERS_NOTE)[0].strip() or None,
        position=_number(getattr(error, "position", None)),
        internal_position=_number(getattr(error, "internal_position", None)),
        internal_query=getattr(error, "internal_query", None),
        context=getattr(error, "context", None),
        schema=getattr(error, "schema_name", None),
        table=getattr(error, "table_name", None),
        column=getattr(error, "column_name", None),
        datatype=getattr(error, "data_type_name", None),
        constraint=getattr(error, "constraint_name", None),
    )


def translate(error: BaseException, kind: TargetKind) -> MigratorError:
    """What a command on an open connection raised: the server's refusal, or the end of the connection.

    `kind` is what stands at the address.
    """
    if isinstance(error, asyncpg.PostgresConnectionError) and isinstance(error.__cause__, asyncpg.PostgresError):
        error = error.__cause__  # the server's last word before it closed the connection
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate in _POOLERS_STATES:
        for words, (code, message, hint) in _POOLERS_LAST_WORDS.items():
            if words in str(error).lower():
                return ConnectionLostError(message, code=code, sqlstate=error.sqlstate, hint=hint, detail=str(error))
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError):
        found = report(error)
        if found.sqlstate in ENDED:
            return ConnectionLostError(
                f"the server ended the connection: {found}",
                code="connection-lost",
                sqlstate=found.sqlstate,
                hint="run the command again when the server is back; what was not committed is rolled back",
            )
        # late: most runs meet no refusal
        from migrator.database.network.lacking import way_out

        return ServerError(replace(found, way_out=way_out(found, kind)))
    return ConnectionLostError(
        f"the connection to the server was lost: {str(error) or type(error).__name__}",
        code="connection-lost",
        hint=AGAIN,
    )


def refused_setting(target: Target, error: ServerError) -> InputError:
    """The server does not know a setting of the address, or not this value of it."""
    names = ", ".join(f"`{name}`" for name, _ in target.settings)
    return InputError(
        f"the server refuses a setting of the address's `options` ({names}): {error.report}",
        code="invalid-option",
        sqlstate=error.report.sqlstate,
        outcome="nothing was changed",
    )
