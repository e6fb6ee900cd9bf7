"""An object that the database should have."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V201",
    name="missing",
    severity="error",
    title="an object that should be there is not",
)
