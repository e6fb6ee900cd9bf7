"""An error as text: the place, the caret, the outcome, the way out."""

from migrator.cli.render.excerpt import WINDOW, report
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import width
from migrator.errors import InputError, MigratorError, WorkError
from migrator.source import Source, Span

PLAIN = Ink(colour=False)


def text(error: MigratorError) -> str:
    """The lines of an error without colour."""
    return "\n".join(report(error, PLAIN))


def pointing(line: str, what: str, *, number: int = 1) -> Span:
    """The place of `what` in a line of a file."""
    source = Source(path="a.sql", text="\n" * (number - 1) + line)
    start = source.text.index(what)
    return source.span(start, start + len(what))


def test_whole_error():
    """The place comes first, then what is now true of the database, then the way out."""
    error = WorkError(
        "`0004.add-orders` failed at statement 3 of 5",
        code="statement-failed",
        where=Span(
            path="migrations/0004.add-orders.sql", line=12, column=3, excerpt="  refernces customers (id)", width=9
        ),
        detail='syntax error at or near "refernces" (42601)',
        outcome="`0004.add-orders` was rolled back; 2 migrations before it stay applied",
        hint="correct the file and run `migrate up` again",
    )
    assert text(error) == (
        "error: `0004.add-orders` failed at statement 3 of 5\n"
        "  --> migrations/0004.add-orders.sql:12:3\n"
        "12 |   refernces customers (id)\n"
        '   |   ^ syntax error at or near "refernces" (42601)\n'
        "`0004.add-orders` was rolled back; 2 migrations before it stay applied\n"
        "\n"
        "hint: correct the file and run `migrate up` again"
    )


def test_tabs_are_expanded_so_that_the_caret_stands_right():
    """A tab takes a fixed number of columns in both lines, whatever the terminal's own stops are."""
    error = InputError("no", code="x", where=pointing("\ta\tbad", "bad"), detail="here")
    assert text(error).splitlines()[2:] == ["1 |     a   bad", "  |         ^ here"]


def test_wide_characters_take_two_columns():
    """A caret behind Chinese text or an emoji stands under the character that is meant."""
    error = InputError("no", code="x", where=pointing("'中文🎉' bad", "bad"), detail="here")
    assert text(error).splitlines()[2:] == ["1 | '中文🎉' bad", "  |          ^ here"]


def test_combining_characters_take_none():
    """An accent written as a character of its own moves nothing."""
    error = InputError("no", code="x", where=pointing("e\u0301 bad", "bad"), detail="here")
    assert text(error).splitlines()[2:] == ["1 | e\u0301 bad", "  |   ^ here"]


def test_escaped_characters_move_the_caret():
    """A control character is shown as its escape, and the caret counts the escape's columns."""
    error = InputError("no", code="x", where=pointing("a\x1bb bad", "bad"), detail="here")
    assert text(error).splitlines()[2:] == [r"1 | a\x1bb bad", "  |        ^ here"]


def test_a_place_behind_the_line_is_its_end():
    """The server may point behind the last character: `syntax error at end of input`."""
    where = Source(path="a.sql", text="select (").span(8)
    assert text(InputError("no", code="x", where=where, detail="end")).splitlines()[2:] == [
        "1 | select (",
        "  |         ^ end",
    ]


def test_long_lines_are_cut_around_the_caret():
    """What is meant stays in view: a long line is cut on both sides, and the caret follows."""
    line = "x" * 90 + "BAD" + "y" * 90
    lines = text(InputError("no", code="x", where=pointing(line, "BAD"), detail="here")).splitlines()
    assert lines[2] == f"1 | …{'x' * 40}BAD{'y' * 57}…"
    assert lines[3].index("^") == lines[2].index("B")
    assert width(lines[2]) <= WINDOW + 6


def test_long_lines_of_wide_characters_and_tabs():
    """Cutting goes between characters, and the caret still stands under what is meant."""
    line = "\t中" * 60 + "BAD"
    lines = text(InputError("no", code="x", where=pointing(line, "BAD"), detail="here")).splitlines()
    assert width(lines[2][: lines[2].index("B")]) == lines[3].index("^")


def test_a_line_that_cannot_be_shown():
    """Without an excerpt the detail has a line of its own."""
    error = InputError("no", code="x", where=Span(path="a.yaml", line=3, column=7), detail="too long\nto show")
    assert text(error).splitlines()[1:] == ["  --> a.yaml:3:7", "  too long", "  to show"]


def test_detail_without_a_place():
    """PostgreSQL's own words are shown even where no file is to blame."""
    assert text(InputError("no", code="x", detail="because")).splitlines() == ["error: no", "  because"]


def test_several_failures_are_told_one_by_one():
    """Each failure has its place; a hint that they share with the whole is told once."""
    causes = (
        InputError("first", code="x", where=Span(path="a.yaml", line=1, column=1), hint="do this"),
        InputError("second", code="x"),
    )
    error = InputError("2 errors", code="several", causes=causes, outcome="nothing was loaded", hint="do this")
    assert text(error) == (
        "error: first\n  --> a.yaml:1:1\n\nhint: do this\n\nerror: second\n\nerror: 2 errors\nnothing was loaded"
    )


def test_nothing_of_a_file_can_drive_the_terminal():
    """Escape sequences in messages, paths, excerpts, details and hints come out as text."""
    evil = "\x1b]0;owned\x07\u202egnp.exe\x9b31m\r"
    error = WorkError(
        evil,
        code="x",
        where=Span(path=evil, line=1, column=2, excerpt=evil),
        detail=evil,
        outcome=evil,
        hint=evil,
        causes=(InputError(evil, code="y"),),
    )
    assert set("\x1b\x07\u202e\x9b\r") & set(text(error)) == set()
