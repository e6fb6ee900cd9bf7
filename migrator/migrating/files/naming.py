"""Names in a folder's own style, and behind every name that is there. Pure.

A style is what the newest name shows: what comes before its number, how wide that is, whether it is a time, and what
stands behind it. A name that would sort before one that exists is not given.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from migrator.migrating.files.folder import natural

NUMBERED = re.compile(r"(?P<prefix>\D*)(?P<number>\d+)(?P<separator>[._-]+)(?P<rest>.*)", re.DOTALL)
TIMESTAMP_DIGITS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}
FIRST = "0001."
SUPABASE_FORMAT = "%Y%m%d%H%M%S"


def word_separator(ids: Sequence[str]) -> str:
    """What stands between the words of the folder's names: `_` or `-`."""
    newest = ids[-1] if ids else ""
    shape = NUMBERED.fullmatch(newest)
    words = newest if shape is None else shape["rest"]
    return "_" if "_" in words + (shape["separator"] if shape else "") and "-" not in words else "-"


def following(ids: Sequence[str], slug: str, *, supabase: bool = False) -> str | None:
    """The name of a new migration behind `ids` (in the order of the names); None where the style allows none.

    One more than the newest number, as wide; the time of now in UTC where the numbers are times; the bare `slug` in a
    folder without numbers.
    """
    newest = ids[-1] if ids else ""
    shape = NUMBERED.fullmatch(newest)
    if supabase:
        slug = slug.replace("-", "_")
        candidates = [f"{_now(SUPABASE_FORMAT)}_{slug}"]
        candidates += [f"{int(shape['number']) + 1}_{slug}"] if shape is not None and not shape["prefix"] else []
    elif not ids:
        candidates = [f"{FIRST}{slug}"]
    elif shape is None:
        candidates = [slug]
    else:
        number = shape["number"]
        form = TIMESTAMP_DIGITS.get(len(number))
        numbers = [_now(form)] if form else []
        numbers.append(str(int(number) + 1).zfill(len(number)))
        candidates = [f"{shape['prefix']}{each}{shape['separator']}{slug}" for each in numbers]
    place = natural(newest)
    return next((each for each in candidates if natural(each) > place), None)


def behind(ids: Sequence[str], name: str, *, supabase: bool = False) -> str | None:
    """A new name for `name` that sorts behind `ids`, what follows its number kept; None where the style allows none."""
    shape = NUMBERED.fullmatch(name)
    return following(ids, shape["rest"] if shape is not None else name, supabase=supabase)


def _now(form: str) -> str:
    return datetime.now(UTC).strftime(form)
