"""Rows that are read by template are the rows that libyaml reads: the shortcut never changes what a file means."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.errors import InputError
from migrator.seeding.files.nodes import Batch, Mapping, Sequence
from migrator.seeding.files.reader import MisreadError
from migrator.seeding.files.rows import SeedDocument


def plain(node):
    """A node as text, without its place."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs}
    return (node.value, bool(node.style))


def rows(path: Path, *, fold: bool):
    """Every row of a file as (line, cells), and how many of them were read by template."""
    document = SeedDocument(path, path.name, fold=fold)
    found, shortcut = [], 0
    for table in document.tables():
        for item in document.rows():
            if isinstance(item, Batch):
                shortcut += len(item.rows)
                for index, cells in enumerate(item.rows):
                    texts = [(cell[1:-1], True) if cell[0] in "\"'" else (cell, False) for cell in cells]
                    line = item.line + index * item.height
                    found.append((table.name, line, dict(zip(item.names, texts, strict=True))))
            else:
                found.append((table.name, item.line, dict(zip(item.names, map(plain, item.cells), strict=True))))
    return found, shortcut


def same(path: Path) -> int:
    """Both readings agree, or the short one asks for the other; gives how many rows had the shortcut."""
    try:
        whole = rows(path, fold=False)[0]
    except InputError as error:
        whole = str(error.where)
    try:
        found, shortcut = rows(path, fold=True)
    except MisreadError:
        return 0
    except InputError as error:
        found, shortcut = str(error.where), 0
    assert found == whole
    return shortcut


def test_a_long_list_of_flow_rows_is_read_by_template(tmp_path):
    """Rows of one shape on a line each take the shortcut, all but the few that introduce a run."""
    path = tmp_path / "a.yaml"
    path.write_text("t:\n" + "".join(f'  - {{id: {i}, name: "n {i}", at: 12:30:{i:02}}}\n' for i in range(60)))
    assert same(path) == 58


def test_a_long_list_of_block_rows_is_read_by_template(tmp_path):
    """So do rows with a column on each line, and rows at the margin, also with CRLF."""
    path = tmp_path / "a.yaml"
    for margin, end in (("", "\n"), ("  ", "\r\n")):
        text = "t:\n" + "".join(f"{margin}- id: {i}\n{margin}  name: a, b {{{i}}}\n" for i in range(60))
        path.write_bytes(text.replace("\n", end).encode())
        assert same(path) == 58


def test_rows_that_do_not_fit_the_template_go_through_libyaml(tmp_path):
    """A row with escapes, a list, an alias, another shape or a multi-line text is read like the others around it."""
    odd = [
        '{id: 1, name: "a\\tb"}',
        "{id: 2, name: [x]}",
        "{id: 3}",
        "{name: x, id: 4}",
        "{id: 5, name: 'it''s'}",
        "{id: 6, name: }",
        "{id: &a 7, name: *a}",
        "{ id: 8, name: x }",
        "{id: 9, name: žluťoučký}",
        "{id: 10, name: 😀 x}",
    ]
    lines = []
    for row in odd:
        lines += [f"  - {row}\n"] + ["  - {id: 0, name: x}\n"] * 12
    path = tmp_path / "a.yaml"
    path.write_text("t:\n" + "".join(lines), encoding="utf-8")
    assert same(path) >= 110


@pytest.mark.parametrize(
    "text",
    [
        # rows inside a block scalar, a nested list, a multi-line flow mapping, a quoted text
        "t:\n  - a: |\n" + "      - {id: 1}\n" * 30,
        "t:\n  - a:\n" + "      - {id: 1}\n" * 30,
        "t:\n  - {id: 1}\nu:\n  - a: |\n" + "  - {id: 1}\n" * 30,
        "t:\n  - {id: 1}\n  - [\n" + "  - {id: 1},\n" * 30 + "  ]\n",
        't:\n  - {id: 1}\n  - a: "\n' + "  - {id: 1}\n" * 30 + '  "\n',
        "t:\n  - {id: 1}\n" + "  - {id: 1\n" * 30,
        "t:\n" + "  - {id: 1}\n" * 30 + "   x\n",
        "t:\n" + "  - id: 1\n" * 30 + "    x\n",
        "t:\n" + "  - id: a\n" * 30 + "\n      b\n",
        "t:\n" + "  - {id: 1}\n" * 30 + "  - {id: *a}\n" * 3,
        "t:\n" + "  - {id: 1}\n" * 30 + "---\n",
        "t:\n" + "  - {id: 1, id: 2}\n" * 30,
        "t:\n" + "  - {$run: 0}\n" * 30,
        "t:\n" + "  - c: x\n" * 30 + "  - c: #1\n" + "  - c: x\n" * 30,
        "t:\n" + "  - {id: \u2028}\n" * 30,
        "t:\n" + "  - {id: a\x85b}\n" * 30,
        "t:\n" + "  - {id: 1}\n" * 30 + "  key: x\n",
        "t:\n  rows:\n" + "    - {id: 1}\n" * 30 + "  key: x\n",
        "t:\n" + "  - {id: 1}\n" * 30 + "u:\n" + "- {id: 2}\n" * 30 + "v:\n" + "   - {id: 3}\n" * 30,
    ],
)
def test_what_only_looks_like_rows(tmp_path, text):
    """Lines that look like rows and are something else are read as what they are, errors at the same places."""
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    same(path)


VALUES = st.one_of(
    st.sampled_from(
        ["null", "~", "", "NO", "01234", "1.10", "-1", "- 1", "-", "a: b", "a:b", "a #b", "a#b", "'", '"', "x'y"]
    ),
    st.sampled_from(
        [
            "#1",
            "# 1",
            "*a",
            "&a x",
            "!x",
            "|",
            ">",
            "%",
            "@x",
            "`x",
            "?",
            "? x",
            "x ?",
            "x,y",
            "[x]",
            "{x}",
            "x]",
            "<<",
            "=",
            ".",
        ]
    ),
    st.text(alphabet="ab1 .,:;#'\"-[]{}&*!|>%@`?\\\té😀\u00a0\u2028\x85", max_size=8),
    st.builds('"{}"'.format, st.text(alphabet="ab '\\n:#,{}é", max_size=6)),
    st.builds("'{}'".format, st.text(alphabet='ab "\\n:#,{}é', max_size=6)),
)
FLOW = st.builds(
    lambda values, gap, brace: f"{{{brace}{f',{gap}'.join(f'c{i}: {v}' for i, v in enumerate(values))}{brace}}}\n",
    st.lists(VALUES, min_size=1, max_size=3),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", " "]),
)
BLOCK = st.builds(
    lambda values: "\n    ".join(f"c{i}: {v}" for i, v in enumerate(values)) + "\n",
    st.lists(VALUES, min_size=1, max_size=3),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(FLOW, BLOCK), min_size=1, max_size=3), st.booleans())
def test_any_row_is_read_alike(tmp_path, found, late):
    """Whatever a row holds, the reading with the shortcut finds what the reading without finds."""
    usual = ["  - {c0: 1}\n"] * 9 + ["  - c0: x\n    c1: y\n"] * 9
    odd = [f"  - {row}" for row in found]
    path = tmp_path / "a.yaml"
    path.write_bytes(("t:\n" + "".join(usual + odd if late else usual[:9] + odd + usual[9:])).encode())
    same(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.booleans(), st.booleans())
def test_a_value_that_fits_a_template_is_read_alike(tmp_path, value, flow, last):
    """A single odd value among rows of its own shape: where a template takes it, it is what libyaml says it is."""
    others = ["1", "a b"]
    cells = [*others, value] if last else [value, *others]
    usual, odd = ["x", "y", "z"], cells
    if flow:
        lines = ["  - {" + ", ".join(f"c{i}: {v}" for i, v in enumerate(row)) + "}\n" for row in (usual, odd)]
    else:
        lines = ["  - " + "\n    ".join(f"c{i}: {v}" for i, v in enumerate(row)) + "\n" for row in (usual, odd)]
    path = tmp_path / "a.yaml"
    path.write_bytes(("t:\n" + lines[0] * 10 + lines[1] + lines[0] * 10).encode())
    same(path)
