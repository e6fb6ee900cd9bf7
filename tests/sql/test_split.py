"""Scripts are split where the server would split them, whatever their statements hold."""

import time
from pathlib import Path

import postgast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.errors import InputError
from migrator.source import Source
from migrator.sql.lexer import SPACE, Lexeme, lexemes
from migrator.sql.script import split, without_comments

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.sql"))

# Atoms of a statement, each of which tries to end it or to hide its end.
ATOMS = st.sampled_from(
    [
        *(
            "select 1",
            "'a;b'",
            "''",
            "'it''s;'",
            "E'\\';'",
            "e'\\\\'",
            "E'a'\n'\\';'",
            "U&'d\\0061;'",
            "B'1'",
            "type';'",
        ),
        *('"a;b"', '"a"";"', 'U&";"', "$$;$$", "$a$ ;$b$; $$ $a$", "$é$;$é$", "a$b$c", "x$$", "$1", "_"),
        *("/* ; */", "/* /* ; */ ' */", "-- ';\n", "-- $$;\r\n", "--\r", "(a; b)", "(';' /* ) */; (c;))", "[1]"),
        *(
            "@-5",
            "?|",
            "a::text",
            ":=",
            "..",
            "=-1",
            "case when 1 then 2 end",
            "begin",
            "atomic",
            "end",
            "naïve",
            "数据",
        ),
        *("\n", "\r\n", "\t", "\f", "+", "<>", "create", "function", "copy", "1.5e-3"),
    ]
)
ROUTINES = st.sampled_from(
    [
        "create function f() returns int begin atomic select 1; select case when true then ';' end; end",
        "CREATE OR REPLACE PROCEDURE p() BEGIN/**/ATOMIC ; insert into t values (';'); END",
        "create /* c; */ function f(begin atomic) returns int begin atomic select 1 as end; select 2 end; end",
        "create function begin() returns int language sql as $$select 1;$$",
    ]
)
STATEMENTS = st.one_of(
    ROUTINES,
    st.lists(ATOMS, min_size=1, max_size=8)
    .map(" ".join)
    # BEGIN ATOMIC would open the body of a routine, whose end these pieces do not know
    .filter(lambda text: not ("create" in text and "atomic" in text)),
).map(lambda text: text + "\n")
GAPS = st.sampled_from([";", ";;", "; -- note;\n;", ";\r\n/* ; */", " ; /* /* ; */ */ ;\n"])


def texts(text: str) -> list[str]:
    return [statement.text for statement in split(Source(path="t.sql", text=text))]


def code(text: str) -> list[str]:
    return [text[start:end] for lexeme, start, end in lexemes(text) if lexeme is not Lexeme.COMMENT]


def gaps(text: str) -> list[str]:
    """The text between the statements."""
    found, behind = [], 0
    for statement in split(Source(path="t.sql", text=text)):
        found.append(text[behind : statement.start])
        behind = statement.end
    return [*found, text[behind:]]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(STATEMENTS, GAPS), max_size=6))
def test_gives_back_the_statements_that_were_joined(parts: list[tuple[str, str]]):
    """As many statements come out as went in, each with the same tokens, in the same order."""
    parts = [(statement, gap) for statement, gap in parts if code(statement)]
    found = texts("".join(statement + gap for statement, gap in parts))
    assert [code(text) for text in found] == [code(statement) for statement, _ in parts]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(STATEMENTS, GAPS), max_size=6))
def test_what_is_split_and_joined_splits_the_same(parts: list[tuple[str, str]]):
    """A statement's text can stand before a semicolon: no trailing comment swallows it."""
    once = texts("".join(statement + gap for statement, gap in parts))
    assert texts(";".join(once)) == once
    assert [texts(text) for text in once] == [[text] for text in once]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(STATEMENTS, GAPS), max_size=6))
def test_loses_nothing_between_statements(parts: list[tuple[str, str]]):
    """Between statements there are only blanks, comments and semicolons, and no statement begins or ends with one."""
    text = "".join(statement + gap for statement, gap in parts)
    for gap in gaps(text):
        assert set(code(gap)) <= {";"}
    for statement in texts(text):
        first, *_, last = [*lexemes(statement)] * 2
        assert (first[0] is Lexeme.COMMENT, last[0] is Lexeme.COMMENT) == (False, False)
        assert statement == statement.strip(SPACE)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_splits_the_corpus_as_the_server_parses_it(path: Path):
    """PostgreSQL's grammar (libpg_query) finds the same statements at the same places; all its tokens are ours.

    It parses what is valid only: scripts with errors in them are for the other tests.
    """
    text = path.read_bytes().decode()
    data = text.encode()
    expected = []
    for statement in postgast.parse(text).stmts:
        end = statement.stmt_location + statement.stmt_len if statement.stmt_len else len(data)
        expected.append(code(data[statement.stmt_location : end].decode()))
    assert [code(statement) for statement in texts(text)] == expected


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_canonical_text_of_the_corpus_means_the_same(path: Path):
    """PostgreSQL parses the canonical text to the tree of the original, and it is canonical already."""
    text = path.read_bytes().decode()
    canonical = without_comments(Source(path="t.sql", text=text))
    # a literal over several lines cannot be joined by a space; nothing is ever run from the canonical text
    if path.stem not in {"literals", "dos"}:
        assert postgast.fingerprint(canonical).hex == postgast.fingerprint(text).hex
    assert without_comments(Source(path="t.sql", text=canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n-- nothing\n/* at all; */", []),
        (";;\n;", []),
        ("select 1", ["select 1"]),
        ("select 1 -- one\n;", ["select 1"]),
        ("select 1 -- one", ["select 1"]),
        ("select 1 /* a */ /* b */ ; select /* c; */ 2", ["select 1", "select /* c; */ 2"]),
        ("select (1; 2); select 3", ["select (1; 2)", "select 3"]),
        ("select 1); select 2", ["select 1)", "select 2"]),
        ("select 1) /* x */; select 2", ["select 1)", "select 2"]),
        ("select (1; select 2", ["select (1; select 2"]),
        ("begin; select 1; end; select 2", ["begin", "select 1", "end", "select 2"]),
        ("create table atomic (begin int); select 1", ["create table atomic (begin int)", "select 1"]),
        (
            "create function f() language sql begin atomic end; select 1",
            ["create function f() language sql begin atomic end", "select 1"],
        ),
        (
            "create function f() returns int begin atomic select atomic end; end; select 1",
            ["create function f() returns int begin atomic select atomic end; end", "select 1"],
        ),
    ],
)
def test_splits(text: str, expected: list[str]):
    """Statements come without what surrounds them, and only a semicolon outside of everything ends one."""
    assert texts(text) == expected


def test_knows_the_place_of_each_statement():
    """A statement's span is its first line, in characters, whatever stands before it."""
    source = Source(path="m/1.sql", text="select 'é';\r\n  /* x */ select\r\n 2;")
    assert [str(each.span) for each in split(source)] == ["m/1.sql:1:1", "m/1.sql:2:11"]
    assert [each.span.excerpt for each in split(source)] == ["select 'é';", "  /* x */ select"]


def test_knows_the_first_keywords():
    """At most four, in capitals, up to the first token that is no bare word."""
    source = Source(path="t.sql", text='alter /* x */ table "T" add a int; create unique index concurrently i on t (a)')
    assert [each.keywords for each in split(source)] == [
        ("ALTER", "TABLE"),
        ("CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "place", "width"),
    [
        ("select 1;\nselect 'x;\n", "unterminated-string", "t.sql:2:8", 1),
        ("select E'x\\';", "unterminated-string", "t.sql:1:9", 1),
        ("select 'x''", "unterminated-string", "t.sql:1:8", 1),
        ('select "x;', "unterminated-identifier", "t.sql:1:8", 1),
        ("do $body$ begin $$ end", "unterminated-dollar-quote", "t.sql:1:4", 6),
        ("select 1 /* a /* b */;", "unterminated-comment", "t.sql:1:10", 2),
        ("/* a", "unterminated-comment", "t.sql:1:1", 2),
        ("select 1;\n\\connect other", "psql-command", "t.sql:2:1", 8),
        ("\\restrict abc\nselect 1", "psql-command", "t.sql:1:1", 9),
        ("select 1 \\gset", "psql-command", "t.sql:1:10", 5),
        ("select 1 \\; select 2", "psql-command", "t.sql:1:10", 2),
        ("select (1 \\", "psql-command", "t.sql:1:11", 1),
        ("create function f() begin atomic select 1; \\d", "psql-command", "t.sql:1:44", 2),
        ("select 1;\nselect 'a\0b'", "nul-character", "t.sql:2:10", 1),
        ("-- \0", "nul-character", "t.sql:1:4", 1),
    ],
)
def test_refuses_what_cannot_be_read(text: str, code: str, place: str, width: int):
    """The error names its kind and points at the character that began the trouble."""
    with pytest.raises(InputError) as raised:
        texts(text)
    where = raised.value.where
    assert where is not None
    assert (raised.value.code, str(where), where.width) == (code, place, width)
    assert raised.value.hint


def test_names_the_psql_command():
    """What psql would have done is named, with what to do instead."""
    with pytest.raises(InputError) as raised:
        texts("\\unrestrict x")
    assert raised.value.message == "`\\unrestrict` is a command of psql, not SQL"
    assert raised.value.hint == "remove this line and its `\\restrict`: `pg_dump` writes them for psql only"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("select 1;", "-- a comment\nselect /* x; */ 1", True),
        ("select a+b", "SELECT a + b", False),
        ("select a+b", "select a\r\n  +b;;", True),
        ("select a=-1", "select a = - 1", True),
        ("select a @- 1", "select a @ -1", False),
        ("select 'a  b'", "select 'a b'", False),
        ("select 'a''b'", "select 'a' 'b'", False),
        ("select $$ -- x $$", "select $$ $$", False),
        ("select 1; select 2", "select 1 select 2", False),
        ("select 1; select 2", ";select 1;;\n\nselect 2;", True),
        ("", "-- nothing", True),
    ],
)
def test_compares_code_without_comments(*, one: str, other: str, same: bool):
    """Comments, layout and semicolons that end nothing do not count; everything else does."""
    first, second = (without_comments(Source(path="t.sql", text=text)) for text in (one, other))
    assert (first == second) is same


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(STATEMENTS, GAPS), max_size=4))
def test_the_canonical_text_keeps_every_token(parts: list[tuple[str, str]]):
    """It is the statements' tokens, and nothing else."""
    text = "".join(statement + gap for statement, gap in parts)
    expected = "".join(" ".join([*code(statement), ";"]) + " " for statement in texts(text)).strip()
    assert without_comments(Source(path="t.sql", text=text)) == expected


def seconds(text: str) -> float:
    begun = time.process_time()
    split(Source(path="t.sql", text=text))
    return time.process_time() - begun


def test_splits_fifty_thousand_inserts_at_once():
    """50,000 INSERTs, 3.8 MB: 0.3 s measured; the limit leaves room for a busy machine."""
    inserts = [f"INSERT INTO items (id, name, price) VALUES ({i}, 'name {i}', {i}.50);\n" for i in range(50_000)]
    assert seconds("".join(inserts)) < 2


@pytest.mark.parametrize(
    "text",
    [
        "insert into t values " + ",".join(f"({i}, 'x;{i}', \"y\")" for i in range(50_000)),
        "create function f() begin atomic " + "select 1; " * 50_000 + "end",
        "create function f() as 'atomic' " + "$$;$$ " * 50_000,
        "(" * 200_000 + ";" * 200_000,
        "select '" + ";" * 1_000_000 + "'",
        "select /* ; */ 1;" * 50_000,
        "-- ;\n" * 200_000,
    ],
    ids=["values", "atomic", "dollars", "open", "literal", "comments", "lines"],
)
def test_splits_anything_in_linear_time(text: str):
    """About a megabyte of what could be read again and again is read once or twice."""
    assert seconds(text) < 5
