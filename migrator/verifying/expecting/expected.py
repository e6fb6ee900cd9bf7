"""What the live schema is compared with, wherever that comes from."""

from dataclasses import dataclass

from migrator.schema.compare import Difference
from migrator.schema.objects import Schema

NOTHING_COMPARED = "the schema was not compared, and nothing was changed"
"""The outcome of an error that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the schema should be.

    Attributes:
        schema: the objects.
        said: where they are from, in words, such as `the record of 0007.add-orders`.
        remedy: what to do about a difference; None for what the record offers.
        outside: where a difference must come from, in words; None where nobody can tell.
    """

    schema: Schema
    said: str
    remedy: str | None = None
    outside: str | None = "outside the migrations"

    def excuse(self, difference: Difference) -> str | None:  # noqa: ARG002 - for what knows of one
        """Why a difference of the live schema from this is a warning alone; None where it is drift."""
        return None
