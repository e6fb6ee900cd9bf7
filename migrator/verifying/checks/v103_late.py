"""A migration that is not applied, and comes before one that is."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V103",
    name="late",
    severity="error",
    title="a migration is not applied, and one that comes after it is",
)
