"""Logging in through a PgBouncer: in each of its ways, and what it says in the place of the server."""

import re
from collections.abc import Callable

import pytest

from migrator import seed, status, up
from migrator.config import Address, Config
from migrator.errors import UnavailableError

Project = Callable[..., Config]
FILES: dict[str, str | bytes] = {
    "migrations/0001.a.sql": "create table a (id int primary key)",
    "seeds/a.yaml": "a:\n  - id: 1\n",
}
ADA = {"ada": "s3cr@t"}


def at(address: str, login: str, options: str = "") -> Address:
    return Address(re.sub("//[^@/]*@", f"//{login}@", address) + options, "test")


@pytest.mark.parametrize("auth_type", ["scram-sha-256", "md5", "plain"])
async def test_each_way_of_logging_in(project: Project, bounced, auth_type: str):
    """PgBouncer checks the password; a wrong one and none at all are called by the names that a server's have."""
    address = bounced("session", auth_type=auth_type, logins=ADA)
    config = project(FILES, database=at(address, "ada:s3cr%40t"))
    assert [done.id for done in (await up(config)).done] == ["0001.a"]
    assert [file.state for file in (await seed(config)).files] == ["loaded"]
    for login, code in (
        ("ada:hunter2", "wrong-password"),
        ("bob:hunter2", "wrong-password"),
        ("ada", "password-missing"),
    ):
        with pytest.raises(UnavailableError) as caught:
            await status(project(database=at(address, login)))
        assert (login, caught.value.exit_code, caught.value.code) == (login, 3, code)
        assert "hunter2" not in f"{caught.value!r} {caught.value.detail} {caught.value.hint}"


async def test_words_of_the_server(project: Project, bounced):
    """What the server refuses, the pooler hands on with a code of its own; it means the same."""
    address = bounced("transaction")
    nowhere = address.rpartition("/")[0] + "/nowhere"
    with pytest.raises(UnavailableError) as caught:
        await status(project(FILES, database=Address(nowhere, "test")))
    assert caught.value.code == "unknown-database"
    with pytest.raises(UnavailableError) as caught:
        await status(project(database=Address(bounced("transaction", user="nobody_here"), "test")))
    assert caught.value.code == "unknown-role"


@pytest.mark.parametrize("attributes", ["read-write", "primary", "any"])
async def test_attributes_of_the_session(project: Project, bounced, attributes: str):
    """A server that may be written to is found behind a pooler, too."""
    options = f"?target_session_attrs={attributes}&options=-c%20statement_timeout%3D5min&application_name=mine"
    config = project(FILES, database=at(bounced("transaction"), "postgres", options))
    assert [each.state for each in (await status(config)).migrations] == ["pending"]
