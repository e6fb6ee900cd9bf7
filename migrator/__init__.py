"""Bring a PostgreSQL or Supabase database to a known state and prove it.

The names of `__all__` are the public interface. They are loaded when they are first used: `import migrator` alone
imports neither a driver nor a parser.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator._version import __version__
    from migrator.config import Address, Config, load_config
    from migrator.errors import (
        ConnectionLostError,
        InputError,
        InterruptedWorkError,
        MigratorError,
        ProtectedError,
        ServerError,
        ServerReport,
        StateError,
        UnavailableError,
        WorkError,
    )
    from migrator.events import Emit, Event, ignore
    from migrator.migrating import accept, down, mark, new, protect, redo, up
    from migrator.project import doctor, reset, status
    from migrator.seeding import seed
    from migrator.seeding.comparison import check_seeds
    from migrator.seeding.editor_schema import editor_schema
    from migrator.seeding.pull import pull
    from migrator.source import Source, Span
    from migrator.verifying.check import check
    from migrator.verifying.snapshot import snapshot
    from migrator.verifying.verify import verify

_HOMES = {
    "Address": "config",
    "Config": "config",
    "ConnectionLostError": "errors",
    "Emit": "events",
    "Event": "events",
    "InputError": "errors",
    "InterruptedWorkError": "errors",
    "MigratorError": "errors",
    "ProtectedError": "errors",
    "ServerError": "errors",
    "ServerReport": "errors",
    "Source": "source",
    "Span": "source",
    "StateError": "errors",
    "UnavailableError": "errors",
    "WorkError": "errors",
    "__version__": "_version",
    "accept": "migrating",
    "check": "verifying.check",
    "check_seeds": "seeding.comparison",
    "doctor": "project",
    "down": "migrating",
    "editor_schema": "seeding.editor_schema",
    "ignore": "events",
    "load_config": "config",
    "mark": "migrating",
    "new": "migrating",
    "protect": "migrating",
    "pull": "seeding.pull",
    "redo": "migrating",
    "reset": "project",
    "seed": "seeding",
    "snapshot": "verifying.snapshot",
    "status": "project",
    "up": "migrating",
    "verify": "verifying.verify",
}
"""Each public name and the module that it lives in."""

__all__ = [
    "Address",
    "Config",
    "ConnectionLostError",
    "Emit",
    "Event",
    "InputError",
    "InterruptedWorkError",
    "MigratorError",
    "ProtectedError",
    "ServerError",
    "ServerReport",
    "Source",
    "Span",
    "StateError",
    "UnavailableError",
    "WorkError",
    "__version__",
    "accept",
    "check",
    "check_seeds",
    "doctor",
    "down",
    "editor_schema",
    "ignore",
    "load_config",
    "mark",
    "new",
    "protect",
    "pull",
    "redo",
    "reset",
    "seed",
    "snapshot",
    "status",
    "up",
    "verify",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *(name for name in __all__ if name not in globals())]
