"""What a plan is made of: a migration in one direction, and from where."""

from dataclasses import dataclass

from migrator.events.migrating import Direction
from migrator.migrating.files.migration import Migration, Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration in one direction.

    Attributes:
        migration: which.
        direction: up or down.
        script: what runs.
        done: how many of its statements an earlier run has committed.
        unsure: the one behind them may have run, too.
    """

    migration: Migration
    direction: Direction
    script: Script
    done: int = 0
    unsure: bool = False

    @property
    def total(self) -> int:
        """How many statements it has."""
        return len(self.script.statements)

    @property
    def committed(self) -> int:
        """The statement number of the mark that says it is committed; its closing up to COMMIT has the one before."""
        return self.total + 2
