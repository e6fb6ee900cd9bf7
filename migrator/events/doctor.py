"""What `doctor` finds out, a step at a time, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrator.errors import MigratorError
from migrator.events.database import DatabaseInfo

StepName = Literal[
    "address",
    "server",
    "dns",
    "tcp",
    "socket",
    "tls",
    "login",
    "pooler",
    "version",
    "role",
    "search_path",
    "timeouts",
    "extensions",
    "ledger",
]
StepState = Literal["ok", "warning", "failed", "not-reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorStep:
    """One step of `migrate doctor`.

    Attributes:
        name: what was looked at.
        state: `failed` ends the examination; what would have come then is `not-reached`.
        message: what was found, of a failure what any other command would say; empty where it was not reached.
        facts: the same for machines, and more: texts, numbers, truth values, lists and mappings of such.
        detail: what the server or the system said about a failure.
        hint: the way out of a failure or a warning.
        sql: statements that an administrator may run for it.
        duration: seconds; None where it was not reached.
    """

    name: StepName
    state: StepState
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    detail: str | None = None
    hint: str | None = None
    sql: tuple[str, ...] = ()
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examining:
    """A step of `migrate doctor` has begun, which may take as long as a server keeps silent."""

    name: StepName


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A step of `migrate doctor` is done, or was not reached."""

    step: DoctorStep


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorResult:
    """The answer of `migrate doctor`.

    Attributes:
        steps: in order; what does not apply to the address is left out, such as `dns` for a unix socket.
        database: what was connected to; None where nothing was.
        error: the failure of the first step that failed; exit code 2 for a wrong address or setting, else 3.
    """

    steps: tuple[DoctorStep, ...]
    database: DatabaseInfo | None = None
    error: MigratorError | None = None

    @property
    def ok(self) -> bool:
        """Nothing is wrong; there may be warnings."""
        return self.error is None

    @property
    def warnings(self) -> int:
        """How many steps deserve a look."""
        return sum(step.state == "warning" for step in self.steps)
