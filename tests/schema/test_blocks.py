"""The text of an object in a snapshot: readable, and read back as what it was, to the last digit and line end."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migrator.errors import InputError
from migrator.schema.blocks import block, read
from migrator.schema.objects import definition
from migrator.source import Source


def text(kind: str, identity: str, attributes: Mapping[str, Any]) -> str:
    """The block of an object."""
    return "\n".join(block((kind, identity), attributes)) + "\n"


def back(written: str) -> tuple[tuple[str, str], Mapping[str, Any]]:
    """The one object of a text."""
    (found,) = read(Source(path="x.txt", text=written))
    return found.key, found.attributes


def test_it_is_readable():
    """Names and values as they are, lists and mappings indented, texts of several lines last and as they are."""
    function = "CREATE FUNCTION f()\n\n  $$\tselect 'é';\n$$\n"
    attributes = {
        "definition": function,
        "owner": "postgres",
        "granted": {"PUBLIC": "EXECUTE", "rich_reader": "EXECUTE*"},
        "options": ["a=1", "b=c d"],
        "security definer": True,
        "cost": Decimal("0.50"),
        "note": "two\nlines",
    }
    assert text("function", "public.f()", attributes) == (
        """\
function: public.f()
  cost: 0.50
  granted:
    PUBLIC: EXECUTE
    rich_reader: EXECUTE*
  options:
    - a=1
    - b=c d
  owner: postgres
  security definer: true
  definition: |
    CREATE FUNCTION f()

      $$\tselect 'é';
    $$
  note: |-
    two
    lines
"""
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", '""'),
        (" a", '" a"'),
        ("true", '"true"'),
        ("17", '"17"'),
        (17, "17"),
        ('"Odd"', '"\\"Odd\\""'),
        ("a\u202eb", '"a\\u202eb"'),
        ("a: b # c", "a: b # c"),
        ("- a", "- a"),
        ("|", '"|"'),
        ([], "[]"),
        ({}, "{}"),
        (None, "null"),
        ("\n", '"\\n"'),
        ("a\r\nb\u200b\\\n", "|e\n    a\\r\n    b\\u200b\\\\"),
    ],
)
def test_values_that_could_be_taken_for_others(value: object, shown: str):
    """What would read back as something else, or could not be seen, is written as JSON or with escapes."""
    assert text("setting", "x", {"value": value}) == f"setting: x\n  value: {shown}\n"
    assert back(text("setting", "x", {"value": value})) == (("setting", "x"), {"value": value})


texts = st.text(max_size=12) | st.text(alphabet=" \t\n\r\"|-:{}[]\\#'ae0\u00a0\u2028=<>", max_size=12)
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
values = st.recursive(
    texts | numbers | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(texts, st.dictionaries(texts, values, max_size=4))
@example('public."a\nb"', {"a": {"-b": ["-", {"c": "x\n"}, [[]], "\n\nx"]}})
def test_everything_is_read_back(identity: str, attributes: dict[str, Any]):
    """Whatever an object is called and whatever its attributes hold, also behind another object and before one."""
    written = text("type", identity, attributes)
    others = text("table", "a.b", {"x": "y\n"})
    found = list(read(Source(path="x.txt", text=f"{others}\n\n{written}\n\n{others}")))
    assert [each.key for each in found] == [("table", "a.b"), ("type", identity), ("table", "a.b")]
    assert definition(found[1].attributes) == definition(attributes)


@settings(deadline=None)
@given(st.dictionaries(texts, values, max_size=4))
def test_definitions_say_the_same_as_json(attributes: dict[str, Any]):
    """The canonical text is JSON of the same values, whatever the order of the keys was."""
    shuffled = dict(reversed(attributes.items()))
    assert definition(attributes) == definition(shuffled)
    assert json.loads(definition(attributes), parse_float=Decimal) == attributes


@pytest.mark.parametrize(
    ("damaged", "place", "message"),
    [
        ("table\n", "x.txt:1:1", "an object begins here in no known way: `class: name` at the margin"),
        ("\n  owner: a\n", "x.txt:2:3", "an object begins here in no known way: `class: name` at the margin"),
        ("table: a\n  owner\n", "x.txt:2:3", "this is no attribute: `name: value`"),
        ("table: a\n  owner: a\n  owner: b\n", "x.txt:3:3", "`owner` is told twice"),
        ("table: a\n  owner: a\n   x: b\n", "x.txt:3:4", "this line is not indented as its neighbours are"),
        ("table: a\n    owner: a\n", "x.txt:2:5", "this line is not indented as its neighbours are"),
        ('table: a\n  owner: "a\n', "x.txt:2:3", "this value cannot be read"),
        ("table: a\n  owner:a\n", "x.txt:2:3", "a space is missing behind `:` or `-`"),
        ("table: a\n  owner:\n\n", "x.txt:2:3", "there is no value"),
    ],
)
def test_a_damaged_file_says_where(damaged: str, place: str, message: str):
    """A line that somebody has edited by hand is found, and never read as something else."""
    with pytest.raises(InputError) as raised:
        list(read(Source(path="x.txt", text=damaged)))
    assert (str(raised.value.where), raised.value.message, raised.value.code) == (place, message, "snapshot-damaged")
