"""A rollback that fails, or after which the schema is not what it was before its migration."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V501",
    name="rollback_incomplete",
    severity="error",
    title="a rollback fails, or does not take back what its migration made",
)
