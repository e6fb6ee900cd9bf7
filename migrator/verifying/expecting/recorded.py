"""The record as what the schema should be, and why it cannot be that: never drift where it says nothing about it."""

from migrator.errors import UnavailableError
from migrator.schema.objects import Schema
from migrator.schema.record import ACCEPT, Record
from migrator.verifying.expecting.expected import NOTHING_COMPARED, Expected


def expected(record: Record | None, live: Schema, *, half_done: str | None) -> Expected | UnavailableError:
    """What the schema should be, or why nobody can tell; `half_done` is a migration that stopped on its way. Pure."""
    if record is None:
        return _missing(live)
    obstacle = _obstacle(record, live)
    if obstacle is not None:
        return obstacle
    if half_done is not None:
        return half_done_error(half_done)
    head = record.schema.head
    return Expected(schema=record.schema, said="the record" if head is None else f"the record of {head}")


def _missing(live: Schema) -> UnavailableError:
    # a run cannot know what was meant by what was there before it, unless nothing was applied yet
    first = "the first `migrate up` that applies a migration makes it; " if live.head is None else ""
    return UnavailableError(
        "there is no record of the schema to compare with",
        code="record-missing",
        outcome=NOTHING_COMPARED,
        hint=f"{first}{ACCEPT}",
    )


def _obstacle(record: Record, live: Schema) -> UnavailableError | None:
    """Why the two say nothing about one another; None where they do."""
    if not record.readable:
        return UnavailableError(
            "the record of the schema cannot be read: it is damaged, or another version of `migrate`, which saw other "
            "things, wrote it",
            code="record-version",
            outcome=NOTHING_COMPARED,
            hint=f"use the version that wrote it; or, where the schema is as it should be: {ACCEPT}",
        )
    if record.schema.ledger != live.ledger:
        then, now = (f"`{head}`" if head else "nothing" for head in (record.schema.head, live.head))
        return UnavailableError(
            f"the record of the schema is of another state of the ledger: its newest migration was {then}, now it is "
            f"{now}",
            code="record-outdated",
            outcome=NOTHING_COMPARED,
            hint="something else than `migrate up` and `migrate down` has changed the ledger, or a run of theirs was "
            f"cut off. {ACCEPT}",
        )
    if record.schema.supabase != live.supabase:
        was, is_ = ("as Supabase's" if each else "as a plain one" for each in (record.schema.supabase, live.supabase))
        return UnavailableError(
            f"the record of the schema was made of the database {was}, and it is read {is_} now",
            code="record-scope",
            outcome=NOTHING_COMPARED,
            hint=f"set `supabase` in the configuration to what it is. {ACCEPT}",
        )
    return None


def half_done_error(id_: str) -> UnavailableError:
    """Of a migration that stopped on its way nobody can tell which of its changes should be there."""
    return UnavailableError(
        f"`{id_}` is half done, so that the schema is between two states",
        code="record-outdated",
        outcome=NOTHING_COMPARED,
        hint="`migrate up` goes on with it, or says how to repair it",
    )
