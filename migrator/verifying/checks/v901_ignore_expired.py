"""An entry of the ignore list whose last day is over."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V901",
    name="ignore_expired",
    severity="warning",
    title="an entry of `ignore` has expired",
)
