"""`migrate mark`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from migrator.cli.options import command as declare
from migrator.cli.options import variable
from migrator.cli.order import Order
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("mark", example="migrate mark --applied --until 0012")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--applied", is_flag=True, envvar=variable("applied"), help="Enter them in the ledger as applied.")
@click.option("--pending", is_flag=True, envvar=variable("pending"), help="Take them out of the ledger.")
@click.option(
    "--until",
    is_flag=True,
    envvar=variable("until"),
    help="Also every migration before it (or behind it, with --pending).",
)
def command(*, ids: tuple[str, ...], applied: bool, pending: bool, until: bool) -> Order:
    """Change the database's ledger of migrations and nothing else: none of their SQL is run.

    For a database whose tables were made by other means, and for repairs after a failure.
    """
    if applied == pending:
        raise InputError("one of `--applied` and `--pending` is needed", code="usage")
    state: Literal["applied", "pending"] = "applied" if applied else "pending"

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.mark(config, ids, state=state, until=until, emit=emit)

    return Order(command="mark", job=job)
