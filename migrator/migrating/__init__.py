"""Job 1: versioned SQL files applied exactly once, in order, safely, over one connection.

Its commands are loaded when they are first used: `up` does without yoyo as long as there is nothing to apply.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator.migrating.accepting import accept
    from migrator.migrating.apply import up
    from migrator.migrating.create import new
    from migrator.migrating.protecting import protect
    from migrator.migrating.repair import mark
    from migrator.migrating.rollback import down, redo

_HOMES = {
    "accept": "accepting",
    "down": "rollback",
    "mark": "repair",
    "new": "create",
    "protect": "protecting",
    "redo": "rollback",
    "up": "apply",
}

__all__ = ["accept", "down", "mark", "new", "protect", "redo", "up"]


def __getattr__(name: str) -> Any:
    """Load a command from the module that it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
