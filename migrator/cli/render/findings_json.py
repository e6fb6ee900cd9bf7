"""The answer of `migrate verify`, `check` and `verify --list` as the keys of a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from migrator.cli.render.document import failure, place
from migrator.cli.render.findings import ordered

if TYPE_CHECKING:
    from migrator.events.verifying import ChecksResult, Finding, VerifyResult


def verified(result: VerifyResult) -> dict[str, Any]:
    """Everything that was found, what was looked at and what was not."""
    return {
        **({} if result.database is None else {"database": asdict(result.database)}),
        "against": result.against,
        "fail_on": result.fail_on,
        "findings": [_finding(finding) for finding in ordered(result.findings)],
        "compared": dict(result.compared),
        "platform": result.platform,
        "not_compared": [asdict(each) for each in result.not_compared],
        "ignored": [
            {"finding": _finding(each.finding), "reason": each.reason, "until": each.until} for each in result.ignored
        ],
        "untold": [failure(error, error.exit_code) for error in result.untold],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "kind": finding.kind,
        "subject": finding.subject,
        "where": place(finding.where),
        "detail": finding.detail,
        "hint": finding.hint,
        "diff": finding.diff,
        "sql": list(finding.sql),
        "fingerprint": finding.fingerprint,
    }


def checks(result: ChecksResult) -> dict[str, Any]:
    """Every check that there is."""
    return {"checks": [asdict(check) for check in result.checks]}
