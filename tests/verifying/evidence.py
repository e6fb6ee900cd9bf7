"""Databases as evidence for a check: where it must find something, and where it must not.

A case is SQL behind a line `-- bad: ...` or `-- good: ...` of `security/CODE.sql` or `health/CODE.sql`, run by whom
migrations run as, and rolled back. Behind it stand, as `-- found ...`, all findings of all checks of that folder, and
not only of the one that the file is named for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.events.verifying import Finding
from migrator.schema.reading import LOCALLY
from migrator.schema.scope import Scope
from migrator.verifying.asking import checking
from migrator.verifying.checks import Check, all_checks

HERE = Path(__file__).parent
SCOPE = Scope(own="migrator", ledger="public", supabase=True)

CHECKS = {
    "security": tuple(check for check in all_checks() if "V301" <= check.code < "V330"),
    "health": tuple(check for check in all_checks() if "V331" <= check.code < "V400"),
}
"""The checks of each folder."""

_CASE = re.compile(r"^-- (bad|good): (.+)\n((?:.*\n)*?)(?=^-- (?:bad|good): |\Z)", re.MULTILINE)
_FOUND = re.compile(r"^-- found (.+)$", re.MULTILINE)
_CURE = re.compile(r"`([^`]+)`( as its owner)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A database, and what is found in it.

    Attributes:
        bad: the check must find something.
        title: what it is about.
        sql: what makes it.
        found: the findings, each as `told` writes it.
    """

    bad: bool
    title: str
    sql: str
    found: list[str]


def cases(folder: str, code: str) -> list[Case]:
    """Those of a check, in the order of its file."""
    text = (HERE / folder / f"{code}.sql").read_text(encoding="utf-8")
    return [
        Case(bad=kind == "bad", title=title, sql=sql, found=_FOUND.findall(sql))
        for kind, title, sql in _CASE.findall(text)
    ]


def told(finding: Finding) -> str:
    """A finding in a line."""
    return f"{finding.code} {finding.kind} {finding.subject}: {finding.message}"


async def found(session: Session, checks: Sequence[Check]) -> tuple[Finding, ...]:
    """What they find in the open transaction, for whom migrations run as."""
    await session.run(f"set local role postgres; {LOCALLY}")
    return await checking.findings(session, checks, SCOPE)


async def uncured(session: Session, findings: Sequence[Finding], check: Check) -> list[Finding]:
    """What a check still finds when the SQL of all hints has run, of those that have some."""
    cures = {finding: sql for finding in findings if (sql := _CURE.match(finding.hint or ""))}
    for sql in cures.values():
        # a transaction has no place for what is built beside the others' work
        text = sql[1].replace(" concurrently", "")
        await session.run(f"{'reset role' if sql[2] else 'set local role postgres'}; {text}")
    left = {finding.subject for finding in await found(session, [check])}
    return [finding for finding in cures if finding.subject in left]


async def examine(dsn: str, folder: str, code: str) -> tuple[dict[str, list[str]], list[Finding], list[Finding]]:
    """Make every case of a check in a database and put it back.

    Returns what is found of all checks by the case's title, which findings of this one stay although the SQL of their
    hint has run, and which have no SQL. Fails where a bad case has none of this code, or a good one has.
    """
    seen: dict[str, list[str]] = {}
    uncured_, without = [], []
    (check,) = (check for check in CHECKS[folder] if check.code == code)
    async with connect(Config(root=HERE, database=Address(dsn, "test"))) as session:
        for case in cases(folder, code):
            path = '"$user", public, extensions'
            await session.run(f"begin; set local role postgres; set local search_path = {path}; {case.sql}")
            findings = await found(session, CHECKS[folder])
            of_code = [finding for finding in findings if finding.code == code]
            assert bool(of_code) == case.bad, (case.title, of_code)
            uncured_ += await uncured(session, of_code, check)
            without += [finding for finding in of_code if not str(finding.hint).startswith("`")]
            await session.run("rollback")
            seen[case.title] = [told(finding) for finding in findings]
    assert {case.bad for case in cases(folder, code)} == {True, False}
    return seen, uncured_, without
