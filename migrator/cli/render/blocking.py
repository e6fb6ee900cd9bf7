"""Who blocks a run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator import events
from migrator.cli.render import words
from migrator.cli.render.safe import clean, line, short

if TYPE_CHECKING:
    from migrator.errors import MigratorError
    from migrator.events.blocking import Blocked, Blocker, Retrying

SHOWN = 3
"""Blockers that are named; the others are counted."""


def blocker(who: Blocker) -> str:
    """One of them: `pid 4711 (ada, psql), transaction open for 3 min 2 s, idle: update users set ...`."""
    if who.pid is None:
        name = f" `{line(who.prepared)}`" if who.prepared else ""
        name = f"a prepared transaction{name}"
        known = [who.user]
    else:
        name = f"pid {who.pid}"
        known = [who.user, who.application, who.client]
    described = ", ".join(line(part) for part in known if part)
    parts = [f"{name} ({described})" if described else name]
    if who.open is not None:
        parts.append(f"transaction open for {words.duration(who.open)}")
    if who.state is not None and who.state.startswith("idle"):
        parts.append("idle")
    return ", ".join(parts) + (f": {line(who.query)}" if who.query else "")


def blockers(found: tuple[Blocker, ...]) -> str:
    """Some of them, and how many more."""
    shown = "; ".join(map(blocker, found[:SHOWN]))
    return shown if len(found) <= SHOWN else f"{shown}; and {len(found) - SHOWN} more"


def blocked(event: Blocked) -> str:
    """For what a statement waits, and who has it."""
    what = f"`{line(event.id)}`" if event.direction == "up" else f"the rollback of `{line(event.id)}`"
    if event.snapshot:
        return f"{what} waits for older transactions to end: {blockers(event.blockers)}"
    of = f" on `{line(event.relation)}`" if event.relation else ""
    return f"{what} waits for a lock{of} held by {blockers(event.blockers)}"


def retrying(event: Retrying) -> str:
    """What came in between, and when it is tried again."""
    left = f"retry {event.attempt} of {event.attempts}"
    return f"{clean(short(event.message))}; rolled back, {left} in {words.duration(event.pause)}"


def told(event: Blocked | Retrying) -> str:
    """Either event as a sentence."""
    return blocked(event) if isinstance(event, events.Blocked) else retrying(event)


def lines(error: MigratorError) -> list[str]:
    """Who blocked what failed, a line each."""
    found = [f"blocked by {blocker(each)}" for each in error.blockers[:SHOWN]]
    more = len(error.blockers) - SHOWN
    return [*found, f"and by {more} more"] if more > 0 else found
