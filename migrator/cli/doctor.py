"""`migrate doctor`."""

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


@declare("doctor", example="migrate doctor\nmigrate doctor --database postgresql://... --json")
@click.option(
    "--allow-transaction-pooler",
    is_flag=True,
    envvar=variable("allow-transaction-pooler"),
    help="Go on behind a pooler that gives each transaction another connection.",
)
def command(*, allow_transaction_pooler: bool) -> Order:
    """Read the database, without writing or locking anything, and tell what would keep a command from working.

    Goes the way of `up` a step at a time: address, names, ports, TLS, one login, pooler, version, role and rights,
    settings, extensions, ledger. Stops at the first step that is wrong and says what to do; exit code 3, or 2 where the
    address or a setting is wrong. `-v` shows every fact.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import project

        return await project.doctor(config, allow_transaction_pooler=allow_transaction_pooler, emit=emit)

    return Order(command="doctor", job=job)
