"""A migration that we applied, and whose file is gone."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V106",
    name="file_missing",
    severity="error",
    title="a migration is applied, and its file is gone",
)
