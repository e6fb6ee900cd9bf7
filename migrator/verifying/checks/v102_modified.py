"""A migration whose file is not what was applied."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V102",
    name="modified",
    severity="error",
    title="a migration was edited after it was applied",
)
