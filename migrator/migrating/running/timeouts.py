"""The server's own patience with sessions and statements, which ends at nothing that a run does by design.

An administrator sets these for applications, in `alter role` or `alter database`. A run that builds an index for an
hour, or whose message is on a slow way, is not what they are meant against.
"""

from migrator.sql.names import literal

TIMEOUTS = {
    "statement_timeout": 0,
    "idle_in_transaction_session_timeout": 0,
    "idle_session_timeout": 140000,
    "transaction_timeout": 170000,
}
"""Settings that end a statement or a session after a while, and the server's version that has them first.
https://www.postgresql.org/docs/current/runtime-config-client.html. `lock_timeout` is a budget of ours."""


def lifted(version: int, chosen: tuple[tuple[str, str], ...], *, local: bool = False) -> str:
    """SQL that switches them off for the session, or sets them to what the user's address has `chosen`.

    `local`: for the transaction.
    """
    values = {name.lower(): value for name, value in chosen}
    known = [name for name, since in TIMEOUTS.items() if version >= since]
    return "; ".join(f"set {'local ' if local else ''}{name} = {literal(values.get(name, '0'))}" for name in known)
