"""What was seen as findings: drift, the ledger, seeds."""
