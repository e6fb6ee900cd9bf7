"""`migrate check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import given, variable
from migrator.cli.order import Order
from migrator.cli.sarif import option as sarif_option
from migrator.cli.sarif import reported

if TYPE_CHECKING:
    from pathlib import Path

    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit
    from migrator.events.verifying import Severity


@declare("check", example="migrate check\nmigrate check --scratch docker:postgres:17 --fail-on warning")
@click.option(
    "--scratch",
    metavar="ADDRESS",
    help="Where: `embedded:` (a temporary server, the default), `docker:IMAGE`, `create`, or an empty database.",
)
@click.option("--env", metavar="NAME", help="Which set of seed files applies (local).")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info")),
    default="error",
    envvar=variable("fail-on"),
    help="Exit with 1 for findings of this severity and worse (error).",
)
@sarif_option
def command(*, scratch: str | None, env: str | None, fail_on: Severity, sarif: Path | None) -> Order:
    """Try all files out on an empty scratch database; the configured database is neither read nor written.

    Everything is read; every migration is applied, rolled back where it has a rollback, and applied again; the seeds
    are loaded twice; the security checks of `verify` are asked of the result. For pull requests: it needs no database
    and no secret.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator.verifying.check import check

        return await check(config, fail_on=fail_on, emit=emit)

    flags = given(scratch=scratch, env=env)
    return Order(command="check", job=reported(job, sarif, command="check"), flags=flags, offline=True)
