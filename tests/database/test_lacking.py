"""What is said of extensions that a server of ours has not."""

from pathlib import Path

import pytest

from migrator.config import Address, Config
from migrator.database.address.target import TargetKind
from migrator.database.connect import connect
from migrator.database.network.lacking import way_out
from migrator.errors import ServerError, ServerReport

SUPABASE = "for a Supabase project say `supabase = true`: the server that we start then has what the platform has"


@pytest.mark.parametrize(
    ("sqlstate", "message", "kind", "expected"),
    [
        (
            "0A000",
            'extension "postgis" is not available',
            "embedded",
            (
                "the embedded server has no `postgis`: use `docker:IMAGE` with an image that has it, "
                "or other programs by `embedded:?bin=DIR`"
            ),
        ),
        (
            "0A000",
            'extension "pg_net" is not available',
            "embedded",
            (
                "with `supabase = true` the embedded PostgreSQL 18 has a stand-in of `pg_net`; for the real one use "
                "`docker:IMAGE` with an image that has it, or other programs by `embedded:?bin=DIR`"
            ),
        ),
        ("0A000", 'extension "pg_net" is not available', "docker", "use an image that has `pg_net`"),
        ("0A000", 'extension "pg_net" is not available', "direct", None),
        ("0A000", "ok() does not work in this server: its pgtap is a stand-in", "embedded", "PostgreSQL's own"),
        ("0A000", "cannot alter type of a column used by a view", "embedded", None),
        (
            "42501",
            'permission denied to create extension "file_fdw"',
            "embedded",
            "`file_fdw` is for superusers alone, on Supabase's platform, too",
        ),
        (
            "42501",
            'permission denied to create extension "moddatetime"',
            "embedded",
            "`moddatetime` is for superusers here; with `supabase = true` and PostgreSQL 18 `postgres` may create it",
        ),
        ("42501", 'permission denied to create extension "file_fdw"', "direct", None),
        ("42501", "permission denied for table users", "embedded", None),
        ("42P01", 'relation "x" does not exist', "embedded", None),
        ("3F000", 'schema "auth" does not exist', "embedded", SUPABASE),
        ("42P01", 'relation "storage.buckets" does not exist', "docker", SUPABASE),
        ("42704", 'role "anon" does not exist', "embedded", SUPABASE),
        ("42704", 'publication "supabase_realtime" does not exist', "embedded", SUPABASE),
        ("3F000", 'schema "auth" does not exist', "direct", None),
        ("42704", 'role "ada" does not exist', "embedded", None),
    ],
)
def test_the_way_out(sqlstate: str, message: str, kind: TargetKind, expected: str | None):
    """Where we start the server, a missing extension has a way out, by what there could be; elsewhere it has none."""
    assert way_out(ServerReport(sqlstate=sqlstate, message=message, hint="PostgreSQL's own"), kind) == expected


async def test_a_plain_project_is_told_what_it_could_do(own_server: Path):
    """Whoever asks the embedded server for pgcrypto hears of the stand-in, of real ones and of what the core has."""
    config = Config(root=own_server.parent.parent, database=Address("embedded:", "test"))
    async with connect(config) as session:
        with pytest.raises(ServerError) as caught:
            await session.run("create extension pgcrypto")
    assert (str(caught.value), caught.value.hint) == (
        'extension "pgcrypto" is not available (0A000)',
        (
            "with `supabase = true` the embedded PostgreSQL 18 has a stand-in of `pgcrypto`; for the real one use "
            "`docker:IMAGE` with an image that has it, or other programs by `embedded:?bin=DIR`; "
            "`gen_random_uuid()` and `sha256()` need no extension"
        ),
    )
