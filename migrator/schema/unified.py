"""A difference as a unified diff of readable text, as a snapshot has it: only what changed, with a little around it."""

from collections.abc import Iterator
from difflib import unified_diff

from migrator.schema.blocks import block
from migrator.schema.compare import Difference


def lines(
    difference: Difference, *, renamed: Difference | None = None, expected: str = "expected", found: str = "live"
) -> Iterator[str]:
    """The lines of a diff from the one side to the other; `expected` and `found` are what the head calls them. Pure.

    A side on which there is no such object is called none. `renamed` is the object as it is called on the other side.
    """
    old, new = (
        [] if side is None else [*block((each.kind, each.identity), side)]
        for each, side in ((difference, difference.expected), (renamed or difference, (renamed or difference).found))
    )
    # the name of the object stands at the margin of its text
    head = [f"{name} {side[0] if side else '(none)'}" for name, side in ((expected, old), (found, new))]
    yield from unified_diff(old, new, head[0], head[1], lineterm="")


def diff(
    difference: Difference, *, renamed: Difference | None = None, expected: str = "expected", found: str = "live"
) -> str:
    """The same as one text."""
    return "\n".join(lines(difference, renamed=renamed, expected=expected, found=found))
