"""The form of `auth.users` where the tables are older, where they are not Supabase's, and without bcrypt."""

import sys

import asyncpg
import pytest

from migrator.config import Config
from migrator.errors import MigratorError
from migrator.seeding import seed
from migrator.seeding.files.nodes import line_of

Connection = asyncpg.Connection

OLDER = """
create schema auth;
create table auth.users (
    instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255) unique,
    encrypted_password varchar(255), email_confirmed_at timestamptz, confirmation_token varchar(255),
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz,
    phone varchar(15), confirmed_at timestamptz generated always as (email_confirmed_at) stored
);
"""
IDENTITIES = """
create table auth.identities (
    id text not null, user_id uuid not null references auth.users, identity_data jsonb not null, provider text not null,
    last_sign_in_at timestamptz, created_at timestamptz, updated_at timestamptz, primary key (provider, id)
);
"""
ADA = "auth.users:\n  - {email: ada@example.com, password: hunter2}\n"


async def test_identities_without_provider_id(run, db: Connection):
    """Before 2023-11 the provider's id was the column `id`, and the key began with the provider."""
    await db.execute(OLDER + IDENTITIES)
    first = await run({"people.yaml": ADA})
    again = await run({"people.yaml": ADA}, force=True)
    row = await db.fetchrow("select i.id, u.id::text as user_id, i.provider from auth.identities i, auth.users u")
    counts = again["people.yaml"].tables
    assert {name: each.inserted for name, each in first["people.yaml"].tables.items()} == {
        "auth.users": 1,
        "auth.identities": 1,
    }
    assert {name: each.unchanged for name, each in counts.items()} == {"auth.users": 1, "auth.identities": 1}
    assert (row["id"], row["provider"]) == (row["user_id"], "email")


async def test_no_identities(run, db: Connection):
    """Where there is no `auth.identities`, nothing is written to it."""
    await db.execute(OLDER)
    await run({"people.yaml": ADA})
    assert await db.fetchval("select confirmation_token || aud from auth.users") == "authenticated"


async def test_somebody_elses_auth(run, db: Connection):
    """A table of this name that is not Supabase's is a table as any other."""
    await db.execute("create schema auth; create table auth.users (id int primary key, name text, password text)")
    await run({"people.yaml": "auth.users:\n  - {id: 1, name: ada, password: x}\n"})
    assert tuple(await db.fetchrow("select * from auth.users")) == (1, "ada", "x")


async def test_found_by_the_search_path(run, db: Connection, dsn: str):
    """It is the table that counts, not how the file calls it."""
    await db.execute(OLDER + IDENTITIES)
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set search_path to auth")
    await run({"people.yaml": ADA.replace("auth.", "")})
    assert await db.fetchval("select count(*) from auth.identities") == 1


async def test_without_bcrypt(project, db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Passwords need an extra, which the error names; people without passwords, or with hashes, need none."""
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    await db.execute(OLDER + IDENTITIES)
    config: Config = project({"seeds/people.yaml": ADA})
    with pytest.raises(MigratorError) as caught:
        await seed(config)
    hashed = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    await seed(project({"seeds/people.yaml": ADA.replace("password: hunter2", f"password_hash: {hashed}")}))
    error = caught.value
    assert (error.code, error.exit_code) == ("extra-missing", 2)
    assert error.hint == "run `pip install 'migrator[supabase]'`, or write `password_hash`"
    assert (error.where.line, error.where.column) == (2, 40)
    assert await db.fetchval("select encrypted_password from auth.users") == hashed


async def test_no_people_from_csv(project, db: Connection):
    """Rows of a CSV file would reach the table as they are, so they are refused: as a file, and as rows of a table."""
    await db.execute(OLDER + IDENTITIES)
    files = {
        "seeds/auth.users.csv": "email\nada@example.com\n",
        "seeds/people.yaml": "auth.users: {file: others.csv}\n",
        "seeds/others.csv": "email\nada@example.com\n",
    }
    with pytest.raises(MigratorError) as caught:
        await seed(project(files))
    assert [(error.code, error.where.line, error.where.column) for error in caught.value.causes] == [
        ("auth-users", 1, 1),
        ("auth-users", 1, 20),
    ]


async def test_refused_by_the_server(project, db: Connection):
    """What the server refuses is told without the row as PostgreSQL would show it, since it holds the hash."""
    await db.execute(OLDER + IDENTITIES + "alter table auth.users add check (raw_user_meta_data ? 'name')")
    with pytest.raises(MigratorError) as caught:
        await seed(project({"seeds/people.yaml": ADA}))
    (error,) = caught.value.causes or (caught.value,)
    assert error.code == "row-refused"
    assert error.detail == (
        'new row for relation "users" violates check constraint "users_raw_user_meta_data_check" (23514)'
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  - {email: a@b.c, password: secret, x: 1}", "  - {email: a@b.c, password: ******, x: 1}"),
        ("  - {password: 'a, b''}', x: 1}", "  - {password: *********, x: 1}"),
        ('  - {"password": "a\\", b", x: 1}', '  - {"password": ********, x: 1}'),
        ("    password: a, b}  # why", "    password: ************"),
        ("  - password: &it secret", "  - password: **********"),
        ("  - {password_hash: secret}", "  - {password_hash: ******}"),
        ("  - {password: {$var: NAME}, smtp_password: x}", "  - {password: {$var: NAME}, smtp_password: *}"),
        ("  - {note: my password is x}", "  - {note: my password is x}"),
    ],
)
def test_passwords_are_not_shown(tmp_path, line: str, shown: str):
    """An error shows the line that it is about, and never a password that stands in it; places stay what they are."""
    path = tmp_path / "a.yaml"
    path.write_text(f"auth.users:\n{line}\n", encoding="utf-8")
    assert line_of(path, 1) == shown
