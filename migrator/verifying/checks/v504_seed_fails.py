"""A seed file that cannot be loaded into a database which the migrations have just made."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V504",
    name="seed_fails",
    severity="error",
    title="a seed file cannot be loaded after the migrations",
)
