"""A row of a seed file that the database does not have as the file has it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V401",
    name="seed_differs",
    severity="error",
    title="a row of a seed file is not in the database as the file has it",
)
