"""What a renderer may be given as a command's answer."""

from typing import TypeAlias

from migrator.events.database import ServerResult
from migrator.events.migrating import NewResult, RunResult, StatusResult
from migrator.events.seeding import ResetResult, SeedPlanResult, SeedResult

Result: TypeAlias = RunResult | StatusResult | NewResult | ServerResult | SeedResult | SeedPlanResult | ResetResult
"""Everything that a command may answer."""
