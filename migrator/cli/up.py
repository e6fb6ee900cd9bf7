"""`migrate up`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import given, variable
from migrator.cli.order import Order
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


@declare("up", example="migrate up --dry-run --sql\nDATABASE_URL=postgresql://... migrate up --wait 2min")
@click.option("--to", metavar="ID", envvar=variable("to"), help="Stop after this migration; any unique prefix will do.")
@click.option("--dry-run", is_flag=True, envvar=variable("dry-run"), help="Show what would be applied; send nothing.")
@click.option("--sql", is_flag=True, envvar=variable("sql"), help="With --dry-run: the exact SQL.")
@click.option(
    "--out-of-order", is_flag=True, help="Apply pending migrations that sort below one that is applied already."
)
@click.option(
    "--strict", is_flag=True, envvar=variable("strict"), help="Refuse a database that is ahead of these files."
)
@click.option("--lock-timeout", metavar="TIME", help="How long a statement may wait for a table's lock (5s).")
@click.option("--lock-retries", metavar="N", help="How often to try a migration again that met a lock (10).")
@click.option(
    "--one-by-one", is_flag=True, envvar=variable("one-by-one"), help="One statement a message; for auditing."
)
@click.option(
    "--allow-transaction-pooler",
    is_flag=True,
    envvar=variable("allow-transaction-pooler"),
    help="Run behind a pooler that gives each transaction another connection.",
)
def command(
    *,
    to: str | None,
    dry_run: bool,
    sql: bool,
    out_of_order: bool,
    strict: bool,
    lock_timeout: str | None,
    lock_retries: str | None,
    one_by_one: bool,
    allow_transaction_pooler: bool,
) -> Order:
    """Apply every pending migration to the database, oldest first, each exactly once and in a transaction of its own.

    When one fails it is rolled back, those before it stay, those behind it are not tried. With nothing to apply the
    database is only read: no lock, no write.
    """
    if sql and not dry_run:
        raise InputError("`--sql` needs `--dry-run`", code="usage", hint="`migrate up --dry-run --sql` prints the SQL")

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.up(
            config,
            to=to,
            dry_run=dry_run,
            with_sql=sql,
            strict=strict,
            one_by_one=one_by_one,
            allow_transaction_pooler=allow_transaction_pooler,
            emit=emit,
        )

    flags = given(out_of_order=out_of_order or None, lock_timeout=lock_timeout, lock_retries=lock_retries)
    return Order(command="up", job=job, flags=flags)
