"""The checks of security: every file of `security/` has databases in which one must be found, and where it must not.

A case is SQL behind a line `-- bad: ...` or `-- good: ...`, run by whom migrations run as, and rolled back. Behind it
stand all findings of all checks of security, and not only of the one that the file is named for.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.events.verifying import Finding
from migrator.schema.reading import LOCALLY
from migrator.schema.scope import Scope
from migrator.verifying import checking
from migrator.verifying.checks import Check, all_checks

HERE = Path(__file__).parent / "security"
SCOPE = Scope(own="migrator", ledger="public", supabase=True)
SECURITY = tuple(check for check in all_checks() if "V301" <= check.code < "V330")

CASE = re.compile(r"^-- (bad|good): (.+)\n((?:.*\n)*?)(?=^-- (?:bad|good): |\Z)", re.MULTILINE)
FOUND = re.compile(r"^-- found (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def many(supabase_server: Path, on: Callable[..., str]) -> Iterator[str]:
    """The address of a superuser in a database for all these tests; each puts it back."""

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(on(supabase_server, "supabase_admin", "template1"), statement_cache_size=0)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run("create database security template postgres owner postgres strategy file_copy"))
    yield on(supabase_server, "supabase_admin", "security")
    asyncio.run(run("drop database security with (force)"))


async def found(session: Session, *checks: Check) -> tuple[Finding, ...]:
    """What all or these checks find in the open transaction, for whom migrations run as."""
    await session.run(f"set local role postgres; {LOCALLY}")
    return await checking.findings(session, checks or SECURITY, SCOPE)


def told(finding: Finding) -> str:
    """A finding in a line."""
    return f"{finding.code} {finding.kind} {finding.subject}: {finding.message}"


async def cured(session: Session, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What is still found of one check when the SQL of all hints has run."""
    hints = []
    for finding in findings:
        sql = re.match(r"`([^`]+)`( as its owner)?", finding.hint or "")
        assert sql is not None, finding
        hints.append(f"{'reset role' if sql[2] else 'set local role postgres'}; {sql[1]}")
    await session.run("; ".join(hints))
    return await found(session, *(check for check in SECURITY if check.code == findings[0].code))


@pytest.mark.parametrize("code", [check.code for check in SECURITY])
async def test_a_check_finds_what_it_must_and_nothing_else(code: str, many: str) -> None:
    """Findings are as told in every case, a good one has none of this code, and the SQL of each hint takes it away."""
    cases = CASE.findall((HERE / f"{code}.sql").read_text(encoding="utf-8"))
    expected, actual, wrong = {}, {}, []
    async with connect(Config(root=HERE, database=Address(many, "test"))) as session:
        for kind, title, text in cases:
            await session.run(
                f'begin; set local role postgres; set local search_path = "$user", public, extensions; {text}'
            )
            findings = await found(session)
            of_code = [finding for finding in findings if finding.code == code]
            if (kind == "bad") != bool(of_code):
                wrong.append(title)
            if of_code:
                wrong += [f"{title}: {finding.hint}" for finding in await cured(session, of_code)]
            await session.run("rollback")
            expected[title] = FOUND.findall(text)
            actual[title] = [told(finding) for finding in findings]
    assert {kind for kind, *_ in cases} == {"bad", "good"}
    assert wrong == []
    assert expected == actual
