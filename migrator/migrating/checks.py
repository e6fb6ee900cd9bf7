"""What a file may hold, given whether it runs in a transaction: statements become units, or the file is refused."""

from collections.abc import Iterator, Sequence

from migrator.errors import InputError
from migrator.migrating.migration import Script, Unit
from migrator.source import Source
from migrator.sql.kinds import Kind, describe
from migrator.sql.statement import Statement

NOTHING_APPLIED = "nothing was applied"
PATIENT = "CONCURRENTLY"


def checked_script(source: Source, statements: Sequence[Statement], *, transactional: bool) -> Script:
    """The statements as units that are committed together or one by one.

    Raises `InputError` at the statement that does not fit: one that PostgreSQL refuses in a transaction, or transaction
    control that would end ours.
    """
    if transactional:
        return _transactional(source, statements)
    return Script(source=source, statements=tuple(_groups(statements)), transactional=False)


def _transactional(source: Source, statements: Sequence[Statement]) -> Script:
    kinds = [describe(statement) for statement in statements]
    modes = ""
    first, last = 0, len(statements)
    if len(kinds) > 1 and kinds[0].kind is Kind.BEGIN and kinds[-1].kind is Kind.COMMIT:
        modes = kinds[0].modes
        first, last = 1, last - 1
    if first < last and kinds[first].kind is Kind.SET_TRANSACTION:
        modes = f"{modes} {kinds[first].modes}".strip()
        first += 1
    for statement, known in list(zip(statements, kinds, strict=True))[first:last]:
        if known.kind is Kind.OUTSIDE:
            raise InputError(
                f"`{known.name}` cannot run in a transaction",
                code="needs-no-transaction",
                where=statement.span,
                outcome=NOTHING_APPLIED,
                hint="put `-- transactional: false` at the top of the file",
            )
        if known.kind is Kind.BEGIN or known.kind.ends_transaction:
            raise InputError(
                f"`{known.name}` would end the transaction that this migration runs in"
                if known.kind.ends_transaction
                else f"`{known.name}` inside the transaction that this migration runs in",
                code="transaction-control",
                where=statement.span,
                outcome=NOTHING_APPLIED,
                hint="remove it: every migration runs in a transaction of its own; "
                "or put `-- transactional: false` at the top of the file",
            )
    units = tuple(Unit(start=each.start, end=each.end) for each in statements[first:last])
    return Script(source=source, statements=units, modes=modes)


def _groups(statements: Sequence[Statement]) -> Iterator[Unit]:
    """Single statements, and what stands between BEGIN and COMMIT as one."""
    opened: tuple[Statement, str] | None = None
    inside: list[Statement] = []
    for statement in statements:
        known = describe(statement)
        if opened is None:
            if known.kind is Kind.BEGIN:
                opened, inside = (statement, known.modes), []
            elif known.kind.ends_transaction or known.kind is Kind.SAVEPOINT:
                raise _stray(statement, known.name)
            else:
                alone = known.kind is Kind.OUTSIDE
                patient = alone and PATIENT in known.name
                yield Unit(start=statement.start, end=statement.end, alone=alone, patient=patient)
        elif known.kind is Kind.COMMIT:
            if inside:
                yield Unit(start=inside[0].start, end=inside[-1].end, modes=opened[1])
            opened = None
        elif known.kind is Kind.OUTSIDE or known.kind is Kind.BEGIN or known.kind.ends_transaction:
            raise _stray(statement, known.name)
        else:
            inside.append(statement)
    if opened is not None:
        raise _stray(opened[0], "BEGIN")


def _stray(statement: Statement, name: str) -> InputError:
    return InputError(
        f"`{name}` does not belong to a BEGIN ... COMMIT group",
        code="transaction-control",
        where=statement.span,
        outcome=NOTHING_APPLIED,
        hint="in a file without a transaction a group begins with BEGIN and ends with COMMIT, and holds nothing that "
        "cannot run in a transaction",
    )
