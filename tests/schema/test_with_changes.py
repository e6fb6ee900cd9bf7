"""What a run adds to the record of an object that somebody has changed by hand as well."""

import json
from typing import Any

from migrator.schema.objects import Schema, definition
from migrator.schema.record import with_changes

KEY = ("table", "public.a")


def after(known: dict[str, Any], was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The record's object, from what it was before a run and what the live one was before and after it."""
    schemas = [
        Schema(objects={KEY: definition(each)}, server_version_num=180000, supabase=False) for each in (known, was, now)
    ]
    found: dict[str, Any] = json.loads(with_changes(*schemas).objects[KEY])
    return found


def test_a_right_of_a_hand_is_none_of_the_run():
    """What the run grants and revokes goes into the record right by right, also for the role that a hand was about."""
    assert [
        after({}, {"granted": {"PUBLIC": "SELECT"}}, {"granted": {"PUBLIC": "INSERT, SELECT"}}),
        after({"granted": {"app": "INSERT, SELECT"}}, {"granted": {"app": "SELECT"}}, {"granted": {"app": "UPDATE"}}),
        after({"granted": {"app": "SELECT"}}, {"granted": {"app": "DELETE, SELECT"}}, {"granted": {"app": "DELETE"}}),
        after({"granted": {"app": "SELECT"}}, {"granted": {"app": "DELETE, SELECT"}}, {"granted": {"app": "ALL"}}),
        after({"definition": "a, b"}, {"definition": "a, c"}, {"definition": "a, d"}),
    ] == [
        {"granted": {"PUBLIC": "INSERT"}},
        {"granted": {"app": "INSERT, UPDATE"}},
        {},
        {"granted": {"app": "ALL"}},
        {"definition": "a, d"},
    ]


def test_a_member_that_a_hand_added_is_none_of_the_run():
    """Of a list, such as the tables of a publication or the labels of an enum, the run's own go in, in their order."""
    assert [
        after({"tables": ["a"]}, {"tables": ["a", "hand"]}, {"tables": ["a", "b", "hand"]}),
        after({"tables": ["a", "gone"]}, {"tables": ["a"]}, {"tables": ["a", "z"]}),
        after({"tables": ["a", "b"]}, {"tables": ["a", "b", "hand"]}, {"tables": ["b", "hand"]}),
        after({"labels": ["z", "a"]}, {"labels": ["z", "hand", "a"]}, {"labels": ["z", "hand", "a", "b"]}),
        after({}, {"tables": ["hand"]}, {"tables": ["hand", "b"]}),
    ] == [
        {"tables": ["a", "b"]},
        {"tables": ["a", "gone", "z"]},
        {"tables": ["b"]},
        {"labels": ["z", "a", "b"]},
        {"tables": ["b"]},
    ]
