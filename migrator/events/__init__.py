"""What happened while a command ran, and what came of it: typed values, never sentences.

Jobs emit events and return results; renderers turn both into text, JSON or annotations. A file per job, loaded when one
of its names is first used, so that no command pays for the others.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from migrator.events.accepting import AcceptResult, SchemaChange
    from migrator.events.blocking import Blocked, Blocker, Retrying
    from migrator.events.creating import NewResult
    from migrator.events.database import Told
    from migrator.events.doctor import DoctorResult, DoctorStep, Examined, Examining
    from migrator.events.founding import InitFile, InitResult, Trace
    from migrator.events.protecting import ProtectResult
    from migrator.events.pulling import EditorSchemaResult, Pulled, PullResult
    from migrator.events.running import Applied, Applying, Halted, Noticed, Planned
    from migrator.events.seeding import (
        FileFailed,
        FileLoaded,
        FileLoading,
        FileSkipped,
        ResetResult,
        SeedCheckResult,
        SeedPlanResult,
        SeedResult,
    )
    from migrator.events.server import ServerResult, ServerStarted, Waiting
    from migrator.events.snapshot import SnapshotResult
    from migrator.events.status import StatusResult
    from migrator.events.verifying import CheckInfo, Checking, ChecksResult, Finding, Ignored, NotCompared, VerifyResult

    Event: TypeAlias = (
        Told
        | Waiting
        | ServerStarted
        | Planned
        | Applying
        | Applied
        | Blocked
        | Retrying
        | Halted
        | Noticed
        | FileLoading
        | FileLoaded
        | FileFailed
        | FileSkipped
        | Pulled
        | Checking
        | Examining
        | Examined
    )
else:
    Event = object
"""Everything that a command may report while it runs."""

Emit: TypeAlias = Callable[["Event"], None]
"""Where a job sends its events; called on the event loop's thread, must not block."""

_HOMES = {
    "AcceptResult": "accepting",
    "Applied": "running",
    "Applying": "running",
    "Blocked": "blocking",
    "Blocker": "blocking",
    "CheckInfo": "verifying",
    "Checking": "verifying",
    "ChecksResult": "verifying",
    "DoctorResult": "doctor",
    "DoctorStep": "doctor",
    "EditorSchemaResult": "pulling",
    "Examined": "doctor",
    "Examining": "doctor",
    "FileFailed": "seeding",
    "FileLoaded": "seeding",
    "FileLoading": "seeding",
    "FileSkipped": "seeding",
    "Finding": "verifying",
    "Halted": "running",
    "Ignored": "verifying",
    "InitFile": "founding",
    "InitResult": "founding",
    "NotCompared": "verifying",
    "Noticed": "running",
    "Planned": "running",
    "PullResult": "pulling",
    "Pulled": "pulling",
    "Retrying": "blocking",
    "ResetResult": "seeding",
    "SchemaChange": "accepting",
    "SeedCheckResult": "seeding",
    "SeedPlanResult": "seeding",
    "SeedResult": "seeding",
    "NewResult": "creating",
    "ProtectResult": "protecting",
    "ServerResult": "server",
    "ServerStarted": "server",
    "SnapshotResult": "snapshot",
    "StatusResult": "status",
    "Told": "database",
    "Trace": "founding",
    "VerifyResult": "verifying",
    "Waiting": "server",
}

__all__ = [
    "AcceptResult",
    "Applied",
    "Applying",
    "Blocked",
    "Blocker",
    "CheckInfo",
    "Checking",
    "ChecksResult",
    "DoctorResult",
    "DoctorStep",
    "EditorSchemaResult",
    "Emit",
    "Event",
    "Examined",
    "Examining",
    "FileFailed",
    "FileLoaded",
    "FileLoading",
    "FileSkipped",
    "Finding",
    "Halted",
    "Ignored",
    "InitFile",
    "InitResult",
    "NewResult",
    "NotCompared",
    "Noticed",
    "Planned",
    "ProtectResult",
    "PullResult",
    "Pulled",
    "ResetResult",
    "Retrying",
    "SchemaChange",
    "SeedCheckResult",
    "SeedPlanResult",
    "SeedResult",
    "ServerResult",
    "ServerStarted",
    "SnapshotResult",
    "StatusResult",
    "Told",
    "Trace",
    "VerifyResult",
    "Waiting",
    "ignore",
]


def __getattr__(name: str) -> Any:
    """Load a value's class from the module of its job."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def ignore(event: Event) -> None:
    """An `Emit` for callers who want only the result."""
