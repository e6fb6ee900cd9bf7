"""`migrate reset`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.options import command as declare
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.order import Job
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("reset", example="migrate reset --yes")
def command() -> Order:
    """Drop everything that migrations made in the database, all rows included, then `up` and `seed`: for development.

    Refused for a database on another machine. Asks first, in a protected database for its name.
    """

    def carried_out(confirmed: str | None = None) -> Job:
        async def job(config: Config, emit: Emit) -> Result:
            from migrator import project

            return await project.reset(config, confirmed=confirmed, emit=emit)

        return job

    async def preview(config: Config, emit: Emit) -> Result:
        from migrator import project

        return await project.status(config, emit=emit)

    return Order(
        command="reset",
        job=carried_out(),
        preview=preview,
        question=lambda _: "Drop everything in this database and build it anew?",
        confirmed=carried_out,
    )
