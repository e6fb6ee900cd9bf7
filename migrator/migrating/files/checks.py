"""What a file may hold, given whether it runs in a transaction: statements become units, or the file is refused."""

from collections.abc import Iterator, Sequence

from migrator.errors import InputError
from migrator.migrating.files.migration import Script, Unit
from migrator.source import Source
from migrator.sql.kinds import Description, Kind, describe
from migrator.sql.statement import Statement
from migrator.sql.transactions import ends_its_own, lasts_as_long

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
                hint=_way_out(kinds),
            )
    units = tuple(Unit(start=each.start, end=each.end) for each in statements[first:last])
    return Script(source=source, statements=units, modes=modes)


def _way_out(kinds: Sequence[Description]) -> str:
    """What to do about transaction control in the middle of a file that does not say that it has its own."""
    if not any(known.kind is Kind.OUTSIDE for known in kinds):
        return (
            "remove it: every migration runs in a transaction of its own; "
            "or put `-- transactional: false` at the top of the file"
        )
    # COMMIT; CREATE INDEX CONCURRENTLY ...; BEGIN: it steps out of a transaction that it takes for granted
    missing = ["`-- transactional: false` at the top of the file"]
    if kinds[0].kind is not Kind.BEGIN:
        missing.append("`BEGIN;` before its first statement")
    if kinds[-1].kind is not Kind.COMMIT:
        missing.append("`COMMIT;` behind its last one")
    return "put " + (", ".join(missing[:-1]) + " and " if len(missing) > 1 else "") + missing[-1]


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
                raise _stray(statement, known, opened=None)
            else:
                yield _single(statement, known)
        elif known.kind is Kind.COMMIT:
            if inside:
                yield Unit(start=inside[0].start, end=inside[-1].end, modes=opened[1])
            opened = None
        elif known.kind is Kind.OUTSIDE or known.kind is Kind.BEGIN or known.kind.ends_transaction:
            raise _stray(statement, known, opened=opened[0])
        else:
            inside.append(statement)
    if opened is not None:
        raise InputError(
            "this `BEGIN` has no `COMMIT`",
            code="transaction-control",
            where=opened[0].span,
            outcome=NOTHING_APPLIED,
            hint="put `COMMIT;` behind the last statement that belongs to it",
        )


def _single(statement: Statement, known: Description) -> Unit:
    """A statement that is committed by itself; refused where that would make it do nothing."""
    if name := lasts_as_long(statement):
        raise InputError(
            f"`{name}` lasts as long as its transaction, and here that is this one statement",
            code="needs-transaction",
            where=statement.span,
            outcome=NOTHING_APPLIED,
            hint="put `BEGIN;` before it and `COMMIT;` behind what it is meant for: in a file without a transaction "
            "every statement outside such a group is committed by itself",
        )
    alone = known.name if known.kind is Kind.OUTSIDE else ends_its_own(statement) or ""
    return Unit(start=statement.start, end=statement.end, alone=alone != "", patient=PATIENT in alone, name=alone)


def _stray(statement: Statement, known: Description, *, opened: Statement | None) -> InputError:
    if opened is None:
        hint = "put `BEGIN;` before the first statement that belongs to it: a group begins with BEGIN"
        if not known.kind.ends_transaction:
            hint = "put `BEGIN;` before it and `COMMIT;` behind what belongs to it"
    elif known.kind is Kind.OUTSIDE:
        hint = f"move it out of the group that `BEGIN` opens in line {opened.span.line}: it cannot run in a transaction"
    else:
        hint = f"end the group that `BEGIN` opens in line {opened.span.line} with `COMMIT;` before it"
    return InputError(
        f"`{known.name}` does not belong to a BEGIN ... COMMIT group"
        if opened is None
        else f"`{known.name}` cannot stand in a BEGIN ... COMMIT group",
        code="transaction-control",
        where=statement.span,
        outcome=NOTHING_APPLIED,
        hint=hint,
    )
