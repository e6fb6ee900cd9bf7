"""What `embedded:` addresses say: folders, programs, ports, and what of it is refused. No server is started."""

from pathlib import Path

import pytest

from migrator.config import Address, Config, load_config
from migrator.database.address.launch import Launch, read
from migrator.errors import InputError

HOME = Path.home()
TMP = "/var/tmp/pg"  # noqa: S108 - nothing is made there


def launch(text: str, base: Path | None = None) -> Launch:
    address = Address(text, "--database", base)
    return read(Config(root=Path("/shop"), database=address), address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("embedded:", Launch(directory=Path("/shop/.migrator/pg"))),
        (" embedded: ", Launch(directory=Path("/shop/.migrator/pg"))),
        ("embedded:data/pg", Launch(directory=Path("/shop/data/pg"))),
        ("embedded:/var/tmp/pg", Launch(directory=Path(TMP))),
        ("embedded:///var/tmp/pg", Launch(directory=Path(TMP))),
        ("embedded:~/pg", Launch(directory=HOME / "pg")),
        ("embedded:my data", Launch(directory=Path("/shop/my data"))),
        ("embedded:my%20data%3F%25%C3%BC", Launch(directory=Path("/shop/my data?%ü"))),
        ("embedded:?bin=../bin", Launch(directory=Path("/shop/.migrator/pg"), programs=Path("/shop/../bin"))),
        ("embedded:d?bin=/opt/a%26b%20c", Launch(directory=Path("/shop/d"), programs=Path("/opt/a&b c"))),
        ("embedded:d?", Launch(directory=Path("/shop/d"))),
    ],
)
def test_what_an_address_asks_for(text: str, expected: Launch):
    """Every part may be missing; folders are percent-decoded and count from the configuration."""
    assert launch(text) == expected


def test_folders_count_from_where_the_address_was_written(tmp_path: Path):
    """A flag's folder counts from the current folder, the file's and a variable's from the file."""
    (tmp_path / "pyproject.toml").write_text('[tool.migrator]\ndatabase = "embedded:data?bin=bin"\n')
    below = tmp_path / "a?b%20c"
    below.mkdir()
    found = []
    for flags, environ in (
        ({}, {}),
        ({"database": "embedded:data?bin=bin"}, {}),
        ({}, {"MIGRATOR_DATABASE": "embedded:data"}),
    ):
        config = load_config(flags, environ=environ, cwd=below)
        found.append(read(config, config.database))
    assert found == [
        Launch(directory=tmp_path / "data", programs=tmp_path / "bin"),
        Launch(directory=below / "data", programs=below / "bin"),
        Launch(directory=tmp_path / "data"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        (
            "embedded:?prot=s3cret",
            "address-key-unknown",
            "`embedded:` has no option `prot`, which the address from --database gives",
            "did you mean `port`?",
        ),
        (
            "embedded:?bni=/x",
            "address-key-unknown",
            "`embedded:` has no option `bni`, which the address from --database gives",
            "did you mean `bin`?",
        ),
        (
            "embedded:?bin=",
            "address-value",
            "`bin` has no value in the address from --database",
            "write it as in `embedded:?bin=/usr/lib/postgresql/17/bin&port=5433`",
        ),
        (
            "embedded:?bin=a&bin=b",
            "address-value",
            "`bin` is given twice in the address from --database",
            None,
        ),
        (
            "embedded:100%/pg",
            "address-percent",
            "the folder in the address from --database holds a `%` that does not begin an escape such as `%40`",
            "write a `%` that is meant as itself as `%25`",
        ),
        (
            "embedded://data/pg",
            "address-value",
            "the folder in the address from --database begins with `//`",
            "write `embedded:/var/tmp/pg` for a folder of the machine, `embedded:data/pg` for one of the project",
        ),
        (
            "embedded:~nobody-of-that-name/pg",
            "address-value",
            "the folder in the address from --database begins with `~`, and no such home folder is known",
            "write the whole path",
        ),
        (
            "embedded:a%0Ab",
            "address-value",
            "the folder in the address from --database holds a line break",
            "PostgreSQL cannot run there: name another folder",
        ),
    ],
)
def test_what_is_refused(text: str, code: str, message: str, hint: str | None):
    """What cannot be meant is refused by name, before any folder is made, with the way to write it."""
    with pytest.raises(InputError) as raised:
        launch(text)
    assert (raised.value.code, raised.value.message, raised.value.hint) == (code, message, hint)
