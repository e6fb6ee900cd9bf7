"""The checks that are made of a query, asked of a database in one statement."""

from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, ServerError, UnavailableError
from migrator.events.verifying import Finding
from migrator.schema import catalog, reading
from migrator.schema.scope import Scope
from migrator.verifying.checks import Check


@cache
def _common() -> str:
    return files("migrator.verifying.checks").joinpath("common.sql").read_text(encoding="utf-8")


def common(scope: Scope, *queries: str) -> str:
    """The CTEs that these queries read, and what those need; a SELECT follows."""
    left_out = [f"{schema}.{name}" for schema, name in scope.left_out]
    hidden = [*scope.hidden, *scope.managed]
    values = {"hidden": hidden, "managed": scope.managed, "left_out": left_out}
    listed = {name: catalog.array(value) for name, value in values.items()}
    return f"{catalog.sharing(queries, listed, _common())}\n"


def query(checks: Sequence[Check], scope: Scope) -> str:
    """One jsonb per finding: the check's code, the class and the identity of the object, the facts."""
    parts = [
        f"(select jsonb_build_array('{check.code}', kind, identity, facts)"
        f" from (\n{catalog.unsent(check.query)}\n) o (kind, identity, facts))"
        for check in checks
        if check.query is not None
    ]
    return common(scope, *parts) + "\nunion all\n".join(parts)


async def findings(
    session: Session, checks: Sequence[Check], scope: Scope, *, first: str | None = None, then: str | None = None
) -> tuple[Finding, ...]:
    """What the checks find, in the order of codes and identities. One round trip; writes nothing.

    For a transaction with the settings of `migrator.schema.reading`. Checks that are not made of a query are left out;
    `first` and `then` are statements that travel before and behind the question.
    """
    by_code = {check.code: check for check in checks if check.query is not None}
    if not by_code:
        await session.run("; ".join(filter(None, [first, then])))
        return ()
    rows = sorted(await session.read(query(checks, scope), first=first, then=then), key=lambda row: row[:3])
    return tuple(_finding(by_code[code], kind, identity, facts or {}) for code, kind, identity, facts in rows)


async def one_by_one(
    session: Session, checks: Sequence[Check], scope: Scope
) -> tuple[tuple[Finding, ...], dict[str, UnavailableError]]:
    """The same where the server refuses to answer all at once: what the others find, and which it refuses, by code.

    A transaction and a round trip for each. No transaction may be open.
    """
    found: list[Finding] = []
    refused: dict[str, UnavailableError] = {}
    for check in checks:
        if check.query is None:
            continue
        asking = partial(findings, session, [check], scope, first=reading.SETTINGS, then="rollback")
        try:
            found += await reading.steadily(session, asking)
        except ConnectionLostError:
            raise
        except (ServerError, UnavailableError) as error:
            refused[check.code] = UnavailableError(
                f"the check {check.code} `{check.name}` has no answer: {error.message}",
                code="check-refused",
                sqlstate=error.sqlstate,
                detail=error.detail,
                hint="use a role that may read what it asks for, or see what is special about this database",
            )
    return tuple(found), refused


def _finding(check: Check, kind: str, identity: str, facts: dict[str, Any]) -> Finding:
    known = {"identity": identity, "kind": kind, **facts}
    return check.finding(
        check.message.format_map(known),
        kind=kind,
        subject=identity,
        hint=check.hint.format_map(known) or None,
    )
