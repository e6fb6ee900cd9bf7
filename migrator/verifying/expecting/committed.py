"""A folder of `migrate snapshot` as what the schema should be, and why it cannot be that."""

from pathlib import Path

from migrator.errors import UnavailableError
from migrator.schema import folder
from migrator.schema.objects import Schema
from migrator.source import shown
from migrator.verifying.expecting.expected import NOTHING_COMPARED, Expected


def read(path: Path) -> Expected | UnavailableError:
    """The schema of the folder, or why it says nothing here. Raises `InputError` where it is none, or is damaged."""
    try:
        held = folder.read(path)
    except UnavailableError as error:
        return error
    name = shown(path)
    return Expected(
        schema=held,
        said=f"the snapshot in `{name}`",
        remedy=f"a migration that makes it so; or `migrate snapshot {name}`, where the schema is as it is meant to be",
        outside=None,  # a migration may be newer than the snapshot, or older
    )


def comparable(expected: Expected, live: Schema) -> Expected | UnavailableError:
    """The same, or why the two say nothing about one another. Pure."""
    if expected.schema.supabase == live.supabase:
        return expected
    was, is_ = ("as Supabase's" if each else "as a plain one" for each in (expected.schema.supabase, live.supabase))
    return UnavailableError(
        f"{expected.said} was made of a database {was}, and this one is read {is_}",
        code="snapshot-scope",
        outcome=NOTHING_COMPARED,
        hint="set `supabase` in the configuration to what it is, or write the snapshot anew",
    )
