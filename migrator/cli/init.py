"""`migrate init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import given, variable
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("init", example="migrate init --dry-run\nmigrate init && migrate up && migrate seed && migrate status")
@click.option(
    "--ci/--no-ci",
    default=None,
    envvar=variable("ci"),
    help="Write a workflow for GitHub Actions, or none; by itself unless another system is in use.",
)
@click.option(
    "--supabase/--no-supabase", default=None, help="A Supabase project, or none; by itself where `supabase/` is."
)
@click.option("--dry-run", is_flag=True, envvar=variable("dry-run"), help="Show what would be written; write nothing.")
def command(*, ci: bool | None, supabase: bool | None, dry_run: bool) -> Order:
    """Begin a project; no database is needed, and none is changed.

    Writes what is not there yet: the configuration, the folders with a first migration and a seed file, and a workflow
    for GitHub Actions. An existing file is never overwritten, and a second run completes what a first one did not.
    What other tools say (Supabase, yoyo, `DATABASE_URL`) is taken over, but no password.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import project

        return await project.init(config, ci=ci, dry_run=dry_run, emit=emit)

    return Order(command="init", job=job, flags=given(supabase=supabase), founding=True)
