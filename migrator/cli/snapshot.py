"""`migrate snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("snapshot", example="migrate snapshot schema && git diff schema")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(*, folder: Path) -> Order:
    """Read the schema of the database, without writing or locking anything, and write it into a folder of files.

    A readable file for each table, view, function ..., the same for the same schema. Committed, it shows in a pull
    request what changes, and `migrate verify --against DIR` compares a database with it.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator.verifying.snapshot import snapshot

        return await snapshot(config, folder, emit=emit)

    return Order(command="snapshot", job=job)
