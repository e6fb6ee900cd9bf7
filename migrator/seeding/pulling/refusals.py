"""What cannot be pulled, and why: no table, no key, no condition, no right."""

from collections.abc import Iterable, Mapping, Sequence

from migrator.errors import InputError, MigratorError, ServerError, UnavailableError
from migrator.seeding.books.tables import Key, TableInfo
from migrator.seeding.preparing.check import KINDS, nearest
from migrator.sql.expression import fault

_OUTCOME = "nothing was written"


def refuse_condition(where: str | None, names: Sequence[str]) -> None:
    """Raise `InputError` for a condition that is none, or is given with several tables."""
    if where is None:
        return
    wrong = fault(where)
    if wrong is not None:
        raise InputError("`--where` is not one condition in SQL", code="bad-where", detail=wrong, outcome=_OUTCOME)
    if len(names) > 1:
        raise InputError(
            f"`--where` is a condition on one table, and these are {len(names)}",
            code="bad-where",
            outcome=_OUTCOME,
            hint="pull each of them into a file of its own",
        )


def refuse_tables(named: Mapping[str, TableInfo | None], there: Iterable[str]) -> None:
    """Raise `InputError` for what is no table, all of it at once."""
    known = tuple(there)
    errors: list[MigratorError] = []
    for name, info in named.items():
        if info is None:
            hint = nearest(name, known) or "a table outside of the search_path is `schema.table`"
            errors.append(InputError(f"there is no table `{name}`", code="unknown-table", hint=hint))
        elif info.kind not in {"r", "p"}:
            errors.append(
                InputError(
                    f"`{name}` is {KINDS.get(info.kind, 'no table')}, and seeds fill tables alone",
                    code="not-a-table",
                    hint="pull the tables that it reads from",
                )
            )
    if not errors:
        return
    if len(errors) == 1:
        errors[0].outcome = _OUTCOME
        raise errors[0]
    raise InputError(
        f"{len(errors)} of these cannot be pulled", code="bad-tables", outcome=_OUTCOME, causes=tuple(errors)
    )


def no_key(name: str, key: Key | None = None, without: int = 0) -> InputError:
    """The error for a table whose rows could not be found again."""
    detail = None
    if key is not None:
        rows = "1 row has" if without == 1 else f"{without:,} rows have"
        detail = f"its only unique keys may be NULL, and {rows} no ({', '.join(key.columns)})"
    return InputError(
        f"`{name}` has no key by which `migrate seed` could find these rows again",
        code="no-key",
        detail=detail,
        outcome=_OUTCOME,
        hint="add a primary key with a migration",
    )


def refused(error: ServerError, where: str | None) -> MigratorError:
    """What the server refused, as far as it is the caller's condition, a right that is missing, or a lock."""
    state = error.report.sqlstate
    if state == "42501":
        return UnavailableError(
            error.report.message,
            code="missing-rights",
            sqlstate=state,
            outcome=_OUTCOME,
            hint="pull as a role that may read it, or have an administrator grant SELECT",
        )
    if state == "55P03":
        return UnavailableError(
            "another session has locked one of these tables for longer than `--lock-timeout`",
            code="lock-timeout",
            sqlstate=state,
            outcome=_OUTCOME,
            hint="run the command again",
        )
    # syntax and names, and values that cannot be read or computed with
    if where is not None and state[:2] in {"42", "22", "0A", "21"}:
        return InputError(
            "the server refuses the condition of `--where`",
            code="bad-where",
            sqlstate=state,
            detail=str(error.report),
            outcome=_OUTCOME,
        )
    return error
