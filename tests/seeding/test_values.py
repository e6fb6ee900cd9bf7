"""What a column receives: the column's type decides, and PostgreSQL's own input function reads the source text."""

import re

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.errors import InputError, MigratorError
from migrator.seeding.files.nodes import NULL_WORDS

PLAIN = {
    "text": ["01234", "NO", "1.10", "12:30:45", "2026-01-01", "0x1f", "yes", "a:b", ".inf", "1e3", "<<"],
    "integer": ["01234", "-5", "0", "+7"],
    "bigint": ["9223372036854775807"],
    "smallint": ["-32768"],
    "numeric": ["1.10", "1e3", "NaN", "0.000000000000000000001"],
    "double precision": ["1e308", "Infinity", "-0", "nan"],
    "real": ["1.5"],
    "boolean": ["yes", "no", "on", "off", "true", "FALSE", "t", "1", "0", "Y"],
    "date": ["2026-01-31", "infinity", "January 8 1999"],
    "time": ["12:30:45", "04:05 PM"],
    "timestamp": ["2026-01-31 12:30", "epoch"],
    "timestamptz": ["2026-01-31 12:30+02"],
    "interval": ["3 days", "1:30", "P1Y2M"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "bytea": [r"\xDEADBEEF"],
    "inet": ["192.168.0.1/24", "fe80::1"],
    "macaddr": ["08:00:2b:01:02:03"],
    "json": ["5", "1.10", "true", "-0.5e3"],
    "jsonb": ["5", "1.10", "false"],
    "int4range": ["empty"],
    "varchar(5)": ["01234", "abc"],
    "char(3)": ["ab"],
    "money": ["12.34"],
    "bit(3)": ["101"],
    "point": ["'(1,2)'"],
    "tsvector": ["fat cat"],
    "oid": ["42"],
    "text[]": ["'{a,\"b c\"}'"],
}


async def test_a_plain_scalar_is_what_postgresql_reads(run, db):
    """A plain scalar in a column of any type is `'its source text'::type`."""
    text = ""
    for number, (kind, values) in enumerate(PLAIN.items()):
        await db.execute(f"create table t{number} (id int primary key, v {kind})")
        text += f"t{number}:\n" + "".join(f"  - {{id: {at}, v: {value}}}\n" for at, value in enumerate(values))
    await run({"t.yaml": text})
    for number, (kind, values) in enumerate(PLAIN.items()):
        expected = [await db.fetchval(f"select ($1::text)::{kind}::text", value.strip("'")) for value in values]
        assert (kind, [row["v"] for row in await db.fetch(f"select v::text from t{number} order by id")]) == (
            kind,
            expected,
        )


async def test_only_a_plain_null_is_null(run, db):
    """Plain `null`, `~` and nothing are NULL; the same word in quotes or in a block is text."""
    await db.execute("create table t (id int primary key, a text, b text, c text, d text)")
    for number, word in enumerate(["null", "Null", "NULL", "~", ""]):
        cells = f"    a: {word}\n    b: '{word}'\n    c: \"{word}\"\n    d: |-\n      {word}\n"
        await run({f"{number}.yaml": f"t:\n  - id: {number}\n{cells}"})
        row = await db.fetchrow("select a, b, c, d from t where id = $1", number)
        assert tuple(row) == (None, word, word, word)


async def test_text_survives_copy(run, db):
    r"""Backslashes, tabs, line ends, `\N`, `\.` and every printable character arrive as they were written."""
    texts = ["a\\b", "a\tb", "a\nb\r\nc", "\\N", "\\.", "\\", "ž😀\u2028x", " x ", "", "\x7f\x85\xa0", "a\x01b"]
    await db.execute("create table t (id int primary key, v text)")
    escaped = ["".join(f"\\U{ord(c):08x}" for c in text) for text in texts]
    await run({"t.yaml": "t:\n" + "".join(f'  - {{id: {i}, v: "{text}"}}\n' for i, text in enumerate(escaped))})
    assert [row["v"] for row in await db.fetch("select v from t order by id")] == texts


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20), min_size=1))
async def test_any_text_survives(run, db, texts):
    """Whatever text YAML can hold in double quotes, a text column and an array of text receive it exactly."""
    await db.execute("drop table if exists t; create table t (id int primary key, v text, w text[])")
    escaped = ['"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"' for text in texts]
    rows = "".join(f"  - {{id: {i}, v: {text}, w: [{text}, {text}]}}\n" for i, text in enumerate(escaped))
    await run({"t.yaml": f"t:\n{rows}"}, force=True)
    found = await db.fetch("select v, w from t order by id")
    assert [(row["v"], row["w"]) for row in found] == [(text, [text, text]) for text in texts]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["integer", "numeric", "boolean", "date", "timestamptz", "interval", "inet", "uuid"]),
    st.one_of(
        st.integers().map(str),
        st.decimals(allow_nan=False).map(str),
        st.dates().map(str),
        st.datetimes().map(str),
        st.uuids().map(str),
        st.ip_addresses(v=4).map(str),
        st.sampled_from(["yes", "NO", "on", "t", "1", "0x1F", "1_000", "3 days", "today", "-0", "+1", "1e2", "x"]),
    ),
)
async def test_every_plain_text_is_postgresql_s_to_read(run, db, kind, text):
    """A column receives what PostgreSQL makes of the source text, and refuses what PostgreSQL refuses, in its words."""
    await db.execute(f"drop table if exists t; create table t (id int primary key, v {kind})")
    files = {"t.yaml": f"t:\n  - {{id: 1, v: {text}}}\n"}
    try:
        expected, refusal = await db.fetchval(f"select ($1::text)::{kind}::text", text), None
    except asyncpg.PostgresError as error:
        expected, refusal = None, error.sqlstate
    if refusal is None:
        await run(files, force=True)
        assert await db.fetchval("select v::text from t") == expected
        return
    with pytest.raises(MigratorError) as caught:
        await run(files, force=True)
    where = caught.value.where
    assert where is not None
    assert (caught.value.sqlstate, where.line, where.column) == (refusal, 2, 16)


ARRAYS = """\
t:
  - id: 1
    a: [new, '50% "off"', ~, 'null', 'a\\b', '']
    b: [[1, 2], [3, 4]]
    c: [ok]
    d: []
    e: ['(1,1),(0,0)', '(2,2),(1,1)']
    f: [{x: [1, NO]}, [1], 5]
    g: [yes, off]
"""


async def test_lists_are_arrays(run, db):
    """A list is an array literal: NULLs, quotes, dimensions, other delimiters, domains and enums included."""
    await db.execute(
        "create type mood as enum ('sad', 'ok'); create domain tags as text[];"
        "create table t (id int primary key, a text[], b int[][], c mood[], d tags, e box[], f jsonb[], g bool[])"
    )
    await run({"t.yaml": ARRAYS})
    row = await db.fetchrow("select a, b, c::text[], d::text[], e::text, f::text[], g from t")
    assert tuple(row) == (
        ["new", '50% "off"', None, "null", "a\\b", ""],
        [[1, 2], [3, 4]],
        ["ok"],
        [],
        "{(1,1),(0,0);(2,2),(1,1)}",
        ['{"x": [1, "NO"]}', "[1]", "5"],
        [True, False],
    )


JSON = """\
t:
  - id: 1
    a: {n: 1.10, z: 01, no: NO, t: true, u: ~, d: 2026-01-01, s: '1', l: [1, [2]], e: }
    b: []
    c: '{"x": 1}'
    d: {$json: hello}
    e: {$json: null}
"""
JSON_TEXT = (
    '{"n": 1.10, "z": "01", "no": "NO", "t": true, "u": null, "d": "2026-01-01", "s": "1", "l": [1, [2]], "e": null}'
)


async def test_mappings_and_lists_are_json(run, db):
    """Inside JSON numbers keep their digits, words are those of YAML 1.2, everything else is a string."""
    await db.execute("create table t (id int primary key, a json, b jsonb, c jsonb, d jsonb, e jsonb)")
    await run({"t.yaml": JSON})
    row = await db.fetchrow("select a::text, b::text, c::text, d::text, e::text from t")
    assert tuple(row) == (JSON_TEXT, "[]", '{"x": 1}', '"hello"', "null")


async def test_a_variable_of_the_environment(run, db):
    """`{$var: NAME}` is the text of a variable; one that is not set is an error."""
    await db.execute("create table t (id int primary key, v text)")
    await run({"t.yaml": "t:\n  - {id: 1, v: {$var: SECRET}}\n"}, environ={"SECRET": "a\tb"})
    assert await db.fetchval("select v from t") == "a\tb"
    with pytest.raises(InputError, match="`OTHER` is not set"):
        await run({"t.yaml": "t:\n  - {id: 1, v: {$var: OTHER}}\n"})


REFUSED = {
    "a mapping in a text column": ("v text", "v: {a: 1}", 16, "takes no mapping"),
    "a list in a text column": ("v text", "v: [a]", 16, "takes no list"),
    "a word in a jsonb column": ("v jsonb", "v: hello", 16, "is not JSON"),
    "infinity in JSON": ("v jsonb", "v: {a: .inf}", 20, "JSON has no `.inf`"),
    "a ragged array": ("v int[]", "v: [[1, 2], [3]]", 25, "different lengths"),
    "an unknown operator": ("v text", "v: {$sequel: x}", 17, "there is no operator `$sequel`"),
    "an operator of a later version": ("v text", "v: {$pick: users}", 17, "`$pick` is not supported in this version"),
    "two keys beside an operator": ("v text", "v: {$var: a, b: c}", 16, "`$var` must be the only key"),
    "an enum": ("v mood", "v: saf", 16, "`saf` is not a value of the enum mood"),
    "a text that is too long": ("v varchar(3)", "v: abcd", 16, "character varying(3), and this text has 4"),
    "NUL": ("v text", 'v: "a\\0b"', 16, "cannot hold NUL"),
}


async def test_refused_before_anything_is_written(run, db):
    """A value that cannot fit its column is told at its place before the first write."""
    await db.execute("create type mood as enum ('sad', 'ok')")
    for case, (column, cell, at, words) in REFUSED.items():
        await db.execute(f"drop table if exists t; create table t (id int primary key, {column})")
        with pytest.raises(InputError, match=re.escape(words)) as caught:
            await run({"t.yaml": f"t:\n  - {{id: 1, {cell}}}\n"})
        where = caught.value.where
        assert where is not None
        assert (case, where.line, where.column) == (case, 2, at)
    assert await db.fetchval("select to_regnamespace('migrator')") is None


def test_null_words_are_few():
    """YAML 1.1 has more words for NULL than these in other languages; these are all that seeds know."""
    assert {"", "~", "null", "Null", "NULL"} == NULL_WORDS
