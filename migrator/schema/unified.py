"""A difference as a unified diff of readable text, as a snapshot has it: only what changed, with a little around it."""

from collections.abc import Iterator
from difflib import unified_diff

from migrator.schema.blocks import block
from migrator.schema.compare import Difference


def lines(difference: Difference, *, expected: str = "expected", found: str = "live") -> Iterator[str]:
    """The lines of a diff from the one side to the other; `expected` and `found` are what the head calls them. Pure.

    A side on which there is no such object is called none.
    """
    key = difference.kind, difference.identity
    old, new = ([] if side is None else [*block(key, side)] for side in (difference.expected, difference.found))
    # the name of the object, which stands at the margin of its text
    title = (old or new)[0]
    head = [f"{name} {title if side else '(none)'}" for name, side in ((expected, old), (found, new))]
    yield from unified_diff(old, new, head[0], head[1], lineterm="")


def diff(difference: Difference, *, expected: str = "expected", found: str = "live") -> str:
    """The same as one text."""
    return "\n".join(lines(difference, expected=expected, found=found))
