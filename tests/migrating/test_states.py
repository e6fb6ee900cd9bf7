"""What state each migration is in: files and a ledger in, states out."""

from datetime import UTC, datetime, timedelta

import pytest

from migrator.errors import StateError
from migrator.migrating.books.ledger import Ledger, LedgerEntry
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.files.migration import Migration, Script
from migrator.migrating.planning.plan import plan_down, plan_up
from migrator.migrating.planning.refusals import problems
from migrator.migrating.planning.states import assess, unapplied
from migrator.source import Source

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def migration(
    id_: str,
    content: str | None = None,
    *,
    comments: str = "",
    depends: tuple[str, ...] = (),
    folder: str = "m",
    down: bool = False,
) -> Migration:
    """A migration without statements, of a content of its own where none is given."""
    code = id_ if content is None else content
    script = Script(source=Source(path=f"{folder}/{id_}.sql", text=""), statements=())
    return Migration(
        id=id_,
        path=f"{folder}/{id_}.sql",
        title="",
        depends=depends,
        up=script,
        down=script if down else None,
        sha256=f"{code}{comments}".encode(),
        sha256_without_comments=code.encode(),
        rollback_path=f"{folder}/{id_}.rollback.sql",
    )


def note(content: str, state: str = "applied", comments: str = "") -> JournalEntry:
    """What the journal keeps of a content."""
    whole, code = f"{content}{comments}".encode(), content.encode()
    return JournalEntry(state=state, sha256=whole, sha256_without_comments=code, done=1, total=2, duration=0.5)


def ledger(
    *ids: str, loose: dict[str, JournalEntry] | None = None, notes: dict[str, JournalEntry] | None = None
) -> Ledger:
    """A ledger in which `ids` are applied, one a minute, with a note where one is given."""
    applied = {
        id_: LedgerEntry(id=id_, applied_at=WHEN + timedelta(minutes=minute), journal=(notes or {}).get(id_))
        for minute, id_ in enumerate(ids)
    }
    return Ledger(entries=YoyoTables(schema="public"), ready=True, applied=applied, loose=loose or {})


def states(migrations, known) -> dict[str, str]:
    """Every id with its state, in order."""
    return {standing.id: standing.state for standing in assess(migrations, known)}


FOUR = [migration(id_) for id_ in ("a1", "a2", "a3", "a4")]


def test_states_of_the_common_course():
    """Applied, applied by another tool, and pending."""
    assert states(FOUR, ledger("a1", "a2", notes={"a1": note("a1")})) == {
        "a1": "applied",
        "a2": "applied",
        "a3": "pending",
        "a4": "pending",
    }


def test_late_is_below_the_highest_applied():
    """What is pending before an applied migration is late, what comes after is pending."""
    assert states(FOUR, ledger("a1", "a3")) == {"a1": "applied", "a2": "late", "a3": "applied", "a4": "pending"}


def test_late_is_below_what_is_ahead():
    """What a newer release has applied comes after every file here, so whatever is pending is late."""
    found = assess(FOUR, ledger("a1", "a2", "a3", "a9"))
    assert [(each.id, each.state, each.below) for each in found[3:]] == [("a4", "late", "a9"), ("a9", "ahead", None)]


def test_folders_are_free_of_each_other():
    """A new file of one folder is not late because a later folder has applied ones; it is if one depends on it."""
    core, shop = [migration("c1", folder="core"), migration("c2", folder="core")], [migration("s1", folder="shop")]
    assert states([*core, *shop], ledger("c1", "s1")) == {"c1": "applied", "c2": "pending", "s1": "applied"}
    shop = [migration("s1", folder="shop", depends=("c2",))]
    found = assess([*core, *shop], ledger("c1", "s1"))
    assert [(each.id, each.state, each.below) for each in found] == [
        ("c1", "applied", None),
        ("c2", "late", "s1"),
        ("s1", "applied", None),
    ]
    assert problems(found)["c2"].hint == (
        "take it out of what `s1` depends on, or apply it now with `migrate up --out-of-order`"
    )


def test_a_file_that_moved_behind_later_names_makes_none_of_them_late():
    """A file that its dependencies have moved to the end says nothing about a new file whose name is behind its own."""
    core = [migration("c1", folder="core")]
    shop = [migration("s2", folder="shop"), migration("s3", folder="shop")]
    moved = [migration("s1", folder="shop", depends=("c1",))]
    assert states([*shop, *core, *moved], ledger("s2", "c1", "s1")) == {
        "s2": "applied",
        "s3": "pending",
        "c1": "applied",
        "s1": "applied",
    }


def test_modified_and_comments_only():
    """Other code is modified; other comments over the same code are applied, and said."""
    notes = {"a1": note("other"), "a2": note("a2", comments="--x")}
    found = assess(FOUR, ledger("a1", "a2", notes=notes))
    assert [(each.state, each.comments_only) for each in found[:2]] == [("modified", False), ("applied", True)]


def test_missing_unknown_and_ahead_take_their_places():
    """An entry without a file, each where its name sorts: `missing` where the journal knows it, else `unknown`; behind
    all files it is `ahead` either way.
    """  # noqa: D205 - one sentence
    notes = {"a2c": note("x"), "a10": note("y")}
    assert states(FOUR[:2], ledger("a1", "a10", "a1b", "a2", notes=notes)) == {
        "a1": "applied",
        "a1b": "unknown",
        "a2": "applied",
        "a10": "ahead",
    }
    assert states(FOUR, ledger("a1", "a2", "a3", "a4", "a2c", notes=notes))["a2c"] == "missing"


def test_a_folder_that_is_empty_is_not_an_old_release():
    """Without any file nothing is `ahead`: an empty folder is more often the wrong one."""
    assert states([], ledger("a1", "a2", notes={"a1": note("a1")})) == {"a1": "missing", "a2": "unknown"}
    with pytest.raises(StateError) as caught:
        plan_up(assess([], ledger("a1", "a2")))
    assert (caught.value.code, caught.value.message) == (
        "no-migration-files",
        "there is no migration file, but the database has 2 migrations applied",
    )


def test_ahead_with_several_folders():
    """A newer release's file of one folder is ahead though another folder's names sort behind it; a file that is gone
    from the middle was applied earlier, and is not.
    """  # noqa: D205 - one sentence
    files = [migration("0001.c", folder="core"), migration("0009.c", folder="core"), migration("0001.s", folder="shop")]
    notes = {"0002.s": note("x"), "0002.c": note("y")}
    known = ledger("0001.c", "0002.c", "0009.c", "0001.s", "0002.s", notes=notes)
    assert states(files, known) == {
        "0001.c": "applied",
        "0002.c": "missing",
        "0002.s": "ahead",
        "0009.c": "applied",
        "0001.s": "applied",
    }


@pytest.mark.parametrize(
    ("old", "new", "content", "comments"),
    [
        pytest.param("a2", "a2x", "a2", "", id="same"),
        pytest.param("a2", "a2x", "a2", "-- moved", id="comments"),
        pytest.param("a2", "A2", "a2", "", id="case"),
        pytest.param("a9", "a3b", "a9", "", id="was ahead"),
        pytest.param("a0", "a9", "a0", "", id="later"),
    ],
)
def test_renamed(old, new, content, comments):
    """A pending file that holds what was applied under an id whose file is gone is that migration, under another name:
    it is neither pending nor late.
    """  # noqa: D205 - one sentence
    files = [migration("a1"), migration(new, content, comments=comments), migration("a3")]
    found = assess(files, ledger("a1", old, "a3", notes={old: note(content)}))
    by_id = {each.id: each for each in found}
    assert (by_id[old].state, by_id[old].now) == ("renamed", files[1])
    assert (by_id[new].state, by_id[new].before) == ("renamed", old)
    assert unapplied(found) == ()


def test_renamed_needs_one_match():
    """Two files, or two entries, of one content are no rename: nobody could tell which is which."""
    gone = {"a2": note("x")}
    assert states([migration("a1", "x"), migration("a3", "x")], ledger("a2", notes=gone))["a2"] == "missing"
    two = {"a2": note("x"), "a3": note("x")}
    assert states([migration("a4", "x"), migration("a9")], ledger("a2", "a3", "a9", notes=two)) == {
        "a2": "missing",
        "a3": "missing",
        "a4": "late",
        "a9": "applied",
    }


def test_a_whole_file_counts_before_its_code():
    """Of two files with the same code, the one whose comments are the same, too, is the renamed one."""
    files = [migration("b1", "x", comments="--1"), migration("b2", "x", comments="--2")]
    known = ledger("a1", "a2", notes={"a1": note("x", comments="--2"), "a2": note("x", comments="--3")})
    found = {each.id: each.now and each.now.id for each in assess(files, known)}
    assert (found["a1"], found["a2"]) == ("b2", "b1")


def test_a_copy_is_no_rename():
    """A pending file with the content of an applied one whose file is there is a new migration."""
    assert states([migration("a1"), migration("a2", "a1")], ledger("a1", notes={"a1": note("a1")})) == {
        "a1": "applied",
        "a2": "pending",
    }


def test_partial_is_what_the_journal_alone_knows():
    """A file without a transaction that stopped on the way is partial, on the way up or down."""
    assert states(FOUR, ledger("a1", loose={"a2": note("a2", "partial")}))["a2"] == "partial"
    assert states(FOUR, ledger("a1", loose={"a1": note("a1", "undoing")}))["a1"] == "partial"


def test_partial_is_told_though_its_file_is_gone():
    """What stopped on the way is not forgotten with its file; a post-apply file that is owed has no state."""
    known = ledger("a1", loose={"a1b": note("x", "partial"), "post-apply": note("y", "owed")})
    assert states(FOUR[:2], known) == {"a1": "applied", "a1b": "partial", "a2": "pending"}
    with pytest.raises(StateError) as caught:
        plan_up(assess(FOUR[:2], known))
    assert caught.value.message == "`a1b` is half done: it stopped after statement 1 of 2, and its file is gone"
    assert caught.value.hint == "restore its file; or undo it by hand and `migrate mark a1b --pending`"


def test_everything_wrong_is_told_at_once():
    """Every problem is a cause with a code and a way out of its own, in the order of the migrations."""
    files = [
        migration("0001.a", "edited"),
        migration("0002.late one"),
        migration("0005.new", "x", down=True),
        migration("0007.e", depends=("0006.d",)),
        migration("0006.d"),
    ]
    notes = {"0001.a": note("as it was"), "0003.gone": note("y"), "0004.old": note("x"), "0007.e": note("0007.e")}
    known = ledger("0001.a", "0002.stranger", "0003.gone", "0004.old", "0007.e", notes=notes)
    with pytest.raises(StateError) as caught:
        plan_up(assess(files, known))
    assert (caught.value.code, caught.value.message) == (
        "migrations-disagree",
        "6 migrations disagree with the database",
    )
    assert [(each.migration, each.code, each.hint) for each in caught.value.causes] == [
        (
            "0001.a",
            "migration-modified",
            (
                "restore `m/0001.a.sql` and put the change into a new migration; or, where the database has the change "
                "already, accept the file with `migrate mark 0001.a --applied`"
            ),
        ),
        (
            "0002.late one",
            "migration-late",
            (
                "rename it to come after `0007.e`: `mv 'm/0002.late one.sql' 'm/0008.late one.sql'`, or apply it now "
                "with `migrate up --out-of-order`"
            ),
        ),
        (
            "0002.stranger",
            "migration-unknown",
            (
                "restore its file if it belongs here; let another project keep its ledger in a schema of its own "
                "(`search_path`); or, where nothing needs it any more, forget it with "
                "`migrate mark 0002.stranger --pending`"
            ),
        ),
        (
            "0003.gone",
            "migration-missing",
            (
                "restore the file from version control; or, where the database no longer has its changes, forget it "
                "with `migrate mark 0003.gone --pending`"
            ),
        ),
        (
            "0004.old",
            "migration-renamed",
            (
                "rename it back: `mv m/0005.new.sql m/0004.old.sql && "
                "mv m/0005.new.rollback.sql m/0004.old.rollback.sql`; or take the new name: "
                "`migrate mark 0005.new --applied`, then `migrate mark 0004.old --pending`"
            ),
        ),
        (
            "0006.d",
            "migration-late",
            "take it out of what `0007.e` depends on, or apply it now with `migrate up --out-of-order`",
        ),
    ]


def test_late_ones_get_names_one_behind_the_other():
    """Each late file is told a name behind all others, in the folder's style, and who has to know the new one."""
    files = [
        migration("V1__a"),
        migration("V2__b"),
        migration("V3__c", depends=("V2__b",), down=True),
        migration("V10__d"),
    ]
    found = problems(assess(files, ledger("V1__a", "V10__d")))
    assert {id_: each.hint for id_, each in found.items()} == {
        "V2__b": "rename it to come after `V10__d`: `mv m/V2__b.sql m/V11__b.sql` (and in what `V3__c` depends on), or "
        "apply it now with `migrate up --out-of-order`",
        "V3__c": "rename it to come after `V10__d`: "
        "`mv m/V3__c.sql m/V12__c.sql && mv m/V3__c.rollback.sql m/V12__c.rollback.sql`, or apply it now with "
        "`migrate up --out-of-order`",
    }


def test_late_ones_alone_are_welcome_out_of_order():
    """`out_of_order` lets late ones pass and nothing else."""
    steps = plan_up(assess(FOUR, ledger("a1", "a4")), out_of_order=True)
    assert [step.migration.id for step in steps] == ["a2", "a3"]
    with pytest.raises(StateError) as caught:
        plan_up(assess(FOUR, ledger("a1", "a4", notes={"a1": note("x")})), out_of_order=True)
    assert (caught.value.code, caught.value.causes) == ("migration-modified", ())


def test_strict_names_all_that_are_ahead():
    """`strict` refuses a database that is ahead, beside whatever else is wrong."""
    with pytest.raises(StateError) as caught:
        plan_up(assess(FOUR[:1], ledger("a1", "a2", "a3")), strict=True)
    assert (caught.value.code, caught.value.message) == (
        "database-ahead",
        "the database is ahead of these files: `a2`, `a3` are applied and have no file",
    )
    assert plan_up(assess(FOUR[:1], ledger("a1", "a2", "a3"))) == ()


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (ledger("a1", "a9"), "migration-unknown"),
        (ledger("a1", "a9", notes={"a9": note("x")}), "migration-missing"),
        (ledger("a1", "a9", notes={"a9": note("a4")}), "migration-renamed"),
    ],
)
def test_down_says_why_it_has_no_file(known, code):
    """What has no file cannot be rolled back, and the reason is told as `up` tells it."""
    with pytest.raises(StateError) as caught:
        plan_down(assess([FOUR[0], FOUR[3]], known))
    assert caught.value.code == code


def test_five_thousand_strangers_take_no_time():
    """Placing and matching what has no file is not a matter of files times entries."""
    files = [migration(f"{number:05}.new", f"{number}") for number in range(5000)]
    old = [f"{number:05}.old" for number in range(5000)]
    began = datetime.now(UTC)
    found = assess(files, ledger(*old, notes={id_: note(str(number)) for number, id_ in enumerate(old)}))
    assert {each.state for each in found} == {"renamed"}
    assert datetime.now(UTC) - began < timedelta(seconds=10)
