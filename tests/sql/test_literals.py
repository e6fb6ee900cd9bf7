"""What literals and identifiers stand for, against PostgreSQL's own reading."""

from contextlib import suppress

import postgast
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from migrator.sql.lexer import UnterminatedError, lexeme_texts
from migrator.sql.literals import identifier_name, is_literal, is_word, literal_text, upper
from migrator.sql.names import literal, quote

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
INSIDE = st.text(st.sampled_from("a1'\\\\nx\"$é;uU0041+ "), max_size=12)


def parsed_literal(token: str) -> str:
    (target,) = postgast.parse(f"select {token}").stmts[0].stmt.select_stmt.target_list
    found: str = target.res_target.val.a_const.sval.sval
    return found


def parsed_name(token: str) -> str:
    (target,) = postgast.parse(f"select 1 as {token}").stmts[0].stmt.select_stmt.target_list
    found: str = target.res_target.name
    return found


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["'", "E'", "e'", "U&'", "$$", "$a$"]), INSIDE)
def test_reads_literals_as_postgresql_does(opening: str, inside: str):
    """Whatever PostgreSQL parses as one string constant stands for the text that we read from it."""
    closing = opening if opening[0] == "$" else "'"
    token = opening + (inside if opening[0] == "$" else inside.replace("'", "''")) + closing
    with suppress(UnterminatedError):
        # `$a$` inside may end it before its end
        assume(lexeme_texts(token, 0, len(token)) == [token])
    try:
        expected = parsed_literal(token)
    except postgast.PgQueryError:
        reject()
    assert is_literal(token)
    assert literal_text(token) == expected


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("E'\\b\\f\\n\\r\\t\\v\\'\\\\'''", "\b\f\n\r\tv'\\'"),
        ("E'\\101\\x41\\u0041\\U00000041\\x4g'", "AAAA\x04g"),
        ("E'\\U0001F600'", "😀"),
        ("E'\\xc3\\xa9\\303\\251é'", "ééé"),
        ("E'\\xe9'", "\ufffd"),
        ("E'\\ud83d\\ude00'", "\ufffd\ufffd"),
        ("E'\\UFFFFFFFF'", "\ufffd"),
        ("U&'d\\0061t\\+000061\\\\'", "data\\"),
        ("$_1$it's \\n$_1$", "it's \\n"),
        ("b'101'", "101"),
    ],
)
def test_reads_every_escape(token: str, text: str):
    """Each row of the table of escapes in PostgreSQL's manual."""
    assert literal_text(token) == text


@settings(deadline=None, max_examples=200)
@given(TEXT)
def test_our_own_literals_stand_for_their_text(text: str):
    """`literal` is undone by PostgreSQL and by `literal_text`."""
    token = literal(text).strip(" ")
    assert literal_text(token) == text
    assert parsed_literal(token) == text


@settings(deadline=None, max_examples=200)
@given(TEXT.filter(bool))
def test_our_own_identifiers_stand_for_their_name(name: str):
    """`quote` is undone by PostgreSQL, which cuts a name at 63 bytes, and by `identifier_name`, which does not."""
    assert identifier_name(quote(name)) == name
    assert parsed_name(quote(name)) == name.encode()[:63].decode(errors="ignore")


def test_names_join_and_nothing_is_null():
    """A qualified name is quoted part by part; None is NULL; NUL is refused by both."""
    assert quote("My schema", 'a"b') == '"My schema"."a""b"'
    assert literal(None) == "NULL"
    assert literal("it's") == "'it''s'"
    assert literal("a\\b") == " E'a\\\\b'"
    for refuse in (quote, literal):
        with pytest.raises(ValueError, match="NUL"):
            refuse("a\0b")


@pytest.mark.parametrize(
    ("token", "name"),
    [("Users", "users"), ('"Users"', "Users"), ('"a""b"', 'a"b'), ('U&"d\\0061t"', "dat"), ("_x$1", "_x$1")],
)
def test_folds_bare_names(token: str, name: str):
    """A bare word folds to lower case, a quoted identifier stays."""
    assert identifier_name(token) == name
    assert parsed_name(token) == name


@pytest.mark.parametrize(
    ("token", "word", "text"),
    [
        ("select", True, False),
        ("_", True, False),
        ("é", True, False),
        ("\u2013", True, False),
        ("'a'", False, True),
        ("E'a'", False, True),
        ("x'1f'", False, True),
        ("$$a$$", False, True),
        ("$a$;$a$", False, True),
        ('"a"', False, False),
        ('U&"a"', False, False),
        ("$1", False, False),
        ("$", False, False),
        ("1", False, False),
        ("1e", False, False),
        ("::", False, False),
    ],
)
def test_tells_tokens_apart(*, token: str, word: bool, text: bool):
    """By their first and last characters alone."""
    assert (is_word(token), is_literal(token)) == (word, text)


def test_folds_ascii_only():
    """Python would make an S of U+017F and an I of U+0131; PostgreSQL does not, so these are no keywords."""
    words = ["select", "\u017felect", "\u0131n", "né"]
    assert [upper(word) for word in words] == ["SELECT", "\u017felect", "\u0131n", "né"]
