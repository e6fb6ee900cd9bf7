"""Job 2: seed files into tables, concurrently, one transaction per file."""

from migrator.seeding.pending import summary
from migrator.seeding.seed import seed

__all__ = ["seed", "summary"]
