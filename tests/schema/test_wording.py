"""What another version of the server explains, and what it does not."""

import json
from typing import Any

import pytest

from migrator.schema.compare import compare
from migrator.schema.objects import Schema

BODY = "CREATE OR REPLACE FUNCTION a.f()\n RETURNS integer\n LANGUAGE sql\nAS $function$select {}$function$\n"

SEVEN = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"

EXPLAINED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"query": " SELECT t.a\n   FROM a.t;"}, {"query": " SELECT a\n   FROM a.t;"}),
    ({"using": "(a = ('x'::character varying)::text)"}, {"using": "(a = 'x'::text)"}),
    ({"definition": "CHECK ((a > 0))"}, {"definition": "CHECK (a > 0)"}),
    ({"type": "integer"}, {"type": "integer", "not null name": "other"}),
    ({"granted": {"anon": "SELECT"}}, {"granted": {"anon": "MAINTAIN, SELECT", "b": "MAINTAIN*"}}),
    ({"granted": {"anon": "ALL"}}, {"granted": {"anon": SEVEN}}),
    ({}, {"revoked": {"me": "MAINTAIN"}}),
]

REWORDED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"using": "(owner = CURRENT_USER)"}, {"using": "true"}),
    ({"query": " SELECT a\n   FROM a.t;"}, {"query": " SELECT b\n   FROM a.t;"}),
]

DRIFT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"using": "(a = 1)"}, {}),
    ({"definition": BODY.format(1)}, {"definition": BODY.format(2)}),
    ({"type": "integer"}, {"type": "text"}),
    ({"granted": {"anon": "SELECT"}}, {"granted": {"anon": "MAINTAIN, SELECT, UPDATE"}}),
    ({"granted": {"anon": "ALL"}}, {"granted": {"anon": "MAINTAIN, SELECT"}}),
    ({"using": "(a = 1)", "roles": ["a"]}, {"using": "(a = 2)", "roles": ["PUBLIC"]}),
]


def _counts(one: dict[str, Any], other: dict[str, Any], versions: tuple[int, int]) -> tuple[int, int, int]:
    sides = [
        Schema(objects={("policy", "a.t.p"): json.dumps(each)}, server_version_num=version)
        for each, version in zip((one, other), versions, strict=True)
    ]
    found = compare(*sides)
    return len(found.differences), found.platform, len(found.reworded)


@pytest.mark.parametrize(
    ("pairs", "counts"), [(EXPLAINED, (0, 1, 0)), (REWORDED, (0, 1, 1)), (DRIFT, (1, 0, 0))], ids=["no", "maybe", "yes"]
)
def test_what_versions_explain(pairs: list[tuple[dict[str, Any], dict[str, Any]]], counts: tuple[int, int, int]):
    """Layout is nothing; another text is told, and no drift; a function's body, a type and rights are drift."""
    wrong = [(pair, found) for pair in pairs if (found := _counts(*pair, (150004, 180001))) != counts]
    assert wrong == []


@pytest.mark.parametrize("pair", [*EXPLAINED, *REWORDED, *DRIFT], ids=str)
def test_of_one_version_everything_counts(pair: tuple[dict[str, Any], dict[str, Any]]):
    """What one and the same server prints otherwise is otherwise."""
    assert _counts(*pair, (180001, 180001)) == (1, 0, 0)
