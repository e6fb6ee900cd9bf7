"""Our parser beside libpq's own, which psycopg2 brings along: where both read an address, they read the same.

What differs on purpose is tested, too: the user and the password end at the last `@`; several keys are understood that
libpq refuses; and what hides a mistake is refused.
"""

import re

import pytest
from addresses import quoted
from hypothesis import given
from hypothesis import strategies as st
from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from migrator.database.address.keywords import read_keywords
from migrator.database.address.parameters import admit
from migrator.database.address.url import read_url
from migrator.errors import InputError

KEYS = ("user", "password", "host", "port", "dbname", "sslmode", "application_name", "connect_timeout", "options")
PIECES = [*"@:/?#[]%&=+, '\\\t\n", "%40", "%2F", "%20", "%zz", "u", "pw", "h", "d", "1", "::1", "ü", "\u00a0", "\u2028"]
soup = st.lists(st.sampled_from([*PIECES, *(f"{key}=" for key in KEYS)]), max_size=14).map("".join)
value = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
words = st.lists(st.sampled_from(["u", "pw", "%40", "%2F", "ü", "+", " ", "1", ":", "'", ".", ","]), max_size=4).map(
    "".join
)
login = st.just("") | st.builds("{}@".format, words) | st.builds("{}:{}@".format, words, words)
hosts = st.lists(
    st.builds("{}{}".format, st.sampled_from(["h", "a.b", "[::1]", "%2Frun", ""]), st.sampled_from(["", ":", ":1"])),
    max_size=3,
).map(",".join)
path = st.just("") | st.builds("/{}".format, words)
query = st.lists(st.builds("{}={}".format, st.sampled_from(KEYS), words), max_size=3).map("&".join)
urls = st.builds("{}{}{}?{}".format, login, hosts, path, query)


def libpq(text: str) -> dict[str, str] | None:
    try:
        return {key: str(found) for key, found in parse_dsn(text).items() if found != ""}
    except (ProgrammingError, UnicodeError):
        return None


def ours(text: str) -> dict[str, str] | None:
    scheme, colon, rest = text.partition("://")
    try:
        written = read_url(rest, "test")[0] if colon and scheme == "postgresql" else read_keywords(text, "test")
        return {key: found for key, found in admit(written, "test")[0].items() if found != ""}
    except InputError:
        return None


def plain(found: dict[str, str]) -> dict[str, str]:
    """Ports that are all left open are no ports, and a port that is none is refused later."""
    return {key: each for key, each in found.items() if key != "port" or each.strip(",")}


@given((soup | urls).map("postgresql://".__add__))
def test_a_url_that_both_read_means_the_same(text: str) -> None:
    """Whatever is made of a URL's special characters: where libpq and we accept it, every value is the same."""
    theirs, found = libpq(text), ours(text)
    login, at, rest = text.removeprefix("postgresql://").partition("/")[0].partition("@")
    # libpq ends the login at the first `@`, a `?` before it or not
    if theirs is None or found is None or (at and ("@" in rest or "?" in login)):
        return
    assert plain(theirs) == plain(found)


@given(st.lists(st.tuples(st.sampled_from(KEYS), soup | value.map(quoted)), max_size=4))
def test_keywords_that_both_read_mean_the_same(pairs: list[tuple[str, str]]) -> None:
    """Whatever is made of quotes, backslashes and spaces: where libpq and we accept it, every value is the same."""
    text = " ".join(f"{key}={written}" for key, written in pairs)
    theirs, found = libpq(text), ours(text)
    if theirs is None or found is None or re.match(r"\s*postgres(ql)?://", text):
        return
    assert plain(theirs) == plain(found)


@given(st.dictionaries(st.sampled_from(KEYS), value, min_size=1))
def test_keywords_that_are_well_written_are_read_by_both(found: dict[str, str]) -> None:
    """Every value that is quoted by libpq's rules is read by both, and is what was written."""
    text = " ".join(f"{key} = {quoted(each)}" for key, each in found.items())
    expected = {key: each for key, each in found.items() if each}
    assert (libpq(text), ours(text)) == (expected, expected)


@pytest.mark.parametrize(
    ("text", "theirs", "expected"),
    [
        (
            "postgresql://u:p@w@h/d",
            {"user": "u", "password": "p", "host": "w@h", "dbname": "d"},
            {"user": "u", "password": "p@w", "host": "h", "dbname": "d"},
        ),
        ("postgresql://u:p?w@h/d", {"user": "u", "password": "p?w", "host": "h", "dbname": "d"}, None),
        ("postgresql://h:x/d", {"host": "h", "port": "x", "dbname": "d"}, None),
        ("postgresql://h:1:2/d", {"host": "h", "port": "1:2", "dbname": "d"}, None),
        ("host='a'user=u", {"host": "a", "user": "u"}, None),
        ("host=a\\", {"host": "a"}, None),
        ("postgresql://h/d?sslcrl=x", {"host": "h", "dbname": "d", "sslcrl": "x"}, None),
        ("postgresql://h/d?gssencmode=require", {"host": "h", "dbname": "d", "gssencmode": "require"}, None),
        (
            "postgresql://h/d?keepalives=1",
            {"host": "h", "dbname": "d", "keepalives": "1"},
            {"host": "h", "dbname": "d"},
        ),
        ("postgresql://h/d?options=a=b", None, {"host": "h", "dbname": "d", "options": "a=b"}),
        ("postgresql://h/d?&", None, {"host": "h", "dbname": "d"}),
        ("postgresql://h/d?pgbouncer=true", None, {"host": "h", "dbname": "d"}),
        ("postgresql://h/d?ssl=verify-full", None, {"host": "h", "dbname": "d", "sslmode": "verify-full"}),
        ("postgresql://h/d?DBName=x", None, {"host": "h", "dbname": "x"}),
        ("Host=h database=d username=u", None, {"host": "h", "dbname": "d", "user": "u"}),
    ],
)
def test_differences_are_on_purpose(text: str, theirs: dict[str, str] | None, expected: dict[str, str] | None):
    """Where we differ from libpq it is to understand what people paste, or to refuse what hides a mistake."""
    assert (libpq(text), ours(text)) == (theirs, expected)
