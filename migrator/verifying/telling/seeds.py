"""V4: does the database have the rows of the seed files? What `migrate seed --check` tells, as findings."""

from migrator.config import Config
from migrator.errors import MigratorError, UnavailableError, WorkError
from migrator.events import Emit
from migrator.events.seeding import SeedCheckResult, SeedDifference
from migrator.events.verifying import Finding, NotCompared
from migrator.seeding.comparison import check_seeds
from migrator.verifying.checks.v401_seed_differs import CHECK

HINT = "`migrate seed --force` puts the rows back; `migrate seed` loads files that are new or changed"

_SAID = {
    "missing": "`{table}` does not have {row}",
    "different": "`{table}` differs in {columns} from {row}",
    "lookup": "what {row} looks up for {columns} is not there",
    "outside": "{row} is not within the `where` of `{table}`",
    "extra": "`{table}` has {rows} within `where` that `{path}` does not have",
}
"""A row has no name but its place, so that this makes its finding another than that of the next row."""


async def findings(
    config: Config, emit: Emit
) -> tuple[tuple[Finding, ...], tuple[NotCompared, ...], MigratorError | None]:
    """A finding for each row that differs, what could not be compared, and why there is no answer, if there is none.

    On a connection of its own, in a transaction that is rolled back: see `migrator.check_seeds`. Raises `InputError`
    for a file that is wrong.
    """
    try:
        found = await check_seeds(config, emit=emit)
    except (UnavailableError, WorkError) as error:
        return (), (), error
    more = found.different - sum(each.rows for each in found.differences)
    findings = [_finding(each) for each in found.differences]
    if more > 0:
        findings.append(_more(more))
    return tuple(findings), _not_compared(found), None


def _not_compared(found: SeedCheckResult) -> tuple[NotCompared, ...]:
    return tuple(
        NotCompared(what=f"seed `{path}`", why="nobody knows which rows a file of SQL makes")
        for path in found.not_compared
    )


def _finding(difference: SeedDifference) -> Finding:
    rows = "a row" if difference.rows == 1 else f"{difference.rows:,} rows"
    line = "" if difference.where is None else f", line {difference.where.line}"
    row = f"the row of `{difference.path}`{line}"
    columns = ", ".join(f"`{name}`" for name in difference.columns)
    return CHECK.finding(
        _SAID[difference.problem].format(
            table=difference.table, columns=columns, rows=rows, row=row, path=difference.path
        ),
        where=difference.where,
        hint=HINT,
    )


def _more(rows: int) -> Finding:
    return CHECK.finding(
        f"{rows:,} more {'row differs' if rows == 1 else 'rows differ'}",
        hint="`migrate seed --check` compares single files: give it their paths",
    )
