"""`new`: the next name in the folder's own style, and a file that this tool reads."""

import re

import pytest

from migrator.errors import InputError
from migrator.migrating import new
from migrator.migrating.standing import read_all


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make `migrations/` with these files; returns a Config of that project."""
    from migrator.config import Config

    monkeypatch.chdir(tmp_path)

    def make(*names: str, where: str = "migrations") -> Config:
        (tmp_path / where).mkdir(parents=True, exist_ok=True)
        for name in names:
            (tmp_path / where / name).touch()
        return Config(root=tmp_path, migrations=(tmp_path / where,))

    return make


def test_the_first_one(folder, tmp_path):
    """A folder is made where there is none."""
    config = folder()
    (tmp_path / "migrations").rmdir()
    result = new(config, "Create users!")
    assert (result.id, result.paths) == ("0001.create-users", ("migrations/0001.create-users.sql",))
    assert (tmp_path / "migrations/0001.create-users.sql").read_text() == "-- Create users!\n\n"


def test_continues_the_number_and_depends_on_the_newest(folder, tmp_path):
    """One more than the highest, as wide, with the newest as dependency; the result is read back."""
    config = folder("0009.a-b.sql", "0010.c.sql", "0010.c.rollback.sql")
    result = new(config, "add orders", transactional=False)
    assert result.id == "0011.add-orders"
    read = read_all(config)[-1]
    assert (read.id, read.title, read.depends, read.transactional) == (
        "0011.add-orders",
        "add orders",
        ("0010.c",),
        False,
    )


@pytest.mark.parametrize(
    ("existing", "pattern"),
    [
        ("007_first_thing.sql", r"008_add_orders"),
        ("V3__init.sql", r"V4__add_orders"),
        ("20240101120000_init.sql", r"20\d{12}_add_orders"),
        ("20991231_x.sql", r"20991232_add_orders"),
    ],
)
def test_follows_the_folders_style(folder, existing, pattern):
    """Width, prefix, separators and times are the folder's; a name always sorts behind what is there."""
    assert re.fullmatch(pattern, new(folder(existing), "add orders").id)


def test_supabase_style(folder, tmp_path):
    """In a Supabase folder: fourteen digits, underscores, and no directive that its CLI does not know."""
    config = folder("20240101120000_init.sql", where="supabase/migrations")
    result = new(config, "add orders")
    assert re.fullmatch(r"20\d{12}_add_orders", result.id)
    assert (tmp_path / result.paths[0]).read_text() == "-- add orders\n\n"


def test_refusals(folder):
    """A name without letters, an unknown dependency and a file that exists are refused; nothing is written."""
    config = folder("0001.a.sql")
    for name, depends, code in (("!!!", (), "invalid-name"), ("x", ("0007",), "unknown-migration")):
        with pytest.raises(InputError) as caught:
            new(config, name, depends=depends)
        assert caught.value.code == code
    assert [each.id for each in read_all(config)] == ["0001.a"]
