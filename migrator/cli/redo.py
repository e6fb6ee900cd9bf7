"""`migrate redo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.down import question
from migrator.cli.options import command as declare
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("redo", example="migrate redo --yes")
def command() -> Order:
    """Roll back the newest applied migration of the database and apply it again, for work on a migration.

    Asks first; data that the rollback drops is gone.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.redo(config, emit=emit)

    async def preview(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.down(config, dry_run=True, emit=emit)

    return Order(command="redo", job=job, preview=preview, question=question)
