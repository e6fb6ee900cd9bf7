"""`migrate redo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.down import question
from migrator.cli.options import command as declare
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.order import Job
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("redo", example="migrate redo --yes")
def command() -> Order:
    """Roll back the newest applied migration of the database and apply it again, for work on a migration.

    Asks first, in a protected database for its name; data that the rollback drops is gone.
    """
    agreed: list[tuple[str, ...]] = []  # what was shown before the question

    def carried_out(confirmed: str | None = None) -> Job:
        async def job(config: Config, emit: Emit) -> Result:
            from migrator import migrating

            expected = agreed[-1] if agreed else None
            return await migrating.redo(config, confirmed=confirmed, expected=expected, emit=emit)

        return job

    async def preview(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        shown = await migrating.down(config, dry_run=True, emit=emit)
        agreed.append(shown.planned)
        return shown

    return Order(command="redo", job=carried_out(), preview=preview, question=question, confirmed=carried_out)
