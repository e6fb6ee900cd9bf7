"""`migrate seed`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import given, variable
from migrator.cli.order import Order
from migrator.cli.terminal import has_terminal

if TYPE_CHECKING:
    from migrator.cli.order import Job
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("seed", example="migrate seed --plan\nmigrate seed seeds/users.yaml --force")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--env", metavar="NAME", help="Which set of seed files applies (local).")
@click.option(
    "--plan", is_flag=True, envvar=variable("plan"), help="Show the order of the files and why; load nothing."
)
@click.option(
    "--check",
    is_flag=True,
    envvar=variable("check"),
    help="Compare the files with the database, load nothing; exit with 1 when rows differ.",
)
@click.option("--force", is_flag=True, envvar=variable("force"), help="Load files again that have not changed.")
@click.option(
    "--atomic",
    is_flag=True,
    envvar=variable("atomic"),
    help="Load all files in one transaction on one connection: all or nothing.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    envvar=variable("allow-remote"),
    help="Also a database on another machine, which is refused on a terminal.",
)
@click.option("--pool-size", metavar="N", help="How many connections to use at most.")
def command(
    *,
    paths: tuple[Path, ...],
    env: str | None,
    plan: bool,
    check: bool,
    force: bool,
    atomic: bool,
    allow_remote: bool,
    pool_size: str | None,
) -> Order:
    """Load seed files into the database: rows are inserted, or updated where they differ, by their key.

    Each file is one transaction, independent files are loaded at the same time, and files that have not changed since
    they were loaded are skipped. A file that fails is rolled back; files that need it are skipped, all others finish.
    A protected database asks for its name first.
    """
    if plan and check:
        message = "`--plan` and `--check` are two questions: ask one"
        raise click.UsageError(message)

    def carried_out(confirmed: str | None = None) -> Job:
        async def job(config: Config, emit: Emit) -> Result:
            from migrator import seeding

            if plan:
                from migrator.seeding.plan import plan_seeds

                return await plan_seeds(config, paths=paths, emit=emit)
            if check:
                from migrator.seeding.comparison import check_seeds

                return await check_seeds(config, paths=paths, emit=emit)
            return await seeding.seed(
                config,
                paths=paths,
                force=force,
                atomic=atomic,
                allow_remote=allow_remote or not has_terminal(),
                confirmed=confirmed,
                emit=emit,
            )

        return job

    flags = given(env=env, pool_size=pool_size)
    return Order(command="seed", job=carried_out(), flags=flags, confirmed=carried_out)
