"""Every value that a column can hold goes out as YAML and comes back as it was, to the last byte."""

import json
import re

import asyncpg
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migrator.seeding.pulling.literals import array, composite, pairs
from migrator.seeding.pulling.scalars import double, scalar

QUIET = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

NASTY = [
    *(
        "",
        " ",
        "null",
        "Null",
        "NULL",
        "~",
        "true",
        "NO",
        "01234",
        "1.10",
        "1e3",
        ".inf",
        "0x1f",
        "12:30:45",
        "<<",
        "=",
    ),
    *("- a", "-", "--- a", "...", "? a", ": a", "a: b", "a:", "a #b", "#00ff00", "a#b", "a,b", "[a]", "{a}", "]", "}"),
    *(
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "'a'",
        '"a"',
        "a'b",
        'a"b',
        "a\\b",
        "\\",
        "\\N",
        "\\.",
        "a ",
        " a",
    ),
    *("a\nb", "\n", "a\n", "a\r\nb", "a\tb", "\t", "\x01", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffe", "😀"),
    *(
        "##[group]a",
        "::set-env a",
        "{$sql: now()}",
        "$sql",
        "x" * 5000,
        "a  b",
        "2026-01-31 12:30:00+00",
        "a://b?c=d&e",
    ),
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=15),
    st.text(" \t\n:#-'\"\\{}[],&*!|>%@`~?ab1.", max_size=8),
)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_scalar_reads_back_exactly(text):
    """In a flow mapping on one line, to any reader of YAML that leaves types alone, a scalar is its text again."""
    for written in (scalar(text), double(text)):
        assert "\n" not in written
        found = yaml.load(f"- {{a: {written}, b: x}}\n", Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts alone
        assert found == [{"a": text, "b": "x"}]
    assert "##[" not in scalar(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ada", "Ada"),
        ("01234", "01234"),
        ("NO", "NO"),
        ("1.10", "1.10"),
        ("ada@example.com", "ada@example.com"),
        ("2026-01-31 12:30:00+00", "2026-01-31 12:30:00+00"),
        ("https://example.com/a?b=c", '"https://example.com/a?b=c"'),
        ("R&D, here", '"R&D, here"'),
        ("null", '"null"'),
        ("#00ff00", '"#00ff00"'),
        (" x", '" x"'),
        ("a\nb", '"a\\nb"'),
        ('say "hi"', 'say "hi"'),
        ('"hi": it\'s', "'\"hi\": it''s'"),
        ("\\xdead", "\\xdead"),
        ("-5", "-5"),
        ("- 5", '"- 5"'),
    ],
)
def test_quotes_stand_where_they_are_needed(text, written):
    """What YAML takes for nothing else is plain."""
    assert scalar(text) == written


VALUES = """
create extension if not exists hstore; create extension if not exists citext;
create type pair as (name text, "$n" int, parts text[]);
create domain words as text[]; create domain note as text check (value <> 'x');
create table t (
    id int primary key, a text, b text[], c text[][], d note, e words, f words[], g hstore, h pair, i pair[], j citext,
    k varchar(6000), l char(5), m note[], n hstore[]
)
"""

INSERT = r"""
insert into t
select $1, a, array[a, null, b], array[[a, b], [b, null]], nullif(a, 'x'), array[b, a],
    ('{"' || replace(replace(array[a, b]::text, '\', '\\'), '"', '\"') || '",NULL}')::words[],
    hstore(array[a, b, 'n'], array[b, a, null]), row(a, nullif(length(b), 3), array[a, null])::pair,
    array[row(b, null, array[b])::pair, null], a, a, left(a, 5), array[nullif(b, 'x')]::note[], array[hstore(a, b)]
from (select $2::text, $3::text) _ (a, b)
"""


@QUIET
@given(st.lists(texts, min_size=4, max_size=12))
async def test_any_text_comes_back(returns, db, found):
    """Texts in columns, arrays, domains, composite types and hstores, and NULLs among them."""
    await db.execute(
        "drop table if exists t; drop domain if exists words, note cascade; drop type if exists pair cascade"
    )
    await db.execute(VALUES)
    for number, text in enumerate(found):
        other = found[number - 1]
        await db.execute(INSERT, number, text, other)
    await returns("t")


numbers = st.one_of(
    st.integers(-(10**30), 10**30).map(str), st.sampled_from(["1.10", "-0", "0", "1e5", "1E+400", "0.000", "-1.5e-7"])
)
json_texts = st.recursive(
    st.one_of(numbers, st.sampled_from(["true", "false", "null"]), texts.map(json.dumps)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(texts.map(json.dumps), inner), max_size=3).map(
            lambda items: f"{{{', '.join(f'{name}: {value}' for name, value in items)}}}"
        ),
        st.lists(inner, max_size=2).map(lambda items: f" [\n{','.join(items)} ]"),
    ),
    max_leaves=8,
)


@QUIET
@given(st.lists(json_texts, min_size=1, max_size=12))
async def test_json_comes_back_to_the_letter(returns, db, found):
    """Digits, spaces, the order of keys and keys that are there twice are those of the document."""
    await db.execute(
        "drop table if exists t; create table t (id int primary key, a json, b jsonb, c json[], d jsonb[])"
    )
    for number, text in enumerate(found):
        await db.execute(
            "insert into t select $1, a::json, a::jsonb, array[a::json, null], array[a::jsonb, null] "
            "from (select $2::text) _ (a)",
            number,
            text,
        )
    await returns("t")


async def test_json_is_readable_where_that_is_exact(pulled, db):
    """JSON as YAML where it reads back as the same text, else the text in quotes."""
    await db.execute("create table t (id int primary key, a json, b jsonb)")
    documents = ['{"b": 1.10, "a": [null, "x", "1", "true"]}', '{"a":1}', '"hello"', "null", "[]", "5", '{"$a": {}}']
    for number, text in enumerate(documents):
        await db.execute("insert into t values ($1, $2::text::json, $2::text::jsonb)", number, text)
    lines = [line.partition("a: ")[2] for line in (await pulled("t")).splitlines() if "- {" in line]
    assert lines == [
        '{b: 1.10, a: [null, x, "1", "true"]}, b: {a: [null, x, "1", "true"], b: 1.10}}',
        "'{\"a\":1}', b: {a: 1}}",
        "{$json: hello}, b: {$json: hello}}",
        "{$json: null}, b: {$json: null}}",
        "[], b: []}",
        "5, b: 5}",
        '{"$a": {}}, b: {"$a": {}}}',
    ]


NO_INPUT = {
    *("gtsvector", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_dependencies", "pg_mcv_list"),
    *("pg_ndistinct", "pg_node_tree", "pg_ddl_command"),
}
"""Types without input: no seed can fill a column of theirs."""

integers = {
    name: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)
    for name, bits in (("int2", 16), ("int4", 32), ("int8", 64))
}
unsigned = {
    name: st.integers(0, 2**bits - 1).map(str)
    for name, bits in (("oid", 32), ("xid", 32), ("cid", 32), ("xid8", 64), ("bit1", 1))
}
dates = st.one_of(st.dates().map(str), st.sampled_from(["infinity", "-infinity", "0044-03-15 BC", "12026-01-31"]))
timestamps = st.one_of(st.datetimes().map(str), st.sampled_from(["infinity", "-infinity", "0044-03-15 12:00 BC"]))
floats = st.one_of(st.floats(width=32).map(repr), st.sampled_from(["-0", "NaN", "Infinity", "1e-30"]))
doubles = st.one_of(st.floats().map(repr), st.sampled_from(["-0", "NaN", "-Infinity", "5e-324"]))
decimals = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40).map(str),
    st.sampled_from(["1.10", "NaN", "0.000", "-0.50"]),
)
small = st.integers(-99, 99)
points = st.tuples(small, small).map(lambda pair: f"({pair[0]},{pair[1]}.5)")
intervals = st.tuples(*[st.integers(-400, 400)] * 4).map(
    lambda parts: f"{parts[0]} mons {parts[1]} days {parts[2]} secs {parts[3]} ms"
)


def pick(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def ranged(of: st.SearchStrategy[str], order: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Ranges whose bounds are in order: PostgreSQL refuses others."""
    return st.one_of(of.map(lambda low: f"[{low},)"), of.map(lambda high: f"(,{high}]"), pick("empty", "(,)"))


multi = {"int4multirange": integers["int4"], "int8multirange": integers["int8"], "nummultirange": decimals}

VALUES_OF = {
    **integers,
    **{name: unsigned[name] for name in ("oid", "xid", "cid", "xid8")},
    "aclitem": pick("=r/postgres", "postgres=arwdDxt/postgres"),
    "bit": unsigned["bit1"],
    "bool": pick("t", "f"),
    "box": st.tuples(points, points).map(",".join),
    "bpchar": texts.map(lambda text: text.rstrip(" ")),
    "bytea": st.binary(max_size=12).map(lambda data: "\\x" + data.hex()),
    "char": pick("a", "", "\\", "'", " "),
    "cidr": pick("10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"),
    "circle": points.map(lambda point: f"<{point},2>"),
    "date": dates,
    "daterange": ranged(st.dates().map(str)),
    "datemultirange": ranged(st.dates().map(str)).map(lambda one: "{" + one + "}"),
    "float4": floats,
    "float8": doubles,
    "inet": st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), pick("10.1.2.3/8")),
    "int2vector": pick("1 2 3", ""),
    "int4range": ranged(st.integers(-999, 999).map(str)),
    "int8range": ranged(st.integers(-999, 999).map(str)),
    **{name: ranged(st.integers(-99, 99).map(str)).map(lambda one: "{" + one + "}") for name in multi},
    "interval": intervals,
    "json": json_texts,
    "jsonb": json_texts,
    "jsonpath": pick('$."a"[*]?(@ > 1)', "strict $"),
    "line": pick("{1,2,3}", "{-1.5,0,1}"),
    "lseg": st.tuples(points, points).map(lambda pair: f"[{pair[0]},{pair[1]}]"),
    "macaddr": pick("08:00:2b:01:02:03"),
    "macaddr8": pick("08:00:2b:01:02:03:04:05"),
    "money": pick("12.34", "-1234.50"),
    "name": texts.map(lambda text: text[:10]),
    "numeric": decimals,
    "numrange": ranged(decimals.filter(lambda text: text != "NaN")),
    "oid8": unsigned["xid8"],
    "oidvector": pick("1 2 3", ""),
    "path": st.lists(points, min_size=1, max_size=3).map(lambda found: f"[{','.join(found)}]"),
    "pg_lsn": pick("16/B374D848", "0/0"),
    "pg_snapshot": pick("10:20:10,14,15"),
    "point": st.one_of(points, pick("(NaN,Infinity)")),
    "polygon": st.lists(points, min_size=1, max_size=3).map(lambda found: f"({','.join(found)})"),
    "refcursor": texts,
    "regclass": pick("pg_class", "pg_type"),
    "regcollation": pick('"C"', "-"),
    "regconfig": pick("english", "simple"),
    "regdatabase": pick("template1", "-"),
    "regdictionary": pick("simple", "english_stem"),
    "regnamespace": pick("pg_catalog", "public"),
    "regoper": pick("||/", "0"),
    "regoperator": pick("+(integer,integer)", "0"),
    "regproc": pick("now", "-"),
    "regprocedure": pick("lower(text)", "-"),
    "regrole": pick("pg_monitor", "-"),
    "regtype": pick("integer", "character varying", '"char"', "integer[]"),
    "text": texts,
    "tid": pick("(0,1)", "(42,7)"),
    "time": st.times().map(str),
    "timestamp": timestamps,
    "timestamptz": st.one_of(timestamps, pick("2026-01-31 12:30:00.5+05:30")),
    "timetz": st.times().map(lambda time: f"{time}+02"),
    "tsmultirange": ranged(st.datetimes().map(lambda at: f'"{at}"')).map(lambda one: "{" + one + "}"),
    "tsquery": pick("'fat' & ('rat' | !'cat':AB*)", ""),
    "tsrange": ranged(st.datetimes().map(lambda at: f'"{at}"')),
    "tstzmultirange": ranged(st.datetimes().map(lambda at: f'"{at}+00"')).map(lambda one: "{" + one + "}"),
    "tstzrange": ranged(st.datetimes().map(lambda at: f'"{at}+00"')),
    "tsvector": pick("'a':1A 'fat':2B,4C 'it''s':5", "", "'a b' 'c\\\\d'"),
    "txid_snapshot": pick("10:20:10,14,15"),
    "uuid": st.uuids().map(str),
    "varbit": st.text("01", max_size=20),
    "varchar": texts,
    "xml": pick("<a b='c'>d &amp; e</a>", "text", "<!-- : # -->"),
}
"""How texts of each built-in type are made."""


# shrinking would take minutes: a failure names the columns that differ
@settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(st.data())
async def test_every_built_in_type_comes_back(returns, db, data):
    """A column of every scalar type, its array, a domain over it and an array of that: the same bytes come back."""
    rows = await db.fetch(
        "select typname as name, format_type(oid, null) as shown from pg_type "
        "where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and typname !~ '^_' order by 1"
    )
    kinds = {row["name"]: row["shown"] for row in rows if row["name"] not in NO_INPUT}
    assert sorted(kinds.keys() - VALUES_OF.keys()) == []
    try:
        await db.execute("select '<a/>'::xml")
    except asyncpg.FeatureNotSupportedError:  # a server that was built without libxml
        del kinds["xml"]
    await db.execute("drop table if exists t; drop schema if exists d cascade; create schema d")
    await db.execute(";".join(f'create domain d."{name}" as {kind}' for name, kind in kinds.items()))
    columns = ", ".join(
        f'"{name}" {kind}, "{name}s" {kind}[], "{name}d" d."{name}", "{name}ds" d."{name}"[]'
        for name, kind in kinds.items()
    )
    await db.execute(f"create table t (id int primary key, {columns})")
    for number in range(3):
        values = {name: data.draw(VALUES_OF[name]) for name in kinds}
        cells = []
        for at, (name, kind) in enumerate(kinds.items(), 1):
            one = f"${at}::text::{kind}"
            domain = f'd."{name}"'
            cells.append(f"{one}, array[{one}, null, {one}], {one}::{domain}, array[{one}::{domain}, null]")
        await db.execute(f"insert into t select {number}, {', '.join(cells)}", *values.values())
    await returns("t")


async def test_settings_of_the_session_do_not_matter(project, pulled, run, db, dsn):
    """Values are read and written alike whatever the database's own styles of dates, intervals and bytes are."""
    name = dsn.partition("?")[0].rpartition("/")[2]
    await db.execute("create table t (id int primary key, a timestamptz, b interval, c bytea, d float8, e date)")
    await db.execute(
        "insert into t values (1, '2026-02-03 04:05:06.7+00', '-1 year 2 days -03:04', '\\xdead', 0.1, '2026-02-03')"
    )
    plain = await pulled("t")
    for setting in ("datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'", "bytea_output = 'escape'"):
        await db.execute(f"alter database {name} set {setting}")
    await db.execute(
        f"alter database {name} set extra_float_digits = -3; alter database {name} set timezone = 'Asia/Tokyo'"
    )
    assert await pulled("t") == plain
    await db.execute("create table before as select * from t; truncate t")
    await run({"t.yaml": plain})
    assert await db.fetchval("select record_image_eq(t, o) from t, before o")


def test_literals_are_taken_apart():
    """Arrays, composite values and hstores as the server writes them; what is none is no list."""
    assert array("{}", ",") == []
    assert array('{1,NULL,"NULL","a,b","c\\"d\\\\e"}', ",") == ["1", None, "NULL", "a,b", 'c"d\\e']
    assert array("{{1,2},{3,NULL}}", ",") == [["1", "2"], ["3", None]]
    assert array("{(1,1),(0,0);(2,2),(1,1)}", ";") == ["(1,1),(0,0)", "(2,2),(1,1)"]
    assert array("[0:1]={1,2}", ",") is None
    assert composite('(1,"a ""b"" \\\\ c",,"")', 4) == ["1", 'a "b" \\ c', None, ""]
    assert composite("(1)", 2) is None
    assert composite("()", 1) == [None]
    assert pairs('"a"=>"1", "b \\"c\\""=>NULL, "d"=>"\\\\"') == [("a", "1"), ('b "c"', None), ("d", "\\")]
    assert pairs("a") is None


async def test_nested_values_are_lists_and_mappings(pulled, db):
    """An array is a list, a composite value a mapping of its fields; other subscripts stay a text."""
    await db.execute(
        "create extension hstore; create type point3 as (x int, y numeric, note text);"
        "create table t (id int primary key, a text[], b int[][], c point3, d point3[], e hstore, g box[],"
        "h int[], i bool[], j char(3), k boolean, m jsonb[])"
    )
    await db.execute(
        "insert into t values (1, '{a,\"b: c\",NULL,\"null\"}', '{{1,2},{3,4}}', '(1,1.10,)', '{\"(1,,a)\",NULL}', "
        "'a=>1, b=>NULL', '{(1,1),(0,0);(2,2),(1,1)}', '[0:1]={1,2}', '{t,f}', 'a', true, "
        "array['{\"a\": [1]}', '\"x\"', '[1, 2]']::jsonb[])"
    )
    (line,) = [line for line in (await pulled("t")).splitlines() if "- {" in line]
    assert re.split(r", (?=[a-m]: )", line.strip()[3:-1].partition(", ")[2], maxsplit=2)[0] == (
        'a: [a, "b: c", null, "null"]'
    )
    assert line == (
        '  - {id: 1, a: [a, "b: c", null, "null"], b: [[1, 2], [3, 4]], c: {x: 1, y: 1.10}, '
        'd: [{x: 1, note: a}, null], e: {a: 1, b: null}, g: ["(1,1),(0,0)", "(2,2),(1,1)"], '
        'h: "[0:1]={1,2}", i: [true, false], j: a, k: true, '
        "m: [{a: [1]}, '\"x\"', [1, 2]]}"
    )


async def test_vectors_are_lists(returns, db):
    """A vector is a list of its numbers; in an array it is one element."""
    if not await db.fetchval("select exists (select from pg_available_extensions where name = 'vector')"):
        pytest.skip("this server has no extension `vector`")
    await db.execute("create extension vector; create table t (id int primary key, v vector(2), w vector[])")
    await db.execute("insert into t values (1, '[1,2.5]', '{\"[1]\",\"[2,3]\"}')")
    assert (await returns("t")).splitlines()[-1] == "  - {id: 1, v: [1, 2.5], w: [[1], [2, 3]]}"
