"""The statement that brings a setting of the database, or of a role in it, back. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from migrator.schema.restoring.rights import UnclearError
from migrator.sql.names import literal

LISTS = frozenset(
    {
        *("datestyle", "local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"),
        *("shared_preload_libraries", "unix_socket_directories", "log_destination", "wal_consistency_checking"),
    }
)
"""Settings whose value is a list: one literal would be one element."""

_NAME = re.compile(r"(?P<name>[a-z_][a-z0-9_.$]*)(?: of (?P<role>.+?))?(?P<everywhere> in all databases)?")


def setting(identity: str, expected: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> str:
    """The statement, for whatever the database is called. Raises `UnclearError` for a value that is hidden."""
    parts = _NAME.fullmatch(identity)
    values = [str((side or {}).get("value", "")) for side in (expected, found)]
    if parts is None or values[0].startswith("(hidden,"):
        raise UnclearError(identity)
    name, role = parts["name"], parts["role"]
    change = f"reset {name}" if expected is None else f"set {name} to {_value(name, values[0])}"
    if parts["everywhere"]:
        return f"alter {f'role {role}' if role else 'role all'} {change}"
    head = f"alter role {role} in database %I" if role else "alter database %I"
    command = literal(f"{head.replace('%', '%%').replace('%%I', '%I')} {change.replace('%', '%%')}")
    return f"do {literal(f'begin execute format({command}, current_database()); end')}"


def _value(name: str, value: str) -> str:
    if name in LISTS:
        return value or "''"
    return literal(value)
