"""What `verify` and `check` find, and their answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrator.errors import MigratorError
from migrator.events.database import DatabaseInfo
from migrator.source import Span

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst to the mildest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """A part of `migrate check` begins."""

    part: Literal["migrations", "security", "rollbacks", "seeds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        code: the check that found it, such as `V301`; each has a page in docs/checks/.
        name: the check's name, such as `rls_disabled_in_public`.
        severity: how bad it is; `--fail-on` says from which on the answer is no.
        message: what is so; lower case, no full stop, backticks round literals.
        kind: the class of the object that it is about, such as `table`; None where it is about no object.
        subject: that object's identity in the catalog, such as `public.orders`, or the id of a migration.
        where: the place in a migration (or a seed file) that last named the object.
        detail: what is behind it, such as what the server said.
        hint: what to do.
        diff: a unified diff of the object's definition, for drift.
        sql: statements that would restore the object, where that is simple.
    """

    code: str
    name: str
    severity: Severity
    message: str
    kind: str | None = None
    subject: str | None = None
    where: Span | None = None
    detail: str | None = None
    hint: str | None = None
    diff: str | None = None
    sql: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in the next run, whatever lines have moved."""
        return hashlib.sha256(
            "\0".join([self.code, self.kind or "", self.subject or self.message]).encode()
        ).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """Something that was not looked at.

    Attributes:
        what: a class of objects or a check, such as `user mapping options`.
        why: the reason; lower case, no full stop.
        count: how many objects, where that is known.
    """

    what: str
    why: str
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A finding that an entry of `[[tool.migrator.ignore]]` covers.

    Attributes:
        finding: what would have been told.
        reason: the entry's reason.
        until: the last day on which it holds, as in `2027-01-31`; None for ever.
    """

    finding: Finding
    reason: str
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """The answer of `migrate verify` and `migrate check`.

    Attributes:
        command: which of the two.
        database: what was looked at; None where no server was reached.
        against: what it was compared with, in words, such as `the record of 0007.add-orders`; None: with nothing.
        findings: what is wrong, the worst first; none that is ignored.
        compared: how many objects of each class were compared.
        platform: differences in deparsed text alone between two versions of the server: counted, never drift.
        not_compared: what was not looked at, and why.
        ignored: findings that the configuration covers.
        fail_on: the mildest severity at which the answer is no.
        untold: why a part of the question has no answer; exit code 3 where nothing was found.
    """

    command: Literal["verify", "check"]
    database: DatabaseInfo | None
    against: str | None = None
    findings: tuple[Finding, ...] = ()
    compared: Mapping[str, int] = field(default_factory=dict)
    platform: int = 0
    not_compared: tuple[NotCompared, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    fail_on: Severity = "error"
    untold: tuple[MigratorError, ...] = ()

    @property
    def failing(self) -> tuple[Finding, ...]:
        """Those because of which the answer is no."""
        bad = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInfo:
    """One line of `migrate verify --list`.

    Attributes:
        code: such as `V301`.
        name: such as `rls_disabled_in_public`.
        severity: that of its findings.
        title: what it finds, in a line.
    """

    code: str
    name: str
    severity: Severity
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksResult:
    """The answer of `migrate verify --list`."""

    checks: tuple[CheckInfo, ...]
