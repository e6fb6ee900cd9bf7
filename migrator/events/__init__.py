"""What happened while a command ran, and what came of it: typed values, never sentences.

Jobs emit events and return results; renderers turn both into text, JSON or annotations. A file per job.
"""

from collections.abc import Callable
from typing import TypeAlias

from migrator.events.database import ServerStarted, Told, Waiting
from migrator.events.migrating import Applied, Applying, Noticed, Planned
from migrator.events.seeding import FileFailed, FileLoaded, FileLoading, FileSkipped

Event: TypeAlias = (
    Told
    | Waiting
    | ServerStarted
    | Planned
    | Applying
    | Applied
    | Noticed
    | FileLoading
    | FileLoaded
    | FileFailed
    | FileSkipped
)
"""Everything that a command may report while it runs."""

Emit: TypeAlias = Callable[[Event], None]
"""Where a job sends its events; called on the event loop's thread, must not block."""


def ignore(event: Event) -> None:
    """An `Emit` for callers who want only the result."""


__all__ = [
    "Applied",
    "Applying",
    "Emit",
    "Event",
    "FileFailed",
    "FileLoaded",
    "FileLoading",
    "FileSkipped",
    "Noticed",
    "Planned",
    "ServerStarted",
    "Told",
    "Waiting",
    "ignore",
]
