"""`migrate status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import variable
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("status", example="migrate status --check --json")
@click.option(
    "--check", is_flag=True, envvar=variable("check"), help="Exit with 1 when a migration is pending or wrong."
)
def command(*, check: bool) -> Order:
    """Read the database, without writing or locking anything: its version, every migration, the seed files.

    A migration is applied, pending, modified (edited since), renamed (its file has another name now), missing (its file
    is gone), unknown (applied by others, no file), late (pending below an applied one), partial (failed half-way
    outside a transaction) or ahead (newer than all files).
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import project

        return await project.status(config, check=check, emit=emit)

    return Order(command="status", job=job)
