"""`migrate verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import given, variable
from migrator.cli.order import Order
from migrator.cli.sarif import option as sarif_option
from migrator.cli.sarif import reported

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit
    from migrator.events.verifying import Severity
    from migrator.verifying.verify import Against

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@declare("verify", example="migrate verify --check-seeds --fail-on warning")
@click.option(
    "--against",
    metavar="record|replay|DIR",
    default="record",
    envvar=variable("against"),
    help="What the schema is compared with: the record of the last run, what the migrations make of an empty database, "
    "or a folder of `migrate snapshot` (record).",
)
@click.option(
    "--scratch",
    metavar="ADDRESS",
    help="Where to replay: `embedded:`, `docker:IMAGE`, `create`, or an empty database (one of the live version).",
)
@click.option(
    "--check-seeds",
    is_flag=True,
    envvar=variable("check-seeds"),
    help="Compare the seed files with the rows of the database, too.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="error",
    envvar=variable("fail-on"),
    help="Exit with 1 for findings of this severity and worse (error).",
)
@sarif_option
@click.option("--list", "listed", is_flag=True, envvar=variable("list"), help="Show every check; needs no database.")
def command(
    *,
    against: str,
    scratch: str | None,
    check_seeds: bool,
    fail_on: Severity,
    sarif: Path | None,
    listed: bool,
) -> Order:
    """Read the database, without writing or locking anything: is it what the migrations made, and is it safe?

    The ledger is compared with the files, the schema with what the last run left (or with what `--against` names), and
    its security and health are checked. Exit 0 means that all is well, 1 that something was found, 3 that a part could
    not be told.
    """

    async def job(config: Config, emit: Emit) -> Result:
        if listed:
            from migrator.verifying.checks import listed as listing

            return listing()
        from migrator.verifying.verify import verify

        chosen: Against = "record" if against == "record" else "replay" if against == "replay" else Path(against)
        return await verify(config, against=chosen, check_seeds=check_seeds, fail_on=fail_on, emit=emit)

    done = reported(job, None if listed else sarif, command="verify")
    return Order(command="verify", job=done, flags=given(scratch=scratch), serving=listed)
