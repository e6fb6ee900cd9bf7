"""People in seeds, on the server that we start for Supabase: accounts that the login would take."""

import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import bcrypt
import pytest

from migrator import check_seeds, seed
from migrator.config import Address, Config
from migrator.errors import MigratorError
from migrator.seeding.plan import plan_seeds

Connection = asyncpg.Connection
Files = Callable[..., Config]
Load = Callable[..., Awaitable[dict[str, tuple[int, int, int]]]]

TOKENS = (
    "confirmation_token",
    "recovery_token",
    "email_change_token_new",
    "email_change_token_current",
    "email_change",
    "phone_change",
    "phone_change_token",
    "reauthentication_token",
)
OWN = "of `auth.users` is the login's own: seeds write people in a form, which fills the rest"
UNCHANGED = {"auth.users": (0, 0, 1), "auth.identities": (0, 0, 1)}

PROFILES = """
create table public.profiles (id uuid primary key references auth.users on delete cascade, username text, bio text);
alter table public.profiles enable row level security;
grant select, update on public.profiles to authenticated;
create policy own on public.profiles for all to authenticated using ((select auth.uid()) = id);
create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, username) values (new.id, new.raw_user_meta_data ->> 'username');
    return new;
end $$;
create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.handle_new_user();
"""


@pytest.fixture
def files(tmp_path: Path, supabase_dsn: str) -> Files:
    """A project with these seeds on the test's database: `files({"a.yaml": ...}, SEED_PASSWORD=...)`."""

    def make(contents: dict[str, str], **environ: str) -> Config:
        folder = tmp_path / "seeds"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
        return Config(root=tmp_path, database=Address(supabase_dsn, "test"), seeds=(folder,), environ=environ)

    return make


@pytest.fixture
def load(files: Files) -> Load:
    """Write seeds and load them all; what became of each table: inserted, updated, unchanged."""

    async def go(contents: dict[str, str], **environ: str) -> dict[str, tuple[int, int, int]]:
        result = await seed(files(contents, **environ), force=True)
        return {
            table: (counts.inserted, counts.updated, counts.unchanged)
            for outcome in result.files
            for table, counts in outcome.tables.items()
        }

    return go


async def refusals(config: Config) -> list[tuple[str, str, str | None, str | None]]:
    """What `seed` says of these files: place, code, message, hint. A password in any of it fails."""
    with pytest.raises(MigratorError) as caught:
        await seed(config)
    errors = caught.value.causes or (caught.value,)
    assert "hunter2" not in repr([(vars(error), error.where) for error in errors])
    return [
        (
            f"{Path(error.where.path).name}:{error.where.line}:{error.where.column}",
            error.code,
            error.message,
            error.hint,
        )
        for error in errors
        if error.where is not None
    ]


async def user(db: Connection, email: str = "ada@example.com") -> dict[str, Any]:
    row = await db.fetchrow(
        "select u.*, raw_user_meta_data::text as user_metadata, raw_app_meta_data::text as app_metadata "
        "from auth.users u where email = $1",
        email,
    )
    return dict(row)


async def test_login_works(load: Load, postgres: Connection):
    """A person with an address and a password has everything that the login reads, in the form in which it reads it."""
    text = (
        "auth.users:\n  - id: {$id: ada}\n    email: Ada@Example.com\n    password: {$var: SEED_PASSWORD}\n"
        "    user_metadata: {username: ada}\n"
    )
    counts = await load({"people.yaml": text}, SEED_PASSWORD="correct horse")
    ada = await user(postgres)
    identity = dict(await postgres.fetchrow("select *, identity_data::text as data from auth.identities"))
    assert counts == {"auth.users": (1, 0, 0), "auth.identities": (1, 0, 0)}
    assert {name: ada[name] for name in TOKENS} == dict.fromkeys(TOKENS, "")
    assert (str(ada["instance_id"]), ada["aud"], ada["role"]) == (
        "00000000-0000-0000-0000-000000000000",
        "authenticated",
        "authenticated",
    )
    assert (ada["is_sso_user"], ada["is_anonymous"], ada["is_super_admin"]) == (False, False, False)
    assert ada["user_metadata"] == '{"username": "ada"}'
    assert ada["app_metadata"] == '{"provider": "email", "providers": ["email"]}'
    assert ada["email_confirmed_at"] == ada["confirmed_at"] == ada["created_at"] == ada["updated_at"]
    assert ada["phone_confirmed_at"] is None
    assert ada["encrypted_password"][:7] == "$2a$10$"
    assert bcrypt.checkpw(b"correct horse", ada["encrypted_password"].encode())
    assert identity["provider_id"] == str(identity["user_id"]) == str(ada["id"])
    assert (identity["provider"], identity["email"]) == ("email", "ada@example.com")
    assert identity["data"] == (
        f'{{"sub": "{ada["id"]}", "email": "ada@example.com", "email_verified": true, "phone_verified": false}}'
    )
    assert identity["last_sign_in_at"] == identity["created_at"] == ada["created_at"]


async def test_second_run_changes_nothing(load: Load, files: Files, postgres: Connection):
    """A hash that is of the password stays, so that neither a second run nor `--check` finds a difference."""
    text = "auth.users:\n  - {email: ada@example.com, phone: +420 123 456 789, password: hunter2}\n"
    first = await load({"people.yaml": text})
    before = await user(postgres), await postgres.fetch("select * from auth.identities order by provider")
    second = await load({"people.yaml": text})
    checked = await check_seeds(files({"people.yaml": text}))
    after = await user(postgres), await postgres.fetch("select * from auth.identities order by provider")
    assert first == {"auth.users": (1, 0, 0), "auth.identities": (2, 0, 0)}
    assert second == {"auth.users": (0, 0, 1), "auth.identities": (0, 0, 2)}
    assert (checked.different, checked.rows) == (0, 3)
    assert before == after
    assert (before[0]["phone"], before[0]["app_metadata"]) == (
        "420123456789",
        '{"provider": "email", "providers": ["email", "phone"]}',
    )
    assert [(row["provider"], row["provider_id"]) for row in before[1]] == [
        ("email", str(before[0]["id"])),
        ("phone", str(before[0]["id"])),
    ]


async def test_what_changes_in_the_file_changes(load: Load, files: Files, postgres: Connection):
    """Another password, other metadata: those are written, and what the login has noted meanwhile stays."""
    row = (
        "auth.users:\n"
        "  - {{email: ada@example.com, password: {}, user_metadata: {{size: {}}}, app_metadata: {{plan: pro}}}}\n"
    )
    await load({"people.yaml": row.format("hunter2", "1.10")})
    await postgres.execute(
        "update auth.users set recovery_token = 'abc', last_sign_in_at = now(), "
        """raw_app_meta_data = '{"provider": "email", "providers": ["email", "google"], "plan": "pro"}'"""
    )
    untouched = await load({"people.yaml": row.format("hunter2", "1.10")})
    changed = files({"people.yaml": row.format("hunter3", "1.20")})
    checked = await check_seeds(changed)
    loaded = await load({"people.yaml": row.format("hunter3", "1.20")})
    ada = await user(postgres)
    assert untouched == UNCHANGED
    assert [(each.columns, each.where and each.where.column) for each in checked.differences] == [
        (("encrypted_password", "raw_user_meta_data"), 40)
    ]
    assert loaded == {"auth.users": (0, 1, 0), "auth.identities": (0, 0, 1)}
    assert bcrypt.checkpw(b"hunter3", ada["encrypted_password"].encode())
    assert (ada["user_metadata"], ada["recovery_token"]) == ('{"size": 1.20}', "abc")
    assert ada["app_metadata"] == '{"plan": "pro", "provider": "email", "providers": ["email", "google"]}'


async def test_accounts_that_are_there(load: Load, postgres: Connection):
    """An account that somebody made by hand is found by its address, and gets what keeps its owner from logging in."""
    await postgres.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com')")
    before = await user(postgres)
    loaded = await load({"people.yaml": "auth.users:\n  - {email: ada@example.com, password: hunter2}\n"})
    after = await user(postgres)
    again = await load({"people.yaml": "auth.users:\n  - {email: ada@example.com, password: hunter2}\n"})
    assert (before["confirmation_token"], before["id"]) == (None, after["id"])
    assert loaded == {"auth.users": (0, 1, 0), "auth.identities": (1, 0, 0)}
    assert {name: after[name] for name in TOKENS} == dict.fromkeys(TOKENS, "")
    assert (after["aud"], after["user_metadata"], after["email_confirmed_at"] is None) == ("authenticated", "{}", False)
    assert again == UNCHANGED


async def test_profiles_of_a_trigger(load: Load, files: Files, postgres: Connection):
    """A profile that a trigger makes is filled with `mode: update`, in the same file or another; only she sees it."""
    await postgres.execute(PROFILES)
    people = (
        "auth.users:\n"
        "  - {id: {$id: ada}, email: ada@example.com, user_metadata: {username: ada}}\n"
        "  - {email: grace@example.com, user_metadata: {username: grace}}\n"
        "profiles:\n  mode: update\n  rows:\n    - {id: {email: ada@example.com}, bio: first}\n"
    )
    other = "profiles:\n  mode: update\n  rows:\n    - {id: {email: grace@example.com}, bio: second}\n"
    third = "notes:\n  - {id: 1, owner_id: {$id: ada}}\n"
    contents = {"a.yaml": other, "b.yaml": third, "z.yaml": people}
    await postgres.execute("create table notes (id int primary key, owner_id uuid references auth.users)")
    plan = await plan_seeds(files(contents))
    loaded = await load(contents)
    again = await load(contents)
    profiles = await postgres.fetch("select username, bio from profiles order by 1")
    ada = (await user(postgres))["id"]
    async with postgres.transaction():
        await postgres.execute("set local role authenticated")
        await postgres.execute("select set_config('request.jwt.claims', $1, true)", json.dumps({"sub": str(ada)}))
        seen = await postgres.fetch("select username from profiles")
    assert [(Path(e.before).name, Path(e.after).name, e.reason) for e in plan.edges] == [
        ("a.yaml", "z.yaml", "both write `profiles`"),
        ("z.yaml", "a.yaml", "`profiles.id` refers to `auth.users`"),
        ("z.yaml", "b.yaml", "`notes.owner_id` refers to `auth.users`"),
    ]
    assert (loaded["auth.users"], loaded["notes"]) == ((2, 0, 0), (1, 0, 0))
    assert [again[name][:2] for name in ("auth.users", "auth.identities", "profiles", "notes")] == [(0, 0)] * 4
    assert [tuple(row) for row in profiles] == [("ada", "first"), ("grace", "second")]
    assert [row["username"] for row in seen] == ["ada"]


async def test_modes_and_keep(load: Load, postgres: Connection):
    """`missing` leaves who is there alone, `keep: [password]` sets one once, `defaults` fill what people share."""
    kept = (
        "auth.users:\n  keep: [password]\n  defaults: {{password: {}, confirmed: false, role: editor}}\n"
        "  rows:\n    - {{email: ada@example.com}}\n    - {{email: grace@example.com, confirmed: true}}\n"
    )
    await load({"people.yaml": kept.format("hunter2")})
    ada, grace = await user(postgres), await user(postgres, "grace@example.com")
    loaded = await load({"people.yaml": kept.format("hunter3")})
    missing = "auth.users:\n  mode: missing\n  rows:\n    - {email: ada@example.com, role: admin}\n"
    left = await load({"people.yaml": missing})
    update = "auth.users:\n  mode: update\n  rows:\n    - {email: ada@example.com, role: admin}\n"
    updated = await load({"people.yaml": update})
    assert (ada["email_confirmed_at"], grace["email_confirmed_at"] is None, ada["role"]) == (None, False, "editor")
    assert loaded == {"auth.users": (0, 0, 2), "auth.identities": (0, 0, 2)}
    assert bcrypt.checkpw(b"hunter2", (await user(postgres))["encrypted_password"].encode())
    assert left == UNCHANGED
    assert updated == {"auth.users": (0, 1, 0), "auth.identities": (0, 0, 1)}
    assert (await user(postgres))["role"] == "admin"


async def test_everything_wrong_is_told(files: Files, postgres: Connection):
    """Each mistake at its place, all at once, before anything is written, and no password in any of it."""
    await postgres.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'taken@example.com')")
    taken = (await user(postgres, "taken@example.com"))["id"]
    long = "x" * 73
    text = f"""auth.users:
  - {{email: ada@example.com, raw_user_meta_data: {{}}, password: hunter2}}
  - {{email: ada@example.com, aud: authenticated}}
  - {{email: ada@example.com, emial: x, password: 'hunter2, too'}}
  - {{password: hunter2}}
  - email: grace@example.com
    password: hunter2, {{too}}
    password_hash: hunter2
  - {{email: x@example.com, password: {{$var: NOT_SET}}}}
  - {{email: y@example.com, password: {long}}}
  - {{email: someone, id: 17, phone: +0 1, confirmed: maybe, user_metadata: [1]}}
  - {{email: {{$sql: now()}}}}
  - {{id: 8f1bd3d2-6f0c-5a11-9f8e-3a2f6e7f0f01, email: taken@example.com}}
  - {{id: 8f1bd3d2-6f0c-5a11-9f8e-3a2f6e7f0f02, email: two@example.com}}
  - {{id: 8f1bd3d2-6f0c-5a11-9f8e-3a2f6e7f0f03, email: two@example.com}}
"""
    form = "id, email, phone, password, password_hash, user_metadata, app_metadata, confirmed, role"
    told = await refusals(files({"people.yaml": text}))
    count = await postgres.fetchval("select count(*) from auth.users")
    assert [(place, code, message) for place, code, message, _ in told] == [
        ("people.yaml:2:30", "auth-users", f"`raw_user_meta_data` {OWN}"),
        ("people.yaml:3:30", "auth-users", f"`aud` {OWN}"),
        ("people.yaml:4:30", "unknown-column", "the form of `auth.users` has no column `emial`"),
        ("people.yaml:5:6", "auth-users", "a person of `auth.users` has an `email` or a `phone`"),
        ("people.yaml:8:20", "bad-value", "`password_hash` is no hash that the login reads"),
        ("people.yaml:9:45", "no-variable", "the environment variable `NOT_SET` is not set"),
        ("people.yaml:10:38", "bad-value", "this password is longer than 72 bytes, which is bcrypt's most"),
        ("people.yaml:11:13", "bad-value", "`someone` is not an email address"),
        ("people.yaml:11:26", "bad-value", "`17` is not a uuid"),
        ("people.yaml:11:37", "bad-value", "`+0 1` is not a telephone number"),
        ("people.yaml:11:54", "bad-value", "`confirmed` is `true` or `false`"),
        ("people.yaml:11:76", "bad-value", "metadata is a mapping"),
        ("people.yaml:12:13", "bad-value", "`email` of `auth.users` is a value, not `$sql`"),
        ("people.yaml:13:55", "auth-users", f"this `email` is another user's in the database, whose id is {taken}"),
        ("people.yaml:15:55", "auth-users", "two people have this `email`"),
    ]
    assert [hint for _, _, _, hint in told[:3]] == [
        "write `user_metadata`",
        f"its columns are {form}",
        "did you mean `email`?",
    ]
    assert count == 1


async def test_options_and_both_passwords(files: Files):
    """Options name the form's columns, and a password is written in one way."""
    text = (
        "auth.users:\n  key: role\n  keep: [raw_app_meta_data]\n  defaults: {email: a@example.com}\n  rows:\n"
        "    - {phone: 420123456789, password: hunter2, password_hash: hunter2}\n"
    )
    both = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    row = f"auth.users:\n  - {{phone: 420123456789, password: hunter2, password_hash: {both}}}\n"
    options = await refusals(files({"people.yaml": text}))
    passwords = await refusals(files({"people.yaml": row}))
    assert [(place, message) for place, _, message, _ in options] == [
        ("people.yaml:2:3", "people of `auth.users` are found by their `id`, `email` or `phone`"),
        ("people.yaml:3:10", f"`raw_app_meta_data` {OWN}"),
        ("people.yaml:4:14", "`email` is one person's, so `defaults` cannot fill it"),
        ("people.yaml:6:63", "`password_hash` is no hash that the login reads"),
    ]
    assert passwords == [
        ("people.yaml:2:61", "auth-users", "`password` and `password_hash` are both here", "write one")
    ]


async def test_wrong_defaults_are_told_once(files: Files):
    """What is wrong in `defaults` is one error, however many people it is about."""
    text = "auth.users:\n  defaults: {password: {$var: NOT_SET}}\n  rows:\n    - {email: a@b.c}\n    - {email: d@b.c}\n"
    assert await refusals(files({"people.yaml": text})) == [
        ("people.yaml:2:31", "no-variable", "the environment variable `NOT_SET` is not set", None)
    ]


async def test_who_may_not_read_accounts(files: Files, admin: Connection, supabase_dsn: str):
    """A role without rights on `auth.users` is told so, and nothing is written."""
    config = files({"people.yaml": "auth.users:\n  - {email: ada@example.com}\n"})
    stranger = Address(supabase_dsn.replace("postgres@", "stranger@"), "test")
    await admin.execute("create role stranger login; grant usage on schema auth to stranger")
    try:
        with pytest.raises(MigratorError) as caught:
            await seed(replace(config, database=stranger))
    finally:
        await admin.execute("drop owned by stranger; drop role stranger")
    error = caught.value
    assert (error.code, error.exit_code, error.message, error.detail) == (
        "missing-rights",
        3,
        "this role may not read the accounts in `auth.users`",
        "permission denied for table users",
    )


async def test_same_id_from_another_machine(load: Load, postgres: Connection):
    """A person without an id in the file gets the same one in every database, and keeps it when the address changes."""
    text = "auth.users:\n  - {email: ada@example.com}\n"
    await load({"people.yaml": text})
    first = (await user(postgres))["id"]
    await postgres.execute("update auth.users set email = 'lovelace@example.com'")
    again = await load({"people.yaml": text})
    assert str(first) == "a2584ca2-9652-54d8-bfe3-f73b3015abf5"
    assert again == {"auth.users": (0, 1, 0), "auth.identities": (0, 0, 1)}
    assert (await user(postgres))["id"] == first


async def test_people_that_left(load: Load, postgres: Connection):
    """`mode: sync` deletes accounts within its condition with their identities; others stay."""
    await postgres.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'real@elsewhere.org')")
    text = "auth.users:\n  mode: sync\n  where: email like '%@example.com'\n  rows:\n"
    await load({"people.yaml": f"{text}    - {{email: ada@example.com}}\n    - {{email: bob@example.com}}\n"})
    await load({"people.yaml": f"{text}    - {{email: bob@example.com}}\n"})
    left = await postgres.fetch("select email from auth.users order by 1")
    identities = await postgres.fetch("select email from auth.identities")
    assert [row["email"] for row in left] == ["bob@example.com", "real@elsewhere.org"]
    assert [row["email"] for row in identities] == ["bob@example.com"]
