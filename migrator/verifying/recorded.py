"""Whether the record of the schema can be compared with what is there: never drift where it cannot."""

from migrator.errors import UnavailableError
from migrator.schema.objects import Schema
from migrator.schema.record import Record

ACCEPT = "`migrate accept` records the schema as it is now, after showing what that changes"
NOTHING_COMPARED = "the schema was not compared, and nothing was changed"


def described(record: Record) -> str:
    """What it is a record of, in words."""
    return "the record" if record.schema.head is None else f"the record of {record.schema.head}"


def obstacle(record: Record | None, live: Schema) -> UnavailableError | None:
    """Why the two say nothing about one another; None where they do. Pure."""
    if record is None:
        return UnavailableError(
            "there is no record of the schema to compare with",
            code="record-missing",
            outcome=NOTHING_COMPARED,
            hint=f"the first `migrate up` that applies a migration makes it; {ACCEPT}",
        )
    if not record.readable:
        return UnavailableError(
            "the record of the schema is one of another version of `migrate`, which saw other things",
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


def half_done(id_: str) -> UnavailableError:
    """Of a migration that stopped on its way nobody can tell which of its changes should be there."""
    return UnavailableError(
        f"`{id_}` is half done, so that the schema is between two states",
        code="record-outdated",
        outcome=NOTHING_COMPARED,
        hint="`migrate up` goes on with it, or says how to repair it",
    )
