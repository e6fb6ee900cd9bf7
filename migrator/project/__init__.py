"""A project as a whole: what needs both its migrations and its seeds."""

from migrator.project.reset import reset
from migrator.project.status import status

__all__ = ["reset", "status"]
