r"""A seed file as libyaml gets to read it: hashed on the way, and long runs of rows kept back for `runs`.

libyaml makes an object of every scalar, which is most of the time that a big file takes. A run of lines that can only
be rows of one list is replaced by one row, `{$run: 0}`, and as many empty lines as it had, so that every other line
keeps its number. Where libyaml then reports that very row among the rows of a table, the run is what it looked like,
and its rows are read without libyaml (`runs`). Where it does not, the file is read again with nothing kept back
(`MisreadError`): what a file means never depends on this.
"""

import hashlib
import re
from collections import deque
from typing import BinaryIO, NamedTuple

MARKER = "$run"
"""The only key of the row that stands for a run."""

_BLOCK = 1 << 16
_KEPT = 1 << 20
_SHORTEST = 8
_LIST_BEGINS = re.compile(rb"^(?:[A-Za-z_][^\s:]*:|[ ]+rows:)[ \t]*\r?\n( *)- ", re.MULTILINE)


class MisreadError(Exception):
    """A run was not what it looked like: read the file again with nothing kept back."""


class Run(NamedTuple):
    """Lines that were kept back.

    Attributes:
        indent: the column of the `-` of every row.
        body: the lines.
    """

    indent: int
    body: bytes


class Reader:
    """The stream that libyaml reads.

    Args:
        file: the seed file.
        fold: keep runs back.
    """

    def __init__(self, file: BinaryIO, *, fold: bool) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._blocks: deque[tuple[int, bytes]] = deque()
        self._lines = 0
        self._kept = 0
        self._indent: int | None = None
        self._pattern: re.Pattern[bytes] | None = None
        self.fold = fold
        self.folded = False
        self.runs: dict[int, Run] = {}

    def read(self, size: int = -1, /) -> bytes:  # noqa: ARG002 - libyaml's wrapper takes what it is given
        """The next lines of the file, runs kept back; nothing at its end."""
        block = self._file.read(_BLOCK)
        if block and not block.endswith(b"\n"):
            block += self._file.readline()
        self._digest.update(block)
        first = self._lines
        self._blocks.append((first, block))
        self._lines += block.count(b"\n")
        self._kept += len(block)
        while self._kept > _KEPT and len(self._blocks) > 2:  # noqa: PLR2004 - what is being parsed and what came before
            self._kept -= len(self._blocks.popleft()[1])
        return self._folded(block, first) if self.fold else block

    def digest(self) -> bytes:
        """The SHA-256 of what was read."""
        return self._digest.digest()

    def line(self, number: int) -> str:
        """A line that was read a short while ago; empty when it is out of reach."""
        for first, block in reversed(self._blocks):
            if first <= number:
                lines = block.split(b"\n")
                return lines[number - first].decode(errors="replace") if number - first < len(lines) else ""
        return ""

    def _folded(self, block: bytes, first: int) -> bytes:
        begins = b":\n" in block or b":\r\n" in block
        found = _LIST_BEGINS.search(block) if begins else None
        if found is not None and len(found[1]) != self._indent:
            self._indent = len(found[1])
            self._pattern = _run_of_rows(self._indent)
        if self._pattern is None or self._indent is None:
            return block
        parts: list[bytes] = []
        done = 0
        prefix = b" " * self._indent + b"- "
        for run in self._pattern.finditer(block):
            # what follows the last row may belong to it, so that one stays
            end = block.rfind(b"\n" + prefix, run.start(), run.end()) + 1
            body = block[run.start() : end]
            lines = body.count(b"\n")
            if lines < _SHORTEST or (b"\r" in body and body.count(b"\r") != body.count(b"\r\n")):
                continue
            parts.append(block[done : run.start()])
            parts.append(prefix + b"{$run: 0}" + b"\n" * lines)
            self.runs[first + block.count(b"\n", 0, run.start())] = Run(self._indent, body)
            self.folded = True
            done = end
        parts.append(block[done:])
        return b"".join(parts)


def _run_of_rows(indent: int) -> re.Pattern[bytes]:
    """Lines that begin a row in this column, or go on in a row that has begun: no comments, no empty lines."""
    margin = b" " * indent
    row = margin + rb"- [^\s#][^\n]*\n"
    inner = margin + rb"(?:- |  +)[^\s#][^\n]*\n"
    return re.compile(rb"^" + row + rb"(?:" + inner + rb")+", re.MULTILINE)
