"""Colour for words that already say the same without it."""

from collections.abc import Mapping
from typing import TextIO

RESET = "\x1b[0m"


def is_terminal(stream: TextIO | None) -> bool:
    """Somebody looks at this stream; Python has None for one that was closed when the process began."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # a closed stream
        return False


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Colour suits a terminal that understands it, unless `NO_COLOR` (https://no-color.org) says otherwise."""
    return is_terminal(stream) and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


class Ink:
    """Wraps text in the codes of a style, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{RESET}" if self.colour and text else text

    def strong(self, text: str) -> str:
        """What the eye should find first."""
        return self._wrap("1", text)

    def quiet(self, text: str) -> str:
        """What matters less than its neighbours."""
        return self._wrap("2", text)

    def good(self, text: str) -> str:
        """As it should be."""
        return self._wrap("32", text)

    def warn(self, text: str) -> str:
        """Deserves a look."""
        return self._wrap("33", text)

    def bad(self, text: str) -> str:
        """Wrong."""
        return self._wrap("1;31", text)

    def place(self, text: str) -> str:
        """Furniture round an excerpt."""
        return self._wrap("36", text)
