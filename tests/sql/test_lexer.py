"""The lexer against PostgreSQL's own scanner, on text that no person would write."""

import re
import time
from contextlib import suppress

import postgast
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from migrator.sql.lexer import SPACE, Lexeme, UnterminatedError, lexeme_texts, lexemes, marks, next_statement

# Each piece opens, closes, hides or imitates something. A number and a lone dollar sign keep a space behind them: what
# may follow them directly differs between versions of PostgreSQL, and is an error in all of them.
PIECES = [
    *(
        "'",
        "''",
        '"',
        '""',
        "$$",
        "$a$",
        "$é$",
        "$ ",
        "$1 ",
        "\\",
        "\\'",
        "/*",
        "*/",
        "--",
        "\n",
        "\r",
        "\r\n",
        " ",
        "\t",
    ),
    *(
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        ",",
        ":",
        "::",
        ":=",
        " .. ",
        "-",
        "+",
        "*",
        "/",
        "=",
        "<",
        "=>",
        "@",
        "?",
        "|",
        "%",
    ),
    *("a", "E", "e'", "E'", "U&", "u&'", 'U&"', "B'", "x'", "N'", "a$b", "_", "é", "\u00a0", "😀", "select", "begin"),
    *("1 ", "1.5 ", "1. ", ".5 ", "1e5 ", "2E-3 ", "0x1F ", "1_000 ", "\v", "\f"),
]
SOUP = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
COMMENTS = {postgast.pg_query_pb2.SQL_COMMENT, postgast.pg_query_pb2.C_COMMENT}


def scanned(text: str) -> list[str] | None:
    """The tokens that PostgreSQL's scanner sees; None when something is never closed."""
    data = text.encode()
    try:
        tokens = postgast.scan(text).tokens
    except postgast.PgQueryError as error:
        if "unterminated" in str(error):
            return None
        raise
    return [data[token.start : token.end].decode() for token in tokens if token.token not in COMMENTS]


def lexed(text: str) -> list[str] | None:
    """What our lexer sees, with literals that go on in the next line taken as one, as the scanner does."""
    found: list[tuple[Lexeme, int, int]] = []
    try:
        for lexeme, start, end in lexemes(text):
            if lexeme is Lexeme.COMMENT:
                continue
            if lexeme is Lexeme.LITERAL and text[start] == "'" and found and found[-1][0] is Lexeme.LITERAL:
                before = found[-1]
                between = text[before[2] : start]
                if text[before[1]] != "$" and ("\n" in between or "\r" in between):
                    found[-1] = (lexeme, before[1], end)
                    continue
            found.append((lexeme, start, end))
    except UnterminatedError:
        return None
    return [text[start:end] for _, start, end in found]


# `'a' -- comment`, a line end and `'b'` are one literal to PostgreSQL (a test below asks it) and two to libpg_query.
COMMENT_IN_LITERAL = re.compile(r"'[ \t\v\f]*(?:[\n\r]\s*)?--[^\n\r]*[\n\r](?:\s|--[^\n\r]*[\n\r])*'")


@settings(deadline=None, max_examples=800)
@given(SOUP)
def test_sees_the_tokens_that_postgresql_sees(text: str):
    """Every token begins and ends where the server's scanner says; what it calls unterminated, we call so, too."""
    try:
        expected = scanned(text)
    except postgast.PgQueryError:
        reject()  # refused for another reason, such as an escape that stands for no character
    assume(not COMMENT_IN_LITERAL.search(text))
    assert lexed(text) == expected


@settings(deadline=None, max_examples=150)
@given(SOUP)
def test_loses_no_character(text: str):
    """What lies between lexemes is white, and the lexemes follow one another without overlap."""
    behind = 0
    closed = False
    with suppress(UnterminatedError):
        for _, start, end in lexemes(text):
            assert text[behind:start].strip(SPACE) == ""
            assert behind <= start < end
            behind = end
        closed = True
    assert not closed or text[behind:].strip(SPACE) == ""


@settings(deadline=None, max_examples=150)
@given(SOUP)
def test_the_three_speeds_agree(text: str):
    """`marks` and `lexeme_texts` are `lexemes` with something left out."""
    pieces = []
    closed = False
    with suppress(UnterminatedError):
        pieces = list(lexemes(text))
        closed = True
    if not closed:
        with pytest.raises(UnterminatedError) as raised:
            list(marks(text))
        assert text.startswith(raised.value.opened, raised.value.start)
        return
    plain = {Lexeme.WORD, Lexeme.OTHER}
    assert list(marks(text)) == [piece for piece in pieces if piece[0] not in plain]
    without = [text[start:end] for lexeme, start, end in pieces if lexeme is not Lexeme.COMMENT]
    assert lexeme_texts(text, 0, len(text)) == without


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("it's'", ["it", "'s'"]),
        ("type'\\'e'\\''", ["type", "'\\'", "e'\\''"]),
        ("a$b$c $b$;$b$", ["a$b$c", "$b$;$b$"]),
        ("$$a$$$b$;$b$E'\\''", ["$$a$$", "$b$;$b$", "E'\\''"]),
        ("E'a'\n'\\';' 'b'", ["E'a'\n'\\';'", "'b'"]),
        ("E'a' -- c'\n -- d'\n'\\';'", ["E'a' -- c'\n -- d'\n'\\';'"]),
        ("E'a' '\\'", ["E'a'", "'\\'"]),
        ("'a''b' \"c\"\"d\"", ["'a''b'", '"c""d"']),
        ("a=-1@-2<=-3", ["a", "=", "-", "1", "@-", "2", "<=", "-", "3"]),
        ("B'1''1'x'f'", ["B'1'", "'1'", "x'f'"]),
        ("a\x80$\x80", ["a\x80$\x80"]),
        ("1..2 1.5e-3::x:=y", ["1", "..", "2", "1.5e-3", "::", "x", ":=", "y"]),
        ("2*/* ; */3@--x\n4", ["2", "*", "3", "@", "4"]),
        ("a\u00a0b \u2013", ["a\u00a0b", "\u2013"]),
    ],
)
def test_reads_what_is_easily_misread(text: str, tokens: list[str]):
    """Prefixes, dollar signs in words, continued literals, operators before signs and comments."""
    assert lexeme_texts(text, 0, len(text)) == tokens


@pytest.mark.db
async def test_a_literal_goes_on_behind_a_comment(db):
    """Two literals on two lines with a comment between are one, with escapes in both: PostgreSQL agrees."""
    text = "E'a' -- it's\n  '\\';b'"
    assert lexeme_texts(text, 0, len(text)) == [text]
    assert await db.fetchval(f"select {text}") == "a';b"


@pytest.mark.parametrize(
    ("text", "start"),
    [("", 0), ("x", 0), (" ;\n-- c;\r/* /* ; */ */;x", 23), ("-- to the end", 13), ("/**/ ;", 6)],
)
def test_skips_what_is_no_statement(text: str, start: int):
    """Blanks, comments and semicolons lie between statements."""
    assert next_statement(text, 0) == start


@pytest.mark.parametrize(
    "text",
    [
        "(" * 300_000,
        "/*" * 100_000 + "*/" * 100_000,
        "''" * 300_000,
        "E'" + "\\'" * 300_000 + "'",
        "E'' -- x\n" * 60_000,
        "$" * 300_001 + "x",
        "a$b$ " * 100_000,
        "$a" * 200_000,
        "+" * 300_000,
        "@" * 300_000,
        "1" * 600_000,
        "\n" * 600_000,
        "--\n" * 200_000,
    ],
    ids=lambda text: text[:4].strip() or "space",
)
def test_takes_time_linear_in_the_text(text: str):
    """Half a megabyte of what tempts a pattern to go back takes seconds at most, where going back would take hours."""
    begun = time.process_time()
    with suppress(UnterminatedError):
        lexeme_texts(text, 0, len(text))
    assert time.process_time() - begun < 5
