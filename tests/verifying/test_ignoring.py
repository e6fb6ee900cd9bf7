"""The ignore list at work: what it takes away, what it says about itself, and what it must not judge."""

from datetime import date

import pytest

from migrator.errors import InputError
from migrator.events.verifying import Finding
from migrator.ignore_list import Ignore
from migrator.schema.presets import PRESETS
from migrator.source import Span
from migrator.verifying import ignoring
from migrator.verifying.checks import all_checks

TODAY = date(2026, 11, 25)
ALL = frozenset(check.code for check in all_checks())
PLACE = Span(path="pyproject.toml", line=4, column=1)


def finding(subject: str, *, kind: str = "table", code: str = "V202", name: str = "extra") -> Finding:
    """One of drift, unless said otherwise."""
    return Finding(code=code, name=name, severity="error", message="m", kind=kind, subject=subject)


def test_a_covered_finding_is_told_with_its_reason():
    """What an entry covers is no finding any more, and is told with its reason and its last day; the rest stays."""
    entries = [Ignore(reason="imports", object="public.tmp_*", until=TODAY)]
    rest = ignoring.remaining([finding("public.tmp_a"), finding("public.users")], entries, asked=ALL, today=TODAY)
    assert [each.subject for each in rest.findings] == ["public.users"]
    assert [(each.finding.subject, each.reason, each.until) for each in rest.ignored] == [
        ("public.tmp_a", "imports", "2026-11-25")
    ]


def test_an_expired_entry_covers_nothing_and_is_told():
    """On the day after its last an entry is a finding of its own, at its place, and what it covered is told again."""
    entries = [Ignore(reason="imports", object="public.tmp_*", until=date(2026, 11, 24), where=PLACE)]
    rest = ignoring.remaining([finding("public.tmp_a")], entries, asked=ALL, today=TODAY)
    assert [(each.code, each.name, each.severity) for each in rest.findings] == [
        ("V202", "extra", "error"),
        ("V901", "ignore_expired", "warning"),
    ]
    told = rest.findings[1]
    assert (told.message, told.detail, told.where) == (
        "the entry of `ignore` for `public.tmp_*` held until 2026-11-24, and covers nothing any more",
        "its reason was: imports",
        PLACE,
    )
    assert rest.ignored == ()


def test_an_unused_entry_is_told_where_all_of_it_was_looked_at():
    """An entry that covers nothing is told, unless a check that it is about was not carried out, or it is a preset."""
    entries = [
        Ignore(reason="r", object="public.gone", where=PLACE),
        Ignore(reason="r", check="seed_*"),
        Ignore(reason="r", check="V3*", object="table public.x"),
        Ignore(reason="r", preset="hasura"),
    ]
    rest = ignoring.remaining([], entries, asked=ALL, today=TODAY)
    assert [(each.code, each.message) for each in rest.findings] == [
        ("V902", "the entry of `ignore` for `public.gone` covers nothing"),
        ("V902", "the entry of `ignore` for check `seed_*` covers nothing"),
        ("V902", "the entry of `ignore` for check `V3*` of `table public.x` covers nothing"),
    ]
    without_drift = frozenset(code for code in ALL if not code.startswith(("V2", "V4")))
    rest = ignoring.remaining([], entries, asked=without_drift | {"V299"} - {"V301"}, today=TODAY)
    assert [each.subject for each in rest.findings if each.code == "V902" and "seed" in str(each.subject)] == []
    rest = ignoring.remaining([], entries, asked=frozenset(), today=TODAY)
    assert rest.findings == ()


def test_a_preset_covers_what_another_program_keeps():
    """A preset covers a program's schema with all that is in it, whatever its class, and nothing beside it."""
    entries = [Ignore(reason="r", preset="graphile_worker")]
    theirs = [
        finding("graphile_worker", kind="schema"),
        finding("graphile_worker.jobs"),
        finding("graphile_worker.add_job(text)", kind="function"),
        finding("table graphile_worker.jobs", kind="comment"),
    ]
    ours = [finding("public.jobs"), finding("graphile_worker2.jobs"), finding("graphile_worker")]
    rest = ignoring.remaining([*theirs, *ours], entries, asked=ALL, today=TODAY)
    assert list(rest.findings) == ours
    assert [each.finding for each in rest.ignored] == theirs
    assert {"pg_partman", "timescaledb", "pg_boss", "hasura"} <= PRESETS.keys()


def test_presets_of_queues_and_of_the_dashboard():
    """They cover the objects that are made at run time, and no other ones in the same schema."""
    entries = [Ignore(reason="r", preset="pgmq"), Ignore(reason="r", preset="supabase_rls")]
    theirs = [
        finding("pgmq.q_mail"),
        finding("pgmq.a_mail.msg_id", kind="column"),
        finding("pgmq.archived_at_idx_mail", kind="index"),
        finding("ensure_rls", kind="event trigger"),
        finding("public.rls_auto_enable()", kind="function"),
        finding("function public.rls_auto_enable()", kind="comment"),
    ]
    ours = [
        finding("pgmq.mine"),
        finding("ours", kind="event trigger"),
        finding("public.rls_auto_enable(text)", kind="function"),
    ]
    rest = ignoring.remaining([*theirs, *ours], entries, asked=ALL, today=TODAY)
    assert (list(rest.findings), [each.finding for each in rest.ignored]) == (ours, theirs)


def test_an_entry_for_what_does_not_exist_is_refused():
    """A check or a preset that nobody knows would cover nothing for ever: the nearest one is named, at its place."""
    with pytest.raises(InputError) as caught:
        ignoring.refuse_unknown([Ignore(reason="r", check="rls_disabled_in_pubic", where=PLACE)])
    assert (caught.value.message, caught.value.where) == (
        "no check is called `rls_disabled_in_pubic`, which an entry of `ignore` names",
        PLACE,
    )
    assert (caught.value.hint or "").startswith("did you mean `rls_disabled_in_public`?")
    with pytest.raises(InputError) as caught:
        ignoring.refuse_unknown([Ignore(reason="r", preset="hasra", where=PLACE)])
    assert caught.value.hint == "did you mean `hasura`?"
    ignoring.refuse_unknown([Ignore(reason="r", check="v3*"), Ignore(reason="r", check="RLS_*")])
