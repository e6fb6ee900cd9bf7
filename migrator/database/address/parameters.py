"""The keys of a database address: which we understand, which are other programs' and dropped, which are refused.

The names are libpq's: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. asyncpg would
send a key that it does not know to the server as a setting, where it fails in many ways, so nothing passes unseen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.events.database import Told

UNDERSTOOD = frozenset(
    {
        "application_name",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "host",
        "hostaddr",
        "options",
        "passfile",
        "password",
        "port",
        "service",
        "servicefile",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
        "user",
    }
)

SYNONYMS: Mapping[str, str] = {"database": "dbname", "username": "user"}
"""Spellings of drivers for a key of libpq."""

DROPPED = frozenset(
    {
        # Prisma: https://www.prisma.io/docs/orm/overview/databases/postgresql#arguments
        "connection_limit",
        "max_idle_connection_lifetime",
        "pgbouncer",
        "pool_timeout",
        "schema",
        "socket_timeout",
        "sslaccept",
        "sslidentity",
        "statement_cache_size",
        # what Vercel and Supabase add for JavaScript drivers
        "pool_mode",
        "supa",
        "uselibpqcompat",
        "workaround",
        # pools and caches of drivers
        "async_fallback",
        "default_query_exec_mode",
        "pool_max_conns",
        "pool_min_conns",
        "pool_size",
        "prepare",
        "prepared_statement_cache_size",
        "prepared_statements",
        "preparethreshold",
        "checkout_timeout",
        "conn_max_age",
        "encoding",
        "pool",
        "prepare_threshold",
        # libpq's, without effect on what we do or not offered by asyncpg
        "channel_binding",
        "client_encoding",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "sslcompression",
        "sslkeylogfile",
        "sslnegotiation",
        "sslsni",
        "tcp_user_timeout",
    }
)

UNSUPPORTED = frozenset(
    {
        # each of these asks for a protection that we could not give by ignoring it
        "oauth_client_id",
        "oauth_client_secret",
        "oauth_issuer",
        "oauth_scope",
        "require_auth",
        "requirepeer",
        "replication",
        "scram_client_key",
        "scram_server_key",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcertmode",
        "sslcrl",
        "sslcrldir",
        "sslpassword",
    }
)

_KNOWN = UNDERSTOOD | DROPPED | UNSUPPORTED | frozenset(SYNONYMS) | {"ssl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One `key=value` of an address, decoded.

    Attributes:
        key: as written.
        value: as written; may be the password.
        hidden: the key may be a piece of a password that was not quoted or escaped, so no text shows it.
    """

    key: str
    value: str
    hidden: bool = False

    def __repr__(self) -> str:
        return "Written(***)"


def is_known(key: str) -> bool:
    """The key means something in an address, be it that it is dropped."""
    return key.lower() in _KNOWN


def admit(written: Iterable[Written], origin: str) -> tuple[dict[str, str], tuple[Told, ...]]:
    """The understood parameters by libpq's name, and one notice about those that were dropped; the last of a key wins.

    Raises `InputError` for a key that nobody knows, naming the nearest, and for one that cannot be honoured.
    """
    values: dict[str, str] = {}
    dropped: list[str] = []
    told: tuple[Told, ...] = ()
    for item in written:
        key = item.key.lower()
        key = SYNONYMS.get(key, key)
        if key in UNDERSTOOD:
            values[key] = item.value
        elif key == "ssl":
            values.setdefault("sslmode", _as_mode(item.value.lower()))
        elif key == "channel_binding" and item.value == "require":
            told = (Told(code="channel-binding", message=_UNBOUND.format(origin=origin)),)
        elif key == "gssencmode" and item.value == "require":
            raise _refused(key, origin, hidden=item.hidden)
        elif key in DROPPED:
            if key not in dropped:
                dropped.append(key)
        else:
            raise _refused(key, origin, hidden=item.hidden)
    if dropped:
        names = ", ".join(f"`{key}`" for key in dropped)
        message = f"{names} in the address from {origin} {'is' if len(dropped) == 1 else 'are'} ignored"
        told = (Told(code="option-dropped", message=message), *told)
    return values, told


_UNBOUND = (
    "`channel_binding=require` in the address from {origin} is ignored: the driver cannot bind a login to its channel; "
    "`sslmode=verify-full` proves who answers"
)


def _as_mode(ssl: str) -> str:
    """The `sslmode` that other drivers mean by `ssl`: JDBC's and node's flag, the mode itself of SQLAlchemy's.

    libpq reads `ssl=true` as `sslmode=require`, too. What it cannot be is left for the reader of `sslmode` to refuse.
    """
    return {"true": "require", "1": "require", "false": "disable", "0": "disable"}.get(ssl, ssl)


def _refused(key: str, origin: str, *, hidden: bool) -> InputError:
    if key in UNSUPPORTED or key == "gssencmode":
        return InputError(
            f"`{key}` in the address from {origin} is not supported",
            code="address-key-unsupported",
            hint=f"remove `{key}` from the address",
        )
    import difflib  # only for who has mistyped something

    near = difflib.get_close_matches(key, sorted(UNDERSTOOD), n=1, cutoff=0.8)
    did_you_mean = f"did you mean `{near[0]}`?" if near else None
    if hidden or not key.isidentifier():
        return InputError(
            f"the address from {origin} holds a key that is unknown",
            code="address-key-unknown",
            hint=did_you_mean or "if it is a piece of the password, quote or escape the password",
        )
    return InputError(
        f"unknown key `{key}` in the address from {origin}",
        code="address-key-unknown",
        hint=did_you_mean
        or f"a setting of the server is written `options=-c%20{key}=...`; any other key has to be removed",
    )
