"""Files that are no UTF-8 text are refused at the byte that says so."""

import pytest

from migrator.errors import InputError
from migrator.source import Source
from migrator.sql.text import decode


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"select 1", "select 1"),
        (b"\xef\xbb\xbfselect 1", "select 1"),
        ("select 'é', '数据'\r\n".encode(), "select 'é', '数据'\r\n"),
    ],
)
def test_decodes_utf8(data: bytes, text: str):
    """A byte order mark goes, everything else stays, line ends included."""
    assert decode("a.sql", data) == Source(path="a.sql", text=text)


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (
            "-- é\nselect 'Lo\u00efc'".encode("latin-1"),
            "a.sql:1:4",
            "the file is not UTF-8: byte 0xE9 cannot stand here",
        ),
        ("-- é\nselect 'Lo".encode() + b"\xefc'", "a.sql:2:11", "the file is not UTF-8: byte 0xEF cannot stand here"),
        (b"\xef\xbb\xbfselect '\xff", "a.sql:1:9", "the file is not UTF-8: byte 0xFF cannot stand here"),
        (b"\xc3", "a.sql:1:1", "the file is not UTF-8: byte 0xC3 cannot stand here"),
        ("select 1".encode("utf-16"), "a.sql:1:1", "the file is UTF-16, not UTF-8"),
        (b"\xfe\xff\0a", "a.sql:1:1", "the file is UTF-16, not UTF-8"),
        ("select 1".encode("utf-32"), "a.sql:1:1", "the file is UTF-32, not UTF-8"),
    ],
)
def test_refuses_other_encodings(data: bytes, place: str, message: str):
    """The place counts characters, whatever bytes they take; the hint says how to convert."""
    with pytest.raises(InputError) as raised:
        decode("a.sql", data)
    error = raised.value
    assert (error.code, str(error.where), error.message) == ("not-utf8", place, message)
    assert "iconv -f" in (error.hint or "")


def test_refuses_nul():
    """No text in PostgreSQL holds one, and a message to the server would end there."""
    with pytest.raises(InputError) as raised:
        decode("a.sql", b"select 1;\nselect '\0'")
    assert (raised.value.code, str(raised.value.where)) == ("nul-character", "a.sql:2:9")
