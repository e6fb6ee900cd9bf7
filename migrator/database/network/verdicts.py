"""What a failure to connect means for who goes on: whether to try the next address, the next host, or again later.

Failures are told apart by their codes; how each came about is told in `connect_failures`.
"""

from collections.abc import Sequence

from migrator.errors import MigratorError, UnavailableError

PASSES = frozenset({"connection-refused", "connection-closed", "server-starting", "pooler-full"})
"""Codes of failures that may pass by themselves, for `--wait`."""

REFUSED_LOGINS = frozenset(
    {
        "address-not-allowed",
        "login-banned",
        "login-refused",
        "password-missing",
        "pooler-user",
        "unknown-role",
        "wrong-password",
    }
)
"""Codes of logins that fail again in the same way, and are counted by whoever bans an address after a few."""

NEXT_HOST = frozenset(
    {
        "connection-refused",
        "connection-closed",
        "connection-timeout",
        "host-unknown",
        "host-unreachable",
        "ipv6-unreachable",
        "server-starting",
        "session-attributes",
    }
)
"""Codes after which the next of several hosts is tried; a server that refuses a login ends the search, as in libpq."""

NEXT_ADDRESS = ("connection-timeout", "connection-refused", "ipv6-unreachable", "host-unreachable")
"""Codes after which the next address of a name is tried; those that say most come first."""


def codes(error: MigratorError) -> frozenset[str]:
    """The code of a failure, and of what happened at each of several hosts."""
    return frozenset({error.code, *(cause.code for cause in error.causes)})


def together(causes: Sequence[MigratorError]) -> MigratorError:
    """The failures of all hosts of an address as one."""
    if len(causes) == 1:
        return causes[0]
    each = {cause.code for cause in causes}
    return UnavailableError(
        f"none of {len(causes)} hosts will do: {'; '.join(cause.message for cause in causes)}",
        code=each.pop() if len(each) == 1 else "no-host",
        hint=causes[0].hint,
        causes=tuple(causes),
    )


def of_one_name(failures: Sequence[MigratorError]) -> MigratorError:
    """The failure that says most of those of a name's addresses; one after which no other is tried ends the search."""
    last = next((each for each in failures if each.code not in NEXT_ADDRESS), None)
    return last or min(failures, key=lambda each: NEXT_ADDRESS.index(each.code))
