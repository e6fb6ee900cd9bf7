"""How a turn of a run ends without an answer, for whoever goes on from there.

Apart from what is then done about it, which most runs never need and so never load.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.errors import ConnectionLostError
from migrator.events.migrating import Done
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.planning.step import Step
from migrator.migrating.running.message import Frame, Mark


class FenceLostError(Exception):
    """Another runner has the migration that was about to begin; nothing of it ran here. Plan again."""


class UnpreparedError(Exception):
    """The tables could not be made on the way; nothing of the run is done. Make them by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What is known of a run's attempt at the moment when its connection was lost.

    Attributes:
        steps: what it had to do.
        frame: what its transactions shared.
        before: the ledger as it was when it began.
        reached: the last mark that arrived.
        seen: the steps that were seen committed.
        backend: the server's process, where it held the lock; None behind a pooler that shares sessions.
    """

    steps: Sequence[Step]
    frame: Frame
    before: Ledger
    reached: Mark | None
    seen: tuple[Done, ...]
    backend: int | None


class RunLostError(Exception):
    """The connection ended while something of a run was under way; what of it is committed has to be asked."""

    def __init__(self, trail: Trail, error: ConnectionLostError) -> None:
        super().__init__(error.message)
        self.trail = trail
        self.error = error
