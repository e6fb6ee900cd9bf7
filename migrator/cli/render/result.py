"""What a renderer may be given as a command's answer."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from migrator.events.accepting import AcceptResult
    from migrator.events.creating import NewResult
    from migrator.events.doctor import DoctorResult
    from migrator.events.founding import InitResult
    from migrator.events.migrating import RunResult
    from migrator.events.protecting import ProtectResult
    from migrator.events.pulling import EditorSchemaResult, PullResult
    from migrator.events.seeding import ResetResult, SeedCheckResult, SeedPlanResult, SeedResult
    from migrator.events.server import ServerResult
    from migrator.events.snapshot import SnapshotResult
    from migrator.events.status import StatusResult
    from migrator.events.verifying import ChecksResult, VerifyResult

    Result: TypeAlias = (
        RunResult
        | StatusResult
        | NewResult
        | InitResult
        | ProtectResult
        | AcceptResult
        | DoctorResult
        | ServerResult
        | SeedResult
        | SeedCheckResult
        | SeedPlanResult
        | ResetResult
        | PullResult
        | VerifyResult
        | ChecksResult
        | SnapshotResult
        | EditorSchemaResult
    )
else:
    Result = object
"""Everything that a command may answer; only for annotations, so that no command loads the answers of the others."""
