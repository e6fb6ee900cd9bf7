"""The entries of `[[tool.migrator.ignore]]`: what they may say, what they cover, and where a wrong one is shown."""

from datetime import date
from pathlib import Path

import pytest

from migrator.config import load_config
from migrator.errors import InputError
from migrator.ignore_list import Ignore, matches, parsed

HEAD = (
    "[tool.migrator]\nenv = 'x'\n\n[[tool.migrator.ignore]]\ncheck = 'V1*'\nreason = 'a'\n\n[[tool.migrator.ignore]]\n"
)


def refusal(folder: Path, text: str) -> InputError:
    """What is said about a file."""
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_config({}, environ={}, cwd=folder)
    return caught.value


@pytest.mark.parametrize(
    ("entry", "message", "place", "hint"),
    [
        ("object = 'a.b'", "entry 2 of `ignore` has no `reason`", (8, 1), 'write one, as in `reason = "made by the'),
        ("reason = ' '\nobject = 'a'", "entry 2 of `ignore` has a `reason` that says nothing", (9, 1), "write it, or"),
        ("reason = 'b'", "entry 2 of `ignore` would cover everything", (8, 1), "say what with `object`, `check` or"),
        (
            "reason = 'b'\n  objekt = 'secret'",
            "entry 2 of `ignore` has an unknown key `objekt`",
            (10, 3),
            "did you mean `object`?",
        ),
        (
            "reason = 'b'\ncheck = 'x'\nuntil = '31.01.2027'",
            "entry 2 of `ignore` has an `until` that is no day",
            (11, 1),
            'write it as in `until = "2027-01-31"`',
        ),
        (
            "reason = 'b'\ncheck = 'x'\nuntil = '20270131'",
            "entry 2 of `ignore` has an `until` that is no day",
            (11, 1),
            'write it as in `until = "2027-01-31"`',
        ),
        (
            "reason = 'b'\npreset = 'x'\nobject = 'y'",
            "entry 2 of `ignore` has a `preset` beside `object` or `check`",
            (10, 1),
            "write two entries",
        ),
        ("reason = 3", "`ignore` from [tool.migrator] ignore in pyproject.toml is not a list of", (4, 1), None),
    ],
)
def test_a_wrong_entry_has_its_place(
    tmp_path: Path, entry: str, message: str, place: tuple[int, int], hint: str | None
):
    """Each entry that cannot be one is refused at its own line, and its way out is told."""
    error = refusal(tmp_path, f"{HEAD}{entry}\n")
    assert error.message.startswith(message)
    assert error.where is not None
    assert (error.where.line, error.where.column) == place
    assert (error.hint or "").startswith(hint or "")


def test_an_excerpt_shows_what_an_entry_says(tmp_path: Path):
    """The known keys of an entry hold no secret and are shown; an unknown one is masked, as everywhere."""
    error = refusal(tmp_path, f"{HEAD}reason = 'b'\ncheck = 'x'\nuntil = 'soon'\n")
    assert error.where is not None
    assert error.where.excerpt == "until = 'soon'"
    error = refusal(tmp_path, f"{HEAD}reason = 'b'\nobjekt = 'postgresql://a:b@c/d'\n")
    assert error.where is not None
    assert error.where.excerpt.rstrip() == "objekt = ***"


def test_entries_of_a_list_in_one_line(tmp_path: Path):
    """A list of inline tables is read as well; what is wrong in it is told at the key."""
    (tmp_path / "migrator.toml").write_text('ignore = [{object = "a.*", reason = "r", until = "2027-01-31"}]')
    (entry,) = load_config({}, environ={}, cwd=tmp_path).ignore
    assert (entry.object, entry.until, entry.where and entry.where.line) == ("a.*", date(2027, 1, 31), 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("public.tmp_*", (None, "public.tmp_*")),
        ("table public.tmp_*", ("table", "public.tmp_*")),
        ("foreign data wrapper x", ("foreign data wrapper", "x")),
        ("comment table public.users", ("comment", "table public.users")),
        ("tables public.x", (None, "tables public.x")),
        ("table", (None, "table")),
        ("public.f(integer, text)", (None, "public.f(integer, text)")),
    ],
)
def test_a_class_may_stand_before_an_object(written: str, expected: tuple[str | None, str]):
    """The longest class that an object begins with is its class; what begins with none is an identity of any class."""
    assert parsed(written) == expected


def test_a_pattern_is_no_regular_expression():
    """`*` and `?` alone mean something: brackets, dots and bars of identities are themselves."""
    assert matches("public.f(integer[])", "public.f(integer[])")
    assert matches("public.*", "public.a.b\nc")
    assert matches("a?c", "abc")
    assert not matches("a.c", "abc")
    assert not matches("[ab]", "a")
    assert not matches("public.users", "public.users.id")


def test_what_an_entry_covers():
    """An entry covers what fits all that it says; a check is named by its code or its name, in any case."""
    finding = {"codes": ("V301", "rls_disabled_in_public"), "kind": "table", "identity": "public.tmp_a"}
    assert Ignore(reason="r", object="public.tmp_*").fits(**finding)
    assert Ignore(reason="r", check="v3*").fits(**finding)
    assert Ignore(reason="r", check="RLS_disabled*", kind="table", object="*").fits(**finding)
    assert not Ignore(reason="r", check="V302", object="public.tmp_*").fits(**finding)
    assert not Ignore(reason="r", kind="view", object="public.tmp_*").fits(**finding)
    assert not Ignore(reason="r", object="public.tmp").fits(**finding)
    assert not Ignore(reason="r", object="*").fits(codes=("V901", "ignore_expired"), kind=None, identity=None)
