"""`migrate new`."""

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


@declare("new", example='migrate new "create orders"')
@click.argument("name")
@click.option(
    "--depends", metavar="ID", multiple=True, envvar=variable("depends"), help="A migration that it needs; repeatable."
)
@click.option(
    "--no-transaction",
    is_flag=True,
    envvar=variable("no-transaction"),
    help="For statements like CREATE INDEX CONCURRENTLY.",
)
def command(*, name: str, depends: tuple[str, ...], no_transaction: bool) -> Order:
    """Write the file of a new migration; no database is needed, and none is changed.

    One that is configured and answers at once is asked what is applied: a name that would come before that is refused.
    The number follows the style of the folder, it depends on the newest migration, and its path is printed. What
    rolls it back goes into a file beside it, `ID.rollback.sql`.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.new(config, name, depends=depends, transactional=not no_transaction, emit=emit)

    return Order(command="new", job=job)
