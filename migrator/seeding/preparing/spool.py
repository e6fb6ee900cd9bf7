"""Rows as COPY text, kept on disk between the first reading of a file and its load.

Memory stays small and replays are cheap. The file has no name, so nothing of it outlives the process.
"""

import operator
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Self

_CHUNK = 1 << 17
_BUFFERED_ROWS = 512


class Spool:
    """One unnamed temporary file for all rows of a run; written in order, read at any place."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="migrator-seed-", buffering=0)  # noqa: SIM115 - closed by __exit__
        self._lines: list[str] = []
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: str) -> None:
        """Append one line, its end included."""
        self._lines.append(line)
        if len(self._lines) >= _BUFFERED_ROWS:
            self.flush()

    def add_bytes(self, data: bytes) -> None:
        """Append whole lines that are encoded already."""
        self.flush()
        self._write(data)

    def flush(self) -> int:
        """Write what is buffered; returns the offset at which the next line will begin."""
        if self._lines:
            data = "".join(self._lines).encode()
            self._lines.clear()
            self._write(data)
        return self._end

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest)
            rest = rest[written:]
        self._end += len(data)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes between two offsets, in pieces that end anywhere."""
        descriptor = self._file.fileno()
        while start < end:
            data = os.pread(descriptor, min(_CHUNK, end - start), start)
            start += len(data)
            yield data

    def lines(self, start: int, end: int) -> Iterator[bytes]:
        """The lines between two offsets, without their ends."""
        rest = b""
        for chunk in self.chunks(start, end):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole


async def source(
    spool: Spool, start: int, end: int, layouts: list[tuple[int, ...]], sent: Callable[[int], None]
) -> AsyncIterator[bytes]:
    """What COPY is fed with.

    Args:
        spool: where the rows are.
        start: the offset of the first.
        end: the offset behind the last.
        layouts: for each shape of row, which of its cells goes to each column; -1 where it has none. Cells 0 and 1 are
            the shape's number and the line. With one shape the rows go out as they are.
        sent: told how many rows each piece had.
    """
    if len(layouts) == 1:
        for chunk in spool.chunks(start, end):
            sent(chunk.count(b"\n"))
            yield chunk
        return
    pickers = [operator.itemgetter(*layout) for layout in layouts]
    out: list[bytes] = []
    for line in spool.lines(start, end):
        cells = line.split(b"\t")
        cells.append(rb"\N")
        out.append(b"\t".join(pickers[int(cells[0])](cells)))
        if len(out) >= _BUFFERED_ROWS:
            sent(len(out))
            yield b"\n".join(out) + b"\n"
            out.clear()
    if out:
        sent(len(out))
        yield b"\n".join(out) + b"\n"
