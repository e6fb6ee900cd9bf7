"""A migration that cannot be applied to an empty database behind those before it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V503",
    name="migration_fails",
    severity="error",
    title="a migration fails on an empty database",
)
