"""The answer of `migrate verify` and `check` as SARIF 2.1.0, the form in which code scanning takes findings.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os.html. GitHub refuses a whole file in
which one result has no place in a file (https://github.com/github/codeql-action/issues/1738), so that each gets one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from migrator._version import __version__
from migrator.cli.render import findings
from migrator.events.verifying import CheckInfo

if TYPE_CHECKING:
    from migrator.errors import MigratorError
    from migrator.events.verifying import Finding, Ignored, NotCompared, Severity, VerifyResult
    from migrator.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

ROOT = "%SRCROOT%"
"""What relative paths count from; its place on this machine is nobody's business."""

LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def document(
    result: VerifyResult,
    checks: Iterable[CheckInfo],
    *,
    home: str,
    exit_code: int | None = None,
    placed: Callable[[str], str] = str,
) -> dict[str, Any]:
    """The whole file.

    Args:
        result: the answer.
        checks: every check that there is; a finding of another one brings its own rule.
        home: the path of a file or folder that stands for the database, for findings that no file is named for.
        exit_code: what the command ends with, where that is known.
        placed: a path of the answer as the repository has it.
    """
    shown = [*findings.ordered(result.findings), *(entry.finding for entry in result.ignored)]
    rules = {check.code: check for check in checks}
    for finding in shown:
        told = CheckInfo(code=finding.code, name=finding.name, severity=finding.severity, title=finding.name)
        rules.setdefault(finding.code, told)
    codes = sorted(rules)
    place = _Places(home, placed)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "migrate",
                "version": __version__,
                "rules": [_rule(rules[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": _text("the root of the repository")}},
        "invocations": [
            {
                "executionSuccessful": not result.untold,
                **({} if exit_code is None else {"exitCode": exit_code}),
                "toolExecutionNotifications": [
                    *(_untold(error, place) for error in result.untold),
                    *(_not_compared(each) for each in result.not_compared),
                ],
            }
        ],
        "results": [
            *(_result(finding, codes, place) for finding in findings.ordered(result.findings)),
            *(_suppressed(entry, codes, place) for entry in result.ignored),
        ],
        "properties": {
            "command": result.command,
            "database": None if result.database is None else asdict(result.database),
            "against": result.against,
            "failOn": result.fail_on,
            "compared": dict(result.compared),
            "platform": result.platform,
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _text(text: str) -> dict[str, str]:
    """A message; what its notation would take for a link in it is taken apart."""
    return {"text": text.replace("](", "] (")}


def _rule(check: CheckInfo) -> dict[str, Any]:
    return {
        "id": check.code,
        "name": check.name,
        "shortDescription": _text(check.title),
        "help": _text(f"{check.title}; the problem and the remedy are told in docs/checks/{check.code}.md"),
        "defaultConfiguration": {"level": LEVELS[check.severity]},
    }


class _Places:
    """Paths as locations."""

    def __init__(self, home: str, placed: Callable[[str], str]) -> None:
        self._home = home
        self._placed = placed

    def artifact(self, path: str) -> dict[str, Any]:
        """A file, counted from the root of the repository where it is in it."""
        found = PurePosixPath(self._placed(path))
        return {"uri": found.as_uri()} if found.is_absolute() else {"uri": quote(str(found)), "uriBaseId": ROOT}

    def physical(self, where: Span | None) -> dict[str, Any]:
        """A place in a file, or what stands for one."""
        if where is None:
            return {"artifactLocation": self.artifact(self._home), "region": {"startLine": 1}}
        region: dict[str, Any] = {"startLine": where.line, "startColumn": where.column}
        if where.excerpt:
            region |= {"endColumn": where.column + where.width, "snippet": {"text": where.excerpt}}
        return {"artifactLocation": self.artifact(where.path), "region": region}


def _result(finding: Finding, codes: list[str], place: _Places) -> dict[str, Any]:
    said = [finding.message, finding.detail, finding.hint and f"hint: {finding.hint}"]
    location: dict[str, Any] = {"physicalLocation": place.physical(finding.where)}
    if finding.subject:
        logical = {"fullyQualifiedName": finding.subject, "kind": finding.kind or "migration"}
        location["logicalLocations"] = [logical]
    if finding.where is None:
        location["message"] = _text("it is in the database; no file is named for it")
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": LEVELS[finding.severity],
        "message": _text("\n".join(part for part in said if part)),
        "locations": [location],
        # the first is what GitHub tells findings apart by; without it, two at one line would be one
        "partialFingerprints": {
            "primaryLocationLineHash": finding.fingerprint,
            "migratorFinding/v1": finding.fingerprint,
        },
        "properties": {"diff": finding.diff, "sql": list(finding.sql)},
    }


def _suppressed(entry: Ignored, codes: list[str], place: _Places) -> dict[str, Any]:
    until = "" if entry.until is None else f" (until {entry.until})"
    suppression = {"kind": "external", "status": "accepted", "justification": f"{entry.reason}{until}"}
    return {**_result(entry.finding, codes, place), "suppressions": [suppression]}


def _untold(error: MigratorError, place: _Places) -> dict[str, Any]:
    said = [error.message, error.detail, error.outcome, error.hint and f"hint: {error.hint}"]
    where = [] if error.where is None else [{"physicalLocation": place.physical(error.where)}]
    return {
        "level": "error",
        "descriptor": {"id": error.code},
        "message": _text("\n".join(part for part in said if part)),
        "locations": where,
    }


def _not_compared(what: NotCompared) -> dict[str, Any]:
    return {"level": "note", "message": _text(f"not compared: {findings.not_compared(what)}")}
