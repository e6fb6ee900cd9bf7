"""An object that is not as it should be."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V203",
    name="changed",
    severity="error",
    title="an object is not as it should be",
)
