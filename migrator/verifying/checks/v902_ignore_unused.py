"""An entry of the ignore list that covers nothing any more."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V902",
    name="ignore_unused",
    severity="warning",
    title="an entry of `ignore` covers nothing",
)
