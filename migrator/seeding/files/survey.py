r"""One look through a CSV file: its header, how many records it has, and what COPY would misread or tell too late."""

import codecs
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.seeding.files.csvfile import CsvFile, Field
from migrator.seeding.files.nodes import Place

_LONGEST_HEADER = 1 << 20
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_ENDS_DATA = rb"\."
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_NO_ENDS = "save the file with line ends as on Linux (`\\n`) or Windows (`\\r\\n`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one reading of a file tells.

    Attributes:
        header: the names of its columns.
        records: how many there are, without the header.
        size: bytes of the text.
        digest: the SHA-256 of the file's bytes, as they are on disk.
    """

    header: tuple[Field, ...]
    records: int
    size: int
    digest: bytes


def survey(file: CsvFile, beat: Callable[[], None]) -> Survey:
    r"""Read all of a file once. `beat` is called now and then, and may raise.

    Raises `InputError` for what is not UTF-8, a NUL, a quote that is never closed, line ends that are no `\n`, a line
    `\.` (the end of the data to PostgreSQL before 18), and for a file without a header.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    head: bytes | None = b""
    inside = suspicious = False
    records = size = lines = 0
    before = b""
    for chunk in file.chunks(digest):
        beat()
        if size == 0 and chunk.startswith(_OTHER_MARKS):
            raise _not_utf8(file, Place(0, 0), "it begins with a byte order mark of UTF-16 or UTF-32")
        if not chunk.isascii() or decoder.getstate()[0]:
            _decode(file, decoder, chunk, lines)
        if b"\0" in chunk:
            at = lines + chunk.count(b"\n", 0, chunk.index(b"\0"))
            raise file.refused("PostgreSQL's text cannot hold NUL", Place(at, 0), code="nul-character")
        suspicious = suspicious or _ENDS_DATA in before[-1:] + chunk
        if head is not None:
            head = _head(file, head + chunk)
        ends, inside = _ends(chunk, inside=inside)
        records += ends
        lines += chunk.count(b"\n")
        size += len(chunk)
        before = chunk
    if decoder.getstate()[0]:
        raise _not_utf8(file, Place(lines, 0), "it ends within a character")
    if inside:
        raise _unclosed(file)
    if suspicious:
        _refuse_end_of_data(file)
    header = _header(file)
    unended = before[-1:] not in {b"", b"\n"}
    return Survey(header=header, records=records + unended - 1, size=size, digest=digest.digest())


def _decode(file: CsvFile, decoder: codecs.IncrementalDecoder, chunk: bytes, lines: int) -> None:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        at = lines + error.object.count(b"\n", 0, error.start)
        line = next(text for number, text in enumerate(file.lines()) if number == at)
        column = line.decode("utf-8-sig" if at == 0 else "utf-8", errors="replace").find("\ufffd")
        byte = error.object[error.start]
        raise _not_utf8(file, Place(at, max(0, column)), f"byte 0x{byte:02X} cannot stand here") from None


def _not_utf8(file: CsvFile, place: Place, detail: str) -> InputError:
    hint = "save the file as UTF-8"
    return file.refused(f"`{file.shown}` is not UTF-8", place, code="not-utf8", detail=detail, hint=hint)


def _head(file: CsvFile, text: bytes) -> bytes | None:
    """The text so far, while the header has not ended; bounds what a wrong file costs."""
    end = text.find(b"\n")
    while end >= 0 and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end + 1)
    if end < 0 and len(text) > _LONGEST_HEADER:
        raise file.refused("the header of this file does not end", Place(0, 0), hint=_NO_ENDS)
    return text if end < 0 else None


def _header(file: CsvFile) -> tuple[Field, ...]:
    first = next(file.records(), None)
    if first is None or not first.data.removeprefix(codecs.BOM_UTF8).strip():
        raise file.refused(
            f"`{file.shown}` has no header",
            Place(0, 0),
            hint="write the names of the columns into the first line, separated by commas",
        )
    if _LONE_RETURN.search(re.sub(rb'"[^"]*"', b"", first.data)):
        raise file.refused("the lines of this file end in carriage returns alone", Place(0, 0), hint=_NO_ENDS)
    return tuple(first.fields())


def _unclosed(file: CsvFile) -> InputError:
    opened, inside = Place(0, 0), False
    for at, line in enumerate(file.lines()):
        for quote in re.finditer(b'"', line):
            inside = not inside
            if inside:
                text = line[: quote.start()].decode("utf-8-sig" if at == 0 else "utf-8")
                opened = Place(at, len(text))
    hint = 'a field with quotes is quoted as a whole, and each quote in it is written `""`'
    return file.refused("a quote is never closed: the last one that opens is here", opened, hint=hint)


def _refuse_end_of_data(file: CsvFile) -> None:
    for at, line in enumerate(file.lines()):
        if line.rstrip(b"\r\n") == _ENDS_DATA:
            raise file.refused(
                "a line that is only `\\.` ends the data to PostgreSQL before 18",
                Place(at, 0),
                hint='quote it if it is a value: "\\."',
            )


def _ends(chunk: bytes, *, inside: bool) -> tuple[int, bool]:
    """How many records end in a piece of the text, and whether it ends within quotes; `inside`: it begins so."""
    if b'"' not in chunk:
        return 0 if inside else chunk.count(b"\n"), inside
    parts = chunk.split(b'"')
    return b"".join(parts[int(inside) :: 2]).count(b"\n"), inside ^ (len(parts) % 2 == 0)
