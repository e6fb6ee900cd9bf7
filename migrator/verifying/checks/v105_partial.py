"""A migration without a transaction that stopped on its way."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V105",
    name="partial",
    severity="error",
    title="a migration without a transaction stopped half-way",
)
