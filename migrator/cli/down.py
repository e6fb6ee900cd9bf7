"""`migrate down`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import variable
from migrator.cli.order import Order
from migrator.cli.render import words
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.cli.order import Job
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


def question(shown: Result) -> str | None:
    """Ask for what the plan names; nothing where it is empty."""
    from migrator.events.migrating import RunResult

    if not isinstance(shown, RunResult) or not shown.planned:
        return None
    return f"Roll back {words.count(len(shown.planned), 'migration')}?"


@declare("down", example="migrate down --steps 2\nmigrate down --to 0004 --yes")
@click.option(
    "--steps", type=click.IntRange(min=1), metavar="N", envvar=variable("steps"), help="How many migrations (1)."
)
@click.option("--to", metavar="ID", envvar=variable("to"), help="Everything applied after this migration, which stays.")
@click.option("--all", "everything", is_flag=True, envvar=variable("all"), help="Everything.")
def command(*, steps: int | None, to: str | None, everything: bool) -> Order:
    """Roll back the newest applied migration of the database, or several, newest first, by their rollback files.

    Each rollback and the erasure of its ledger entry are one transaction. A rollback file that is missing is an error
    before anything runs. Asks first, in a protected database for its name; data that a rollback drops is gone.
    """
    if sum((steps is not None, to is not None, everything)) > 1:
        raise InputError("only one of `--steps`, `--to` and `--all` can be given", code="usage")

    agreed: list[tuple[str, ...]] = []  # what was shown before the question

    def carried_out(confirmed: str | None = None, *, dry_run: bool = False) -> Job:
        async def job(config: Config, emit: Emit) -> Result:
            from migrator import migrating

            result = await migrating.down(
                config,
                steps=steps or 1,
                to=to,
                everything=everything,
                dry_run=dry_run,
                confirmed=confirmed,
                expected=agreed[-1] if agreed else None,
                emit=emit,
            )
            if dry_run:
                agreed.append(result.planned)
            return result

        return job

    return Order(
        command="down",
        job=carried_out(),
        preview=carried_out(dry_run=True),
        question=question,
        confirmed=carried_out,
    )
