"""Whether a file is what is stored: told fast where that is plain, and never wrongly."""

from hypothesis import given
from hypothesis import strategies as st

from migrator.migrating.files.stored import code, holds, likeness, stored
from migrator.source import Source
from migrator.sql.script import cut, without_comments

PARTS = st.lists(
    st.sampled_from(
        [
            *("select 1", "select '--'", "select ';'", "select $$;\n--$$", '"a;"', "(1; 2)", "x"),
            *(";", ";", ";;", "\n", " ", "\r\n", "\t"),
            *("-- c", "-- c;\n", "/* c; */", "-- '"),
        ]
    ),
    max_size=9,
)
SCRIPTS = PARTS.map("".join)


def script(text):
    """A source of this text."""
    return Source(path="a.sql", text=text)


@given(SCRIPTS)
def test_nothing_is_lost_where_a_script_is_cut(text):
    """The pieces are the text."""
    assert "".join(cut(script(text))) == text


@given(SCRIPTS)
def test_a_file_is_what_is_stored_of_it(text):
    """Whatever a file holds, it is the same as its own row, and its code has the same key."""
    statements = stored(script(text))
    assert likeness(statements, script(text)) == "same"
    assert not statements or likeness(statements, script(f"{text}\nselect 2")) == "other"


@given(SCRIPTS, SCRIPTS)
def test_the_fast_answer_is_never_wrong(one, other):
    """Where it says that a file holds what is stored of another one, the two have the same code."""
    if holds(other, stored(script(one))):
        assert without_comments(script(one)) == without_comments(script(other))


def test_a_comment_may_swallow_the_semicolon():
    """A semicolon that has moved into a comment ends nothing any more."""
    statements = stored(script("select 1 -- one\n;\nselect 2"))
    assert statements == ["select 1 -- one", "select 2"]
    assert holds("select 1 -- one\n;\nselect 2", statements)
    assert not holds("select 1 -- one;\nselect 2", statements)
    assert not holds("select 1 -- one\n select 2", statements)


def test_what_cannot_be_read_has_no_key():
    """The CLI's reader knows no escape strings, and may store half a literal."""
    assert code(["select E'it\\'s", "'"]) is not None
    assert code(["select 'it"]) is None
    assert likeness(["select 'it"], script("select 1")) == "other"
