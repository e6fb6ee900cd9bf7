"""Messages: how a plan is divided, and how a position in a message leads back to a statement."""

from hypothesis import given
from hypothesis import strategies as st

from migrator.errors import ServerReport
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.files.migration import Migration, Script, Unit
from migrator.migrating.planning.step import Step
from migrator.migrating.running.blame import Culprit, culprit
from migrator.migrating.running.message import OPENING, Frame, Mark, Piece, at, mark, pack, pieces, read_mark
from migrator.source import Source

FRAME = Frame(entries=YoyoTables(schema="public"), own="migrator", nonce="c0ffee", pid=7, lock_timeout=5.0)


def step(id_: str, *statements: str) -> Step:
    """A step whose file holds these statements."""
    text, units = "", []
    for statement in statements:
        units.append(Unit(start=len(text), end=len(text) + len(statement)))
        text += statement + ";\n"
    script = Script(source=Source(path=f"{id_}.sql", text=text), statements=tuple(units))
    migration = Migration(
        id=id_,
        path=f"{id_}.sql",
        title="",
        depends=(),
        up=script,
        down=None,
        sha256=b"",
        sha256_without_comments=b"",
    )
    return Step(migration=migration, direction="up", script=script)


STEPS = (step("a", "select 1", "select 'ü' -- 2"), step("b"), step("c", "select 3"))


def test_small_migrations_travel_together():
    """One message for all, every piece at the place where it starts."""
    (message,) = pack(pieces(STEPS, FRAME))
    assert [(piece.step, piece.statement) for piece in message.pieces] == [
        *[(0, OPENING), (0, 1), (0, 2), (0, 3), (0, 4)],
        *[(1, OPENING), (1, 1), (1, 2)],
        *[(2, OPENING), (2, 1), (2, 2), (2, 3)],
    ]
    assert all(
        message.text.startswith(piece.text, start) for piece, start in zip(message.pieces, message.starts, strict=True)
    )


def test_only_the_last_commit_waits_for_the_disk():
    """Every transaction but the last of a message leaves the waiting to those behind it."""
    openings = [piece.text for piece in pieces(STEPS, FRAME) if piece.statement == OPENING]
    assert ["synchronous_commit = off" in text for text in openings] == [True, True, False]


def test_a_comment_does_not_swallow_the_separator():
    """A statement that ends in a line comment is followed by its semicolon on a line of its own."""
    (message,) = pack(pieces(STEPS, FRAME))
    assert "select 'ü' -- 2\n;\n" in message.text


@given(st.lists(st.text(min_size=1, max_size=40), max_size=40), st.integers(min_value=0, max_value=100))
def test_packing_loses_nothing_and_keeps_the_limit(texts, limit):
    """Joined again, the messages are the pieces in order; only a piece too long for itself exceeds the limit."""
    parts = [Piece(text=text, step=0, statement=number, offset=0) for number, text in enumerate(texts)]
    messages = list(pack(parts, limit))
    assert [piece for message in messages for piece in message.pieces] == parts
    assert all(len(message.text) <= limit or len(message.pieces) == 1 for message in messages)


def test_a_position_leads_to_the_character():
    """Every character of a statement in the message is found again in the file, counted in characters."""
    (message,) = pack(pieces(STEPS, FRAME))
    position = message.text.index("'ü'") + 1
    piece, offset = at(message, position)
    assert (piece.step, piece.statement, offset) == (0, 2, 7)
    report = ServerReport(sqlstate="42601", message="", position=position)
    assert culprit(report, message, None, STEPS) == Culprit(step=0, statement=2, offset=7)


def test_without_a_position_the_last_mark_is_to_blame():
    """The statement that was announced; after a commit, the opening of the next; before any mark, what comes first."""
    (message,) = pack(pieces(STEPS, FRAME))
    report = ServerReport(sqlstate="22012", message="")
    blamed = [
        culprit(report, message, last, STEPS) for last in (None, Mark(step=0, statement=2), Mark(step=0, statement=4))
    ]
    assert [(each.step, each.statement) for each in blamed] == [(0, OPENING), (0, 2), (1, OPENING)]


def test_marks_are_read_back_and_nothing_else_is():
    """A mark has our nonce and two numbers; whatever else a migration raises is not one."""
    assert "raise info 'c0ffee 3 14'" in mark(FRAME, 3, 14)
    assert read_mark(FRAME, "c0ffee 3 14") == Mark(step=3, statement=14)
    for other in ("", "hello", "c0ffee", "c0ffee 1", "decade 3 14"):
        assert read_mark(FRAME, other) is None
