"""A project as a whole: what needs both its migrations and its seeds. Loaded when it is first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator.project.diagnosis.examination import doctor
    from migrator.project.founding.init import init
    from migrator.project.rebuild import reset
    from migrator.project.survey import status

_HOMES = {"doctor": "diagnosis.examination", "init": "founding.init", "reset": "rebuild", "status": "survey"}

__all__ = ["doctor", "init", "reset", "status"]


def __getattr__(name: str) -> Any:
    """Load a command from the module that it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
