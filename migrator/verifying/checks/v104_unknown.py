"""An entry of the ledger that no file of ours ever had."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V104",
    name="unknown",
    severity="error",
    title="the ledger has a migration without a file, applied by another tool or project",
)
