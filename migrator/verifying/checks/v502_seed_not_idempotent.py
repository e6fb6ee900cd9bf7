"""Seed files that change something when they are loaded again."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V502",
    name="seed_not_idempotent",
    severity="error",
    title="a seed file changes rows when it is loaded a second time, or fails then",
)
