"""Every check, one to a file: its code and name, what it finds, and the query that finds it.

Codes: V1 ledger, V2 drift, V3 security and health, V4 seeds. Where Supabase's advisor has the check, name, level and
meaning of a V3 are its own (https://supabase.com/docs/guides/database/database-advisors); the queries are ours.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Any

from migrator.events.verifying import CheckInfo, ChecksResult, Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        code: such as `V301`; its page is docs/checks/V301.md.
        name: such as `rls_disabled_in_public`.
        severity: that of its findings.
        title: what it finds, in a line; lower case, no full stop.
        message: what a finding says, a `str.format` template over the facts of its row and `identity`.
        hint: what to do, such a template, too.
        query: a SELECT of three columns: the class and the identity of an object as the catalog's queries name them,
            and a jsonb object of facts. It may read the CTEs of `common.sql` beside this file. None where the check is
            not made of a query.
        supabase_only: it means something only in a Supabase database.
        reads: a table whose rows it looks at, as in `storage.buckets`; empty: the catalog is enough, which every role
            may read. Where that table is missing or may not be read, the query finds nothing, and does not fail.
    """

    code: str
    name: str
    severity: Severity
    title: str
    message: str = ""
    hint: str = ""
    query: str | None = None
    supabase_only: bool = False
    reads: str = ""

    @property
    def info(self) -> CheckInfo:
        """What `--list` shows of it."""
        return CheckInfo(code=self.code, name=self.name, severity=self.severity, title=self.title)

    def finding(self, message: str, *, severity: Severity | None = None, **told: Any) -> Finding:
        """What it has found, with its own severity where no other is given; `told` is the rest of a `Finding`."""
        return Finding(code=self.code, name=self.name, severity=severity or self.severity, message=message, **told)


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, in the order of codes."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(sorted((module.CHECK for module in modules), key=lambda check: str(check.code)))


def listed() -> ChecksResult:
    """The answer of `migrate verify --list`. Asks no database."""
    return ChecksResult(checks=tuple(check.info for check in all_checks()))
