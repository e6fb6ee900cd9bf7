"""What is told about a file without reading its rows agrees with what its reading tells. No server."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.headers import applies, table_names
from migrator.seeding.files.rows import read_tables


def seed_file(path: Path, text: str) -> SeedFile:
    path.write_bytes(text.encode())
    return SeedFile(path=path, shown=path.name, name=path.name, sha256=b"")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("users:\n  - a: 1\norders: []\n", ["users", "orders"]),
        ("$seed: {env: ci}\nauth.users:\n- a: 1\n", ["$seed", "auth.users"]),
        ("# x\n\n\ufeffusers: []\n", ["users"]),
        ("\ufeffusers: []\n", ["users"]),
        ('"My table": []\n', ["My table"]),
        ("? users\n: []\n", ["users"]),
        ("{users: [{a: 1}], orders: []}\n", ["users", "orders"]),
        ("  users: []\n  orders: []\n", ["users", "orders"]),
        ("--- \nusers: []\n", ["users"]),
        ("&a users: []\n", ["users"]),
        ("users: [\n{a: 1},\n{a: 2}]\norders: []\n", ["users", "orders"]),
        ("", []),
    ],
)
def test_names_of_tables(tmp_path, text, names):
    """Top-level keys are found however they are written."""
    assert table_names(seed_file(tmp_path / "a.yaml", text)) == names


LINES = st.lists(
    st.sampled_from(
        [
            "users: []",
            "orders:",
            "  - {a: 1}",
            "- a: 1",
            "  - a: |",
            "      users:",
            "  - 'x",
            "y'",
            "b: 'x",
            "'c': []",
            "# d: []",
            "  e: 1",
            "---",
            "...",
            "f: [",
            "]",
            "g:h: []",
            "i : []",
            "",
        ]
    ),
    max_size=8,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_no_table_is_missed(tmp_path, lines):
    """Whatever YAML finds in a file, the quick look finds at least that, or leaves the file to YAML."""
    file = seed_file(tmp_path / "a.yaml", "\n".join(lines))
    assert {table.name for table in read_tables(file.path, file.shown)} <= set(table_names(file))


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("users: []\n", True),
        ("$seed: {env: [local, ci]}\n", True),
        ("# words\n$seed: {env: production}\nusers: []\n", False),
        ('"$seed":\n  env: [production]\n', False),
        ("$seed: {after: a.yaml}\n", True),
        ("users:\n  - {a: $seed}\n", True),
    ],
)
def test_environments(tmp_path, text, here):
    """A file applies unless its header names other environments."""
    assert applies(seed_file(tmp_path / "a.yaml", text), "local") is here
