"""The answer of `migrate verify` as text and as JSON, and the `no` in it."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from verified import CHANGED, CHECKS, EVERYTHING, EXPOSED, LATE, NOTHING, UNTOLD

from migrator.cli.render import Surroundings, pick
from migrator.cli.render.verdict import refusal
from migrator.errors import InputError
from migrator.events.verifying import ChecksResult, VerifyResult


def said(result: VerifyResult | ChecksResult, *, name: Any = "text", verbose: bool = False) -> str:
    """What is on stdout; nothing may be on stderr."""
    stdout, stderr = io.StringIO(), io.StringIO()
    asked = Surroundings(command="verify", stdout=stdout, stderr=stderr, environ={}, verbose=verbose)
    renderer = pick(name, asked)
    renderer.done(result)
    renderer.close()
    assert stderr.getvalue() == ""
    return stdout.getvalue()


def test_everything_is_told_the_worst_first():
    """Place, message, difference, statement and hint of each finding, then what was looked at and what was not."""
    assert said(EVERYTHING) == (
        """\
PostgreSQL 17.4 at postgresql://ci@db:5432/shop (from DATABASE_URL)
compared with the record of `0007.add-invoices`

error V203 changed  table public.orders  migrations/0004.add-orders.sql:12:1
  `public.orders` is not as the migrations left it
    --- expected
    +++ found
    @@ -1,2 +1,2 @@
     table public.orders
    -  row level security: true
    +  row level security: false
  sql:
    alter table public.orders enable row level security;
  hint: run the statement, or `migrate accept`

warning V301 rls_disabled_in_public  table public.a``b
  row level security is off

info V103 late  0002.x
  late
  of another
  branch

compared: column 7, index 3, table 1,200
platform: 1 object differs in nothing but the words in which another version of the server prints them
not compared: user mapping options (2): hidden from this role
not compared: V327: the role `anon` does not exist
ignored: 1 finding; `-v` shows which, and why
1 error, 1 warning and 1 note; 1,210 objects compared
"""
    )


def test_a_hint_of_several_findings_is_told_once():
    """What is to be done about all of them stands behind the last; what is to be done about one, with it."""
    second = replace(CHANGED, subject="public.users", diff=None, sql=())
    shown = said(replace(EVERYTHING, findings=(CHANGED, second, replace(EXPOSED, hint="enable it"))))
    assert shown.count("`migrate accept`") == 1
    assert (
        "  row level security is off\n"
        "  hint: enable it\n"
        "\n"
        "hint: run the statement, or `migrate accept` (2 findings)\n"
        "\n"
        "compared:"
    ) in shown


def test_verbose_shows_the_counts_and_what_is_ignored():
    """A line for each class, and each ignored finding with its reason and its last day."""
    shown = said(EVERYTHING, verbose=True)
    assert "compared:\n      7  column\n      3  index\n  1,200  table\n" in shown
    assert "ignored:\n  error V202 extra  index public.by_hand: made by the pool, until 2027-01-31\n" in shown


def test_no_findings_in_so_many_objects():
    """That nothing was found is never told without what was looked at, and never where a question is open."""
    assert said(NOTHING).endswith("\ncompared: table 12\nno findings; 12 objects compared\n")
    assert said(replace(NOTHING, compared={})).endswith("\nno findings; no objects compared\n")
    assert said(UNTOLD).endswith(
        "\nerror: the pages are wrong\n"
        "\nerror: the schema could not be read: busy\nnothing was compared\n\nhint: again\n"
        "\nno findings, 2 questions without an answer; no objects compared\n"
    )


def test_names_and_definitions_cannot_move_the_cursor():
    """Escape sequences and line ends in an object's name, a definition or a statement are shown, not obeyed."""
    evil = "a\x1b[2J\u202eb\nc"
    finding = replace(CHANGED, subject=evil, message=evil, hint=evil, diff=f"+{evil}", sql=(evil,), detail=evil)
    shown = said(replace(EVERYTHING, findings=(finding,), compared={evil: 1}, against=evil))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"table a\x1b[2J\u202eb\x0ac" in shown
    assert r"compared: a\x1b[2J\u202eb\x0ac 1" in shown


def test_a_long_difference_is_cut():
    """Of a diff and of the statements 60 lines are shown, and where the others are."""
    finding = replace(CHANGED, diff="\n".join(f"+{number}" for number in range(100)), sql=("select\n" * 61,))
    shown = said(replace(EVERYTHING, findings=(finding,)))
    assert "    +59\n    … 40 more lines: `--format json` and `--sarif FILE` have all of it\n  sql:\n" in shown
    assert "    … 1 more line: `--format json` and `--sarif FILE` have all of it\n  hint:" in shown


def test_the_list_of_checks():
    """Code, name, severity and what it finds, aligned."""
    assert said(CHECKS) == (
        "code  name                    severity  what it finds\n"
        "V101  pending                 error     a migration is not applied\n"
        "V301  rls_disabled_in_public  warning   no row level security\n"
    )
    assert json.loads(said(CHECKS, name="json"))["checks"][0] == {
        "code": "V101",
        "name": "pending",
        "severity": "error",
        "title": "a migration is not applied",
    }


def test_the_document():
    """Every field of a finding, the worst first, and everything that was not looked at, under stable keys."""
    document = json.loads(said(EVERYTHING, name="json"))
    assert (document["command"], document["ok"], document["error"]["code"]) == ("verify", False, "findings")
    assert [finding["code"] for finding in document["findings"]] == ["V203", "V301", "V103"]
    assert document["findings"][0] == {
        "code": "V203",
        "name": "changed",
        "severity": "error",
        "message": "`public.orders` is not as the migrations left it",
        "kind": "table",
        "subject": "public.orders",
        "where": {"path": "migrations/0004.add-orders.sql", "line": 12, "column": 1},
        "detail": None,
        "hint": "run the statement, or `migrate accept`",
        "diff": CHANGED.diff,
        "sql": ["alter table public.orders enable row level security"],
        "fingerprint": CHANGED.fingerprint,
    }
    assert document["database"]["server_version"] == "17.4"
    assert (document["against"], document["fail_on"]) == ("the record of `0007.add-invoices`", "error")
    assert (document["compared"], document["platform"]) == ({"table": 1200, "column": 7, "index": 3}, 1)
    assert document["not_compared"][1] == {"what": "V327", "why": "the role `anon` does not exist", "count": None}
    assert document["ignored"][0]["finding"]["subject"] == "public.by_hand"
    assert (document["ignored"][0]["reason"], document["ignored"][0]["until"]) == ("made by the pool", "2027-01-31")
    open_questions = json.loads(said(UNTOLD, name="json"))
    assert [error["code"] for error in open_questions["untold"]] == ["usage", "schema-busy"]
    assert open_questions["error"]["code"] == "schema-busy"


@pytest.mark.parametrize(
    ("fail_on", "findings", "expected"),
    [
        ("error", (LATE, CHANGED), ("findings", 1, "`migrate verify` found 1 error")),
        ("info", (LATE, CHANGED), ("findings", 1, "`migrate verify` found 1 error and 1 note")),
        ("warning", (LATE,), None),
        ("error", (), None),
    ],
)
def test_findings_at_or_above_are_a_no(fail_on: Any, findings: Any, expected: tuple[str, int, str] | None):
    """Exit code 1 for a finding at or above `--fail-on`, 0 for milder ones."""
    refused = refusal(replace(EVERYTHING, fail_on=fail_on, findings=findings))
    assert (refused and (refused.code, refused.exit_code, refused.message)) == expected


def test_an_open_question_is_no_yes():
    """Exit code 3 where something could not be told and nothing was found, whatever the error's own code is."""
    refused = refusal(UNTOLD)
    assert refused is not None
    assert (refused.code, refused.exit_code) == ("schema-busy", 3)
    refused = refusal(replace(UNTOLD, untold=(InputError("a", code="usage"), InputError("b", code="usage"))))
    assert refused is not None
    assert (refused.code, refused.exit_code, len(refused.causes)) == ("usage", 3, 1)
    refused = refusal(replace(UNTOLD, findings=(CHANGED,)))
    assert refused is not None
    assert (refused.code, refused.exit_code) == ("findings", 1)
