r"""A CSV file as PostgreSQL's COPY reads it: its header, its records, its bytes in pieces. Never held whole.

Rows are for the server to read, which is faster and knows its own format; here only the header is, and the record
that an error is about. A record ends at a line end outside quotes; COPY counts quotes the same way, wherever in a field
they stand.
https://www.postgresql.org/docs/current/sql-copy.html
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from migrator.errors import InputError
from migrator.seeding.files.nodes import Place, span
from migrator.source import Span

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

_CHUNK = 1 << 17
_PIECE = re.compile(r'"((?:[^"]|"")*)"?|([^",]+)|(,)')


class Field(NamedTuple):
    """A field of a record: its text (None: NULL), where it begins, and how many characters of that line it takes."""

    text: str | None
    place: Place
    width: int


class Record(NamedTuple):
    """A record.

    Attributes:
        number: 0 for the header, then counted from 1.
        line: where it begins, counted from 0.
        copied: the number by which COPY calls its line.
        data: its bytes, the line end included.
    """

    number: int
    line: int
    copied: int
    data: bytes

    def fields(self) -> list[Field]:
        """Its fields; what is quoted is text, what is not and empty is NULL."""
        return fields(self.data, self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A CSV file, compressed by gzip where its name ends so; `shown` is its name in errors."""

    path: Path
    shown: str

    def chunks(self, digest: "Hash | None" = None) -> Iterator[bytes]:
        """Its text in pieces that end anywhere; `digest` is given the file's bytes, as they are on disk.

        Raises `InputError` for a file that cannot be read or decompressed.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                source = _Watched(file, digest)
                if self.path.suffix != ".gz":
                    while chunk := source.read(_CHUNK):
                        yield chunk
                    return
                with gzip.GzipFile(fileobj=source, mode="rb") as whole:  # type: ignore[call-overload]  # reads only
                    while chunk := whole.read(_CHUNK):
                        yield chunk
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"`{self.shown}` cannot be decompressed: {str(error).rstrip('.')}",
                code="bad-csv",
                outcome="nothing was loaded",
                hint="compress it again: `gzip` makes what is read here",
            ) from error
        except OSError as error:
            raise InputError(f"cannot read `{self.shown}`: {error.strerror}", code="unreadable-file") from error

    def lines(self) -> Iterator[bytes]:
        """Its lines with their ends."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
        if rest:
            yield rest

    def records(self) -> Iterator[Record]:
        """Its records, the header first. Only failures read them here."""
        held: list[bytes] = []
        number = quotes = copied = 0
        embedded = b"\n"
        for at, line in enumerate(self.lines(), 1):
            held.append(line)
            quotes += line.count(b'"')
            if quotes % 2:
                continue
            data = b"".join(held)
            if number == 0 and data.endswith(b"\r\n"):
                # in such files COPY counts the carriage returns within fields
                embedded = b"\r"
            copied += 1 + data.removesuffix(b"\n").removesuffix(b"\r").count(embedded)
            yield Record(number, at - len(held), copied, data)
            number += 1
            held.clear()

    def place(self, place: Place, width: int = 1) -> Span:
        """A place as errors show it."""
        return span(self.path, self.shown, place, width)

    def refused(
        self,
        message: str,
        place: Place,
        *,
        code: str = "bad-csv",
        width: int = 1,
        detail: str | None = None,
        hint: str | None = None,
    ) -> InputError:
        """The error for something wrong at a place."""
        where = self.place(place, width)
        return InputError(message, code=code, where=where, detail=detail, outcome="nothing was loaded", hint=hint)


def changed_meanwhile(shown: str) -> InputError:
    """The error for a file that is not what it was when the run began."""
    return InputError(
        f"`{shown}` was changed while it was read",
        code="file-changed",
        outcome="nothing was loaded",
        hint="run the command again",
    )


class _Watched:
    """A file that tells a digest what was read."""

    def __init__(self, file: "BinaryIO", digest: "Hash | None") -> None:
        self._file = file
        self._digest = digest

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        if self._digest is not None:
            self._digest.update(data)
        return data


def fields(record: bytes, line: int) -> list[Field]:
    """The fields of a record that begins in this line, counted from 0."""
    text = record.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8-sig" if line == 0 else "utf-8", "replace")
    found: list[Field] = []
    start, parts, quoted = 0, [""], False

    def end(at: int) -> None:
        begin = text.rfind("\n", 0, start) + 1
        place = Place(line + text.count("\n", 0, start), start - begin)
        value = "".join(parts)
        found.append(Field(value if value or quoted else None, place, max(1, len(text[start:at].partition("\n")[0]))))

    for piece in _PIECE.finditer(text):
        if piece[3]:
            end(piece.start())
            start, parts, quoted = piece.end(), [""], False
        elif piece[2] is not None:
            parts.append(piece[2])
        else:
            quoted = True
            parts.append(piece[1].replace('""', '"'))
    end(len(text))
    return found
