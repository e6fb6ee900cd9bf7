"""An object that the database should not have."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V202",
    name="extra",
    severity="error",
    title="an object is there that should not be",
)
