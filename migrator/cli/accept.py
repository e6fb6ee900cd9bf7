"""`migrate accept`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.options import command as declare
from migrator.cli.order import Order
from migrator.cli.render import words

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit


def question(shown: Result) -> str | None:
    """Ask whether what was shown is to be the truth; nothing where the record says so already."""
    from migrator.events.accepting import AcceptResult

    if not isinstance(shown, AcceptResult) or not shown.changed:
        return None
    return f"Record {words.count(shown.objects, 'object')} as the schema that is meant?"


@declare("accept", example="migrate accept\nmigrate accept --yes")
def command() -> Order:
    """Record the schema and the ledger of the database as they are: `migrate verify` compares with them from then on.

    For a database that another tool migrated, after a change by hand that is wanted, after an upgrade of the server's
    major version, after a run that was cut off. Shows what that changes and asks first. Writes one row of our own, and
    changes nothing else.
    """
    agreed: list[str] = []  # what was shown before the question

    async def job(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        return await migrating.accept(config, expected=agreed[-1] if agreed else None, emit=emit)

    async def preview(config: Config, emit: Emit) -> Result:
        from migrator import migrating

        result = await migrating.accept(config, dry_run=True, emit=emit)
        agreed.append(result.digest)
        return result

    return Order(command="accept", job=job, preview=preview, question=question)
