"""A migration that is not applied."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V101",
    name="pending",
    severity="error",
    title="a migration is not applied",
)
