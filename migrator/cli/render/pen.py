"""Writing lines to a stream whose reader may leave: `migrate up 2>&1 | head -1` must not stop a migration."""

from collections.abc import Callable, Iterable
from typing import TextIO


def unchanged(text: str) -> str:
    """A line as it is."""
    return text


class Pen:
    """Lines to one stream, each through `defuse`; silent once the reader has gone."""

    def __init__(self, stream: TextIO, *, defuse: Callable[[str], str] = unchanged) -> None:
        self.stream = stream
        self.defuse = defuse
        self._gone = False

    def line(self, text: str = "") -> None:
        """Write one line, at once."""
        self.raw("".join(self.defuse(part) + "\n" for part in text.split("\n")))

    def lines(self, texts: Iterable[str]) -> None:
        """Write several lines."""
        for text in texts:
            self.line(text)

    def raw(self, text: str) -> None:
        """Write text as it is, at once."""
        if self._gone:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            self._gone = True
