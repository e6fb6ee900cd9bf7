"""`migrate pull`."""

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


@declare("pull", example="migrate pull users > seeds/users.yaml\nmigrate pull orders --where \"status = 'open'\"")
@click.argument("tables", metavar="TABLE...", nargs=-1, required=True)
@click.option(
    "--where", metavar="SQL", envvar=variable("where"), help="Only rows for which this holds: a condition on one table."
)
def command(*, tables: tuple[str, ...], where: str | None) -> Order:
    """Read rows of the database, without writing or locking anything, and write them as a seed file on stdout.

    References to rows whose key the database draws are lookups by the shortest unique key of the other table. Such
    keys, generated columns, and columns in which every row has the default are left out. Loading the file changes
    nothing.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator.events import Pulled
        from migrator.seeding.pull import pull

        return await pull(config, tables, where=where, write=lambda text: emit(Pulled(text=text)), emit=emit)

    return Order(command="pull", job=job)
