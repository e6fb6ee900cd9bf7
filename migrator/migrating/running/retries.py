"""Trying a migration again that met a lock, a deadlock or a serialization failure: how often, and after which pause.

A waiting ALTER TABLE queues every reader of its table behind it, so the pause is the application's time. It is never
shorter than `lock_timeout`, and grows: however often a migration is tried, nobody waits longer than `lock_timeout` in a
row, and readers have their table for more than half of the time. `benchmarks/under_load.py` shows what they feel.
"""

import random
from dataclasses import dataclass

from migrator.errors import MigratorError, ServerError
from migrator.events.blocking import Blocker, Retrying

FIRST, LONGEST = 0.1, 5.0
"""Seconds of the first pause at least, and at most of a later one, where `lock_timeout` asks for no more. Each is drawn
from twice the range of the one before."""


@dataclass(slots=True, kw_only=True)
class Retries:
    """The retries of one run; each migration has as many as the user allows.

    Attributes:
        limit: how often one migration is tried again.
        lock_timeout: seconds.
        tries: how often the migration `at` has been tried again.
        at: the migration that met a lock last.
    """

    limit: int
    lock_timeout: float
    tries: int = 0
    at: str | None = None

    def again(self, error: MigratorError, blockers: tuple[Blocker, ...]) -> Retrying | None:
        """What to tell before the next try, whose `pause` the caller waits; None when there is none left."""
        if error.code != "lock-timeout" or error.migration is None or error.sqlstate is None:
            return None
        if error.migration != self.at:  # whatever was committed since then is progress
            self.at, self.tries = error.migration, 0
        if self.tries >= self.limit:
            return None
        self.tries += 1
        said = error.__cause__.report if isinstance(error.__cause__, ServerError) else error.detail
        return Retrying(
            id=error.migration,
            sqlstate=error.sqlstate,
            message=f"{error.message}: {said}",
            pause=self.pause(after=error.sqlstate),
            attempt=self.tries,
            attempts=self.limit,
            blockers=blockers,
        )

    def pause(self, *, after: str) -> float:
        """Seconds until the next try, drawn anew each time so that several runs do not march in step."""
        shortest = max(FIRST, self.lock_timeout) if after == "55P03" else FIRST
        longest = min(max(LONGEST, 2 * shortest), shortest * 2.0 ** min(self.tries, 10))
        return random.uniform(max(shortest, longest / 2), longest)  # noqa: S311 - jitter needs no secrecy
