"""Job 2: YAML seed files into tables, concurrently, one transaction per file."""

from migrator.seeding.seed import plan, seed, summary

__all__ = ["plan", "seed", "summary"]
