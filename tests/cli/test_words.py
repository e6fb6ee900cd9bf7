"""Numbers and times as a person reads them, and text made harmless."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from migrator.cli.render import safe, words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (3.44, "3.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.7, "1 h 0 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_durations(seconds: float, said: str):
    """A duration is told in the unit that suits it, and rounding never makes 60 seconds of a minute."""
    assert words.duration(seconds) == said


def test_times_are_utc():
    """Times are shown in UTC, to the minute for people and exactly for machines; none is nothing."""
    when = datetime(2026, 11, 22, 8, 39, 5, 120, tzinfo=timezone(timedelta(hours=2)))
    assert words.moment(when) == "2026-11-22 06:39"
    assert words.iso(when) == "2026-11-22T06:39:05.000120Z"
    assert words.iso(datetime(2026, 11, 22, 6, 39, tzinfo=UTC)) == "2026-11-22T06:39:00Z"
    assert (words.moment(None), words.iso(None)) == ("", None)


def test_listing_names_a_few_and_counts_the_rest():
    """Five names are read, five hundred are counted."""
    assert words.listing(("a",)) == "`a`"
    assert words.listing(("a", "b", "c")) == "`a`, `b` and `c`"
    assert words.listing(tuple("abcdefg")) == "`a`, `b`, `c`, `d`, `e` and 2 more"
    assert words.listing(()) == ""


def test_counting():
    """One is singular; thousands are separated."""
    assert [words.count(number, "row") for number in (0, 1, 12000)] == ["0 rows", "1 row", "12,000 rows"]
    assert words.count(2, "index", "indexes") == "2 indexes"


def test_clean_text_stays():
    """Letters of every script, emoji with joiners, line ends and tabs are left as they are."""
    text = "naïve 中文 عربى 👩\u200d👧 a\tb\nc"
    assert safe.clean(text) == text
    assert safe.line(text) == text.replace("\t", r"\x09").replace("\n", r"\x0a")


def test_lone_surrogates_are_escaped():
    """A file name that is not UTF-8 can be printed."""
    assert safe.clean("caf\udce9.sql") == r"caf\udce9.sql"


def test_columns():
    """Padding counts columns, not characters."""
    assert safe.pad("中", 4) + "|" == "中  |"
    assert safe.pad("12", 4, right=True) == "  12"
