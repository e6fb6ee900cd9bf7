"""What state each migration is in, and what a run has to do: values in, values out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from migrator.errors import InputError, StateError
from migrator.migrating.books.ledger import Ledger, LedgerEntry
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.files.checks import checked_script
from migrator.migrating.files.migration import Migration, Script
from migrator.migrating.planning.plan import plan_down, plan_up, resolve
from migrator.migrating.planning.resume import hashes
from migrator.migrating.planning.states import assess
from migrator.source import Source
from migrator.sql.script import split

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def migration(id_: str, *, code: bytes = b"code", whole: bytes = b"whole", down: bool = True) -> Migration:
    """A migration without statements."""
    script = Script(source=Source(path=f"{id_}.sql", text=""), statements=())
    return Migration(
        id=id_,
        path=f"{id_}.sql",
        title="",
        depends=(),
        up=script,
        down=script if down else None,
        sha256=whole,
        sha256_without_comments=code,
        rollback_path=f"{id_}.rollback.sql",
    )


def note(state: str = "applied", *, code: bytes = b"code", whole: bytes = b"whole") -> JournalEntry:
    """A journal entry of 1 statement out of 2."""
    return JournalEntry(state=state, sha256=whole, sha256_without_comments=code, done=1, total=2, duration=0.5)


def ledger(*ids: str, loose: dict[str, JournalEntry] | None = None, **notes: JournalEntry) -> Ledger:
    """A ledger in which `ids` are applied, with a note where one is given."""
    applied = {id_: LedgerEntry(id=id_, applied_at=WHEN, journal=notes.get(id_)) for id_ in ids}
    return Ledger(entries=YoyoTables(schema="public"), ready=True, applied=applied, loose=loose or {})


FOUR = [migration(id_) for id_ in ("a1", "a2", "a3", "a4")]


def test_up_takes_what_is_pending_in_order():
    """The plan is every pending migration up to and including `to`."""
    standings = assess(FOUR, ledger("a1"))
    assert [step.migration.id for step in plan_up(standings)] == ["a2", "a3", "a4"]
    assert [step.migration.id for step in plan_up(standings, to="a3")] == ["a2", "a3"]
    assert plan_up(standings, to="a1") == ()


def test_up_refuses_several_at_once():
    """Two disagreements are one error with both as causes."""
    with pytest.raises(StateError) as caught:
        plan_up(assess(FOUR, ledger("a1", "a2", a1=note(code=b"x", whole=b"x"), a2=note(code=b"x", whole=b"x"))))
    assert [cause.migration for cause in caught.value.causes] == ["a1", "a2"]


def test_up_goes_on_with_what_is_half_done():
    """A partial migration goes on behind what it has done; where that was edited, `up` tells both ways out."""
    source = Source(path="a2.sql", text="-- transactional: false\nselect 1;\nselect 2;")
    half = replace(FOUR[1], up=checked_script(source, split(source), transactional=False))
    stopped = replace(note("partial"), hashes=hashes(half.up))
    migrations = [FOUR[0], half, *FOUR[2:]]
    steps = plan_up(assess(migrations, ledger("a1", loose={"a2": stopped})))
    assert [(step.migration.id, step.done, step.total) for step in steps] == [("a2", 1, 2), ("a3", 0, 0), ("a4", 0, 0)]
    with pytest.raises(StateError) as caught:
        plan_up(assess(migrations, ledger("a1", loose={"a2": replace(stopped, hashes=(b"other", b"two"))})))
    assert (
        caught.value.message == "`a2` stopped after statement 1 of 2, and statement 1, which is committed, was edited"
    )
    assert "`migrate mark a2 --applied`" in str(caught.value.hint)


def test_down_is_newest_first():
    """One by default, several, everything, or all behind `to`, which stays."""
    standings = assess(FOUR, ledger("a1", "a2", "a3"))
    assert [step.migration.id for step in plan_down(standings)] == ["a3"]
    assert [step.migration.id for step in plan_down(standings, steps=2)] == ["a3", "a2"]
    assert [step.migration.id for step in plan_down(standings, everything=True)] == ["a3", "a2", "a1"]
    assert [step.migration.id for step in plan_down(standings, to="a1")] == ["a3", "a2"]
    assert plan_down(assess(FOUR, ledger())) == ()


def test_down_needs_every_rollback_before_it_begins():
    """A missing rollback file anywhere in the plan stops all of it."""
    migrations = [FOUR[0], migration("a2", down=False), FOUR[2]]
    with pytest.raises(InputError) as caught:
        plan_down(assess(migrations, ledger("a1", "a2", "a3")), everything=True)
    assert caught.value.message == "`a2` has no rollback file"
    assert caught.value.hint == "write `a2.rollback.sql`; an empty file is a rollback that does nothing"


def test_down_refuses_a_stranger():
    """An entry without a file cannot be rolled back by files."""
    with pytest.raises(StateError, match="its file is gone"):
        plan_down(assess(FOUR, ledger("a1", "a9")))


@pytest.mark.parametrize(
    ("wanted", "code", "text"),
    [
        ("a", "ambiguous-migration", "could be"),
        ("zz", "unknown-migration", "no migration"),
        ("", "unknown-migration", "no migration"),
    ],
)
def test_resolve_refuses(wanted, code, text):
    """A prefix must belong to one id."""
    with pytest.raises(InputError, match=text) as caught:
        resolve(wanted, ["a1", "a2"])
    assert caught.value.code == code


def test_resolve_counts_what_it_does_not_name():
    """Where a prefix fits many ids, the error does not look as if those that it names were all."""
    with pytest.raises(InputError) as caught:
        resolve("a", [f"a{number}" for number in range(7)])
    assert caught.value.message == "`a` could be `a0`, `a1`, `a2`, `a3`, `a4` and 2 more"


def test_resolve_prefers_the_exact_id():
    """An id that is a prefix of another can still be named."""
    assert resolve("a1", ["a1", "a10"]) == "a1"
    assert resolve("a10", ["a1", "a10"]) == "a10"


def test_resolve_takes_a_whole_version():
    """A version is what stands before a separator: `1` is no abbreviation of `10`, and `0` may be either."""
    ids = ["1.first", "10.tenth", "20240131_c", "20240131120000_d", "01-a", "02-b"]
    assert [resolve(each, ids) for each in ("1", "10", "20240131", "202401311")] == [ids[0], ids[1], ids[2], ids[3]]
    with pytest.raises(InputError) as caught:
        resolve("0", ids)
    assert caught.value.code == "ambiguous-migration"
