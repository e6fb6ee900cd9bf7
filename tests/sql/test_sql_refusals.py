"""What is refused because a connection would hang over it or misread what follows, and what is not."""

import asyncpg
import pytest

from migrator.errors import InputError
from migrator.source import Source
from migrator.sql.script import split


def refusal(text: str) -> tuple[str, str, str] | None:
    """The code, place and message of the error for a script; None if it is taken."""
    try:
        split(Source(path="t.sql", text=text))
    except InputError as error:
        return error.code, str(error.where), error.message
    return None


FROM_STDIN = "`COPY ... FROM STDIN` reads rows that only psql can send"
TO_STDOUT = "`COPY ... TO STDOUT` writes rows that only psql can receive"
ENCODING = "a migration cannot change `client_encoding`: files and answers are UTF-8"
STRINGS = "`standard_conforming_strings` must stay on: without it literals in this file would end elsewhere"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("copy t from stdin", ("copy-from-stdin", "t.sql:1:1", FROM_STDIN)),
        ("select 1;\n  COPY t (a) FROM stdin;\n1\\N\n\\.\n", ("copy-from-stdin", "t.sql:2:3", FROM_STDIN)),
        ('copy t from stdin;\nit\'s "data" $$ /*\n\\.\n', ("copy-from-stdin", "t.sql:1:1", FROM_STDIN)),
        ("copy/**/t--\nfrom/* x */STDIN with (format csv)", ("copy-from-stdin", "t.sql:1:1", FROM_STDIN)),
        ("copy t from stdin \\.", ("copy-from-stdin", "t.sql:1:1", FROM_STDIN)),
        ("copy t from stdout", ("copy-from-stdin", "t.sql:1:1", FROM_STDIN)),
        (";copy (select 1) to stdout", ("copy-to-stdout", "t.sql:1:2", TO_STDOUT)),
        ("copy t to stdin", ("copy-to-stdout", "t.sql:1:1", TO_STDOUT)),
        ("copy t from '/tmp/stdin'", None),
        ("copy t to program 'cat'", None),
        ("select 'copy t from stdin'", None),
        ("-- copy t from stdin\n", None),
        ("comment on table t is $$; copy t from stdin; $$", None),
    ],
)
def test_refuses_copy_with_the_client(text: str, expected: tuple[str, str, str] | None):
    """The COPY is blamed, not the rows behind it that are no SQL."""
    assert refusal(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "set client_encoding = latin1",
        "SET Client_Encoding TO 'LATIN1'",
        "set session client_encoding to 'sql_ascii'",
        "set local client_encoding to win1252",
        'set "client_encoding" to win1252',
        'set U&"client\\005fencoding" to win1252',
        "set names 'latin1'",
        "set local names latin1",
        "set client_encoding to utf8, latin1",
        "select set_config('client_encoding', 'latin1', false)",
        "SELECT pg_catalog . Set_Config (E'client\\x5fencoding', $$latin1$$, true), 1",
        "select set_config('client_encoding'::text, 'latin1'::text, false)",
        "select set_config(setting_name => 'client_encoding', new_value => 'latin1', is_local => false)",
        "select \"set_config\"('client_encoding', lower('UTF8'), false)",
        "with x as (select set_config('client_encoding', 'latin1', false)) select 1",
        "insert into t select set_config('CLIENT_ENCODING', 'latin1', false)",
    ],
)
def test_refuses_another_client_encoding(text: str):
    """Every way to another encoding that can be seen: the answers would not be UTF-8 any more."""
    assert refusal(text) == ("client-encoding", "t.sql:1:1", ENCODING)


@pytest.mark.parametrize(
    "text",
    [
        "set client_encoding = 'UTF8'",
        "set client_encoding to utf8",
        "set session client_encoding to 'utf-8'",
        "set names 'Unicode'",
        'set names "UTF_8"',
        "set names",
        "set client_encoding to default",
        "reset client_encoding",
        "select set_config('client_encoding', 'UTF8', false)",
        "select set_config('search_path', '', false)",
        "set search_path to latin1",
        "set my.client_encoding to latin1",
        "create table set_config (client_encoding text default 'latin1')",
        "alter role current_user set client_encoding to latin1",
    ],
)
def test_takes_what_leaves_the_encoding_alone(text: str):
    """UTF-8 in all its spellings, what `pg_dump` writes, and settings of others."""
    assert refusal(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "set standard_conforming_strings = off",
        "set session standard_conforming_strings to false",
        "set local standard_conforming_strings to 'no'",
        "set standard_conforming_strings to 0",
        "set standard_conforming_strings = 'OF'",
        "select set_config('standard_conforming_strings', 'off', true)",
    ],
)
def test_refuses_strings_with_escapes(text: str):
    """With the setting off every literal behind it would be read wrong."""
    assert refusal(text) == ("standard-conforming-strings", "t.sql:1:1", STRINGS)


@pytest.mark.parametrize("value", ["on", "ON", "true", "'t'", "yes", "1", "default"])
def test_takes_strings_without_escapes(value: str):
    """What `pg_dump` writes, and the other spellings of true."""
    assert refusal(f"set standard_conforming_strings = {value}") is None


@pytest.mark.db
async def test_default_and_reset_lead_back_to_utf8(db: asyncpg.Connection):
    """The connection asked for UTF-8 when it began, so `RESET` and `DEFAULT` are harmless."""
    for text in ("reset client_encoding", "set client_encoding to default", "set names", "reset all", "discard all"):
        await db.execute(text)
        assert await db.fetchval("show client_encoding") == "UTF8"


@pytest.mark.db
async def test_the_server_reads_the_spellings_as_we_do(db: asyncpg.Connection):
    """What is taken for UTF-8 or for true is that to the server."""
    for encoding in ("utf8", "UTF-8", "Unicode", "UTF_8"):
        assert await db.fetchval("select set_config('client_encoding', $1, false)", encoding) == "UTF8"
    for value in ("on", "true", "t", "tr", "yes", "y", "1"):
        assert await db.fetchval("select set_config('standard_conforming_strings', $1, false)", value) == "on"
    for value in ("off", "of", "false", "f", "no", "n", "0"):
        assert await db.fetchval("select set_config('standard_conforming_strings', $1, true)", value) == "off"
