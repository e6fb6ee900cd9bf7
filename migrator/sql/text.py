"""Bytes of a file as text, in the one encoding that a script may have."""

import codecs

from migrator.errors import InputError
from migrator.source import Source, excerpt

_OTHER_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decode(path: str, data: bytes) -> Source:
    """The file's text without a byte order mark.

    Args:
        path: the file, as the user would write it.
        data: its bytes.

    Raises `InputError` with the line and column for what is not UTF-8 (`not-utf8`) and for NUL (`nul-character`).
    """
    for mark, encoding in _OTHER_MARKS:
        if data.startswith(mark):
            raise InputError(
                f"the file is {encoding}, not UTF-8",
                code="not-utf8",
                where=excerpt(path=path, line=1, column=1, text=""),
                hint=f"save it as UTF-8, or run `iconv -f {encoding} -t UTF-8 {path} > converted.sql`",
            )
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        # what can be read around the bad byte shows the place
        source = Source(path=path, text=data.decode(errors="replace"))
        raise InputError(
            f"the file is not UTF-8: byte 0x{data[error.start]:02X} cannot stand here",
            code="not-utf8",
            where=source.span(len(data[: error.start].decode())),
            hint=f"save it as UTF-8, or run `iconv -f WINDOWS-1252 -t UTF-8 {path} > converted.sql` "
            "if that is what it is",
        ) from None
    source = Source(path=path, text=text)
    refuse_nul(source)
    return source


def refuse_nul(source: Source) -> None:
    """Raise `InputError` if the text holds a NUL character, which PostgreSQL cannot store and asyncpg cannot send."""
    at = source.text.find("\0")
    if at >= 0:
        raise InputError(
            "the file holds a NUL character (U+0000)",
            code="nul-character",
            where=source.span(at),
            hint="remove it; no text in PostgreSQL can hold one",
        )
