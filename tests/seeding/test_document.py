"""Seed files as rows with places, and what YAML and the format refuse. No server."""

from pathlib import Path

import pytest

from migrator.errors import InputError
from migrator.seeding.files.nodes import Mapping, Row, Sequence
from migrator.seeding.files.rows import SeedDocument


def plain(node):
    """A node as lists, dicts and (text, style) pairs."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs}
    return (node.value, node.style)


def read(path: Path, text: str | bytes):
    """Every table with its rows, read without shortcuts."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    document = SeedDocument(path, path.name)
    found = []
    for table in document.tables():
        rows = []
        for row in document.rows():
            assert isinstance(row, Row)
            rows.append((row.line + 1, dict(zip(row.names, map(plain, row.cells), strict=True))))
        found.append((table, rows))
    return document, found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


def test_rows_keep_their_source_text(file):
    """A plain scalar is its source text, whatever YAML would make of it; a quoted one says so."""
    _, [(table, rows)] = read(file, "t:\n  - {a: 01234, b: NO, c: 1.10, d: 12:30:45, e: 'x', f: ~}\n")
    assert table.name == "t"
    assert rows == [
        (
            2,
            {
                "a": ("01234", ""),
                "b": ("NO", ""),
                "c": ("1.10", ""),
                "d": ("12:30:45", ""),
                "e": ("x", "'"),
                "f": ("~", ""),
            },
        )
    ]


def test_every_spelling_of_rows(file):
    """Flow rows, block rows, rows at the margin and rows under `rows:` are the same rows."""
    _, found = read(
        file,
        "a:\n- {x: 1}\nb:\n  - x: 1\n    y: 2\nc: [{x: 1}]\nd:\n  key: x\n  mode: missing\n  keep: [y]\n"
        "  defaults: {y: 3}\n  rows:\n    - x: 1\n",
    )
    assert [(table.name, rows) for table, rows in found] == [
        ("a", [(2, {"x": ("1", "")})]),
        ("b", [(4, {"x": ("1", ""), "y": ("2", "")})]),
        ("c", [(6, {"x": ("1", "")})]),
        ("d", [(13, {"x": ("1", "")})]),
    ]
    options = found[3][0]
    assert (options.key, options.mode, [name for name, _ in options.keep]) == (("x",), "missing", ["y"])
    assert [(key.value, value.value) for key, value in options.defaults] == [("y", "3")]


def test_header(file):
    """`$seed` says where and after what a file applies."""
    document, _ = read(file, "$seed: {env: [local, preview], after: auth.yaml}\nt: []\n")
    assert (document.header.env, document.header.after) == (("local", "preview"), ("auth.yaml",))


def test_a_file_without_tables(file):
    """An empty file, comments only, and a lone null are files without rows."""
    for text in ("", "# nothing\n", "~\n", "---\n"):
        assert read(file, text)[1] == []


def test_byte_order_mark(file):
    """A UTF-8 byte order mark is no part of the first key."""
    assert read(file, "\ufefft:\n  - {a: 1}\n")[1][0][0].name == "t"


def test_anchors_and_merge_keys(file):
    """An alias repeats a value, a merge key lends its columns, and a row's own columns win."""
    _, [(_, rows)] = read(file, "t:\n  - &one {a: 1, b: &two 2}\n  - {<<: *one, b: 3}\n  - {a: *two}\n  - *one\n")
    assert [row for _, row in rows] == [
        {"a": ("1", ""), "b": ("2", "")},
        {"b": ("3", ""), "a": ("1", "")},
        {"a": ("2", "")},
        {"a": ("1", ""), "b": ("2", "")},
    ]


def test_a_scalar_of_five_megabytes(file):
    """A long scalar is one value like any other."""
    _, [(_, rows)] = read(file, 't:\n  - {a: "' + "x" * 5_000_000 + '"}\n')
    assert len(rows[0][1]["a"][0]) == 5_000_000


BOMB = "t:\n  - a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"    {after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED = {
    "a syntax error": ("t:\n  - {a: 1\n  - b\n", 4, 1, "yaml-syntax", "did not find expected ',' or '}'"),
    "a tab as indentation": ("t:\n\t- a: 1\n", 2, 1, "yaml-syntax", "found character that cannot start any token"),
    "a python object": ("t:\n  - {a: !!python/object:os.system x}\n", 2, 9, "yaml-tag", "a tag has no meaning"),
    "a tag on a row": ("t:\n  - !x {a: 1}\n", 2, 5, "yaml-tag", "a tag has no meaning"),
    "a tag on a key": ("t:\n  - {!!str a: 1}\n", 2, 6, "yaml-tag", "a tag has no meaning"),
    "binary": ("t:\n  - {a: !!binary aGk=}\n", 2, 9, "yaml-tag", "a tag has no meaning"),
    "two documents": ("t: []\n---\nu: []\n", 2, 1, "seed-format", "a seed file is one YAML document"),
    "a null key": ("t:\n  - {~: 1}\n", 2, 6, "yaml-key", "a key cannot be null"),
    "a list as a key": ("t:\n  - {[a]: 1}\n", 2, 6, "yaml-key", "a key is a plain word or a quoted text"),
    "a column twice": ("t:\n  - {a: 1, b: 2, a: 3}\n", 2, 18, "yaml-key-twice", "`a` stands here twice"),
    "a table twice": ("t: []\nu: []\nt: []\n", 3, 1, "yaml-key-twice", "`t` stands here twice"),
    "a colour": ("t:\n  - colour: #00ff00\n", 2, 13, "yaml-comment", "`#00ff00` is a comment to YAML"),
    "a colour in a list": ("t:\n  - a:\n    - #00ff00\n", 3, 7, "yaml-comment", "`#00ff00` is a comment to YAML"),
    "an unknown alias": ("t:\n  - {a: *b}\n", 2, 9, "yaml-alias", "no anchor `&b`"),
    "an alias of itself": ("t:\n  - {a: &a [*a]}\n", 2, 13, "yaml-alias", "no anchor `&a`"),
    "an alias bomb": (BOMB, 6, 40, "yaml-alias-bomb", "the aliases of this file repeat too much"),
    "nesting": ("t:\n  - {a: " + "[" * 300 + "]" * 300 + "}\n", 2, 209, "yaml-depth", "nested more than 200 deep"),
    "no rows": ("t:\n  key: a\n", 2, 3, "seed-format", "`t` has no `rows`"),
    "one row that is no list": ("t:\n  id: 1\n", 2, 3, "seed-format", "`t` has no option `id`"),
    "rows that are no list": ("t:\n  rows: {a: 1}\n", 2, 9, "seed-format", "`rows` of `t` is a list"),
    "rows that are not last": ("t:\n  rows: []\n  key: a\n", 3, 3, "seed-format", "`rows` comes last"),
    "an unknown mode": ("t:\n  mode: upset\n  rows: []\n", 2, 9, "seed-format", "no mode is called `upset`"),
    "a table without rows": ("t:\n", 1, 1, "seed-format", "`t` has no rows"),
    "a row that is a scalar": ("t:\n  - 5\n", 2, 5, "seed-format", "a row is a mapping of columns to values"),
    "a list at the top": ("- {a: 1}\n", 1, 1, "seed-format", "a seed file is a mapping of tables to rows"),
    "a header that is late": ("t: []\n$seed: {env: local}\n", 2, 1, "seed-format", "`$seed` comes first"),
    "an unknown header": ("$seeds: {}\n", 1, 1, "seed-format", "`$seeds` is not a table"),
    "a word in the header": ("$seed: {enw: local}\n", 1, 9, "seed-format", "`$seed` has no `enw`"),
    "a null merge": ("t:\n  - {<<: 1}\n", 2, 10, "yaml-merge", "`<<` takes a mapping"),
    "NUL": (b"t:\n  - {a: x\0y}\n", 2, 10, "yaml-syntax", "`a.yaml` is not valid YAML"),
    "Latin-1": ("t:\n  - {a: caf\xe9}\n".encode("latin-1"), 2, 12, "not-utf8", "`a.yaml` is not UTF-8"),
    "UTF-16": ("t: []\n".encode("utf-16"), 1, 1, "not-utf8", "`a.yaml` is not UTF-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_at_its_place(file, case):
    """What YAML or the format refuses is an `InputError` at its line and column, in words that say what is wrong."""
    text, line, column, code, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read(file, text)
    error = caught.value
    assert error.where is not None
    assert (error.where.path, error.where.line, error.where.column) == ("a.yaml", line, column)
    assert error.code == code
    assert words in f"{error.message}\n{error.detail}"


def test_a_comment_after_an_empty_value_is_a_comment(file):
    """`a: # words` is NULL and a comment, as everybody reads it."""
    _, [(_, rows)] = read(file, "t:\n  - a: # words\n    b: #! words\n")
    assert rows == [(2, {"a": ("", ""), "b": ("", "")})]
