"""A migration that is applied under another name than its file has now."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V107",
    name="renamed",
    severity="error",
    title="a migration is applied, and its file has another name now",
)
