"""`migrate protect`."""

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


def question(shown: Result) -> str | None:
    """Ask before the protection goes; nothing where there is none."""
    from migrator.events.protecting import ProtectResult

    if not isinstance(shown, ProtectResult) or not shown.changed:
        return None
    return "Lift the protection of this database?"


@declare("protect", example="migrate protect\nmigrate protect --off --yes")
@click.option("--off", is_flag=True, envvar=variable("off"), help="Take the mark away; asks first.")
def command(*, off: bool) -> Order:
    """Mark the database as protected: `down`, `redo`, `seed` and `reset` ask for its name from then on.

    They ask on a terminal and refuse without one, whether `--yes` is given or not. The mark is one row in the database
    itself, so it holds for everybody. `up`, `mark` and `status` go on as before.
    """

    async def run(config: Config, emit: Emit, *, dry_run: bool) -> Result:
        from migrator import migrating

        return await migrating.protect(config, on=not off, dry_run=dry_run, emit=emit)

    async def job(config: Config, emit: Emit) -> Result:
        return await run(config, emit, dry_run=False)

    async def preview(config: Config, emit: Emit) -> Result:
        return await run(config, emit, dry_run=True)

    return Order(command="protect", job=job, preview=preview if off else None, question=question)
