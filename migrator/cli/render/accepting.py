"""The answer of `migrate accept` as text: what the record will say that it did not say before."""

from collections.abc import Iterator

from migrator.cli.render import words
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import line
from migrator.events.accepting import AcceptResult

SHOWN = 200
"""Changes that are shown one by one."""

SIGNS = {"new": "+", "gone": "-", "changed": "~"}


def preview(result: AcceptResult, ink: Ink) -> Iterator[str]:
    """What would be recorded, and what that changes."""
    yield f"{line(result.database.address)}  PostgreSQL {result.database.server_version}"
    if result.before == "absent":
        yield f"there is no record yet; {_whole(result)} would be the first"
        return
    if result.before == "other":
        yield "the record cannot be compared: it is damaged, or made by another version of migrate, or for another kind"
        yield f"of database; {_whole(result)} would take its place"
        return
    if result.before == "stale":
        head = f"`{line(result.recorded_head)}`" if result.recorded_head else "an empty ledger"
        now = f"`{line(result.head)}`" if result.head else "empty"
        yield f"the record is of {head}; the ledger has changed since without it, and is now {now}"
    for change in result.changes[:SHOWN]:
        ink_of = {"new": ink.good, "gone": ink.bad, "changed": ink.warn}[change.change]
        yield f"  {ink_of(SIGNS[change.change])} {change.kind} {line(change.subject)}"
    if len(result.changes) > SHOWN:
        yield f"  and {len(result.changes) - SHOWN} more"
    if result.moved:
        yield f"  {words.count(result.moved, 'object')} that this version of the server prints otherwise"
    if result.changed and not result.changes and not result.moved:
        yield "no object is otherwise than the record has it"


def closing(result: AcceptResult) -> str:
    """The closing line."""
    where = line(result.database.address)
    if not result.changed:
        return f"nothing to record: the record says so already at {where}"
    changes = f", {words.count(len(result.changes), 'change')}" if result.changes else ""
    return f"recorded {_whole(result)} at {where}{changes}"


def _whole(result: AcceptResult) -> str:
    head = f" at `{line(result.head)}`" if result.head else ""
    return f"the schema{head} ({words.count(result.objects, 'object')})"
