"""Two Supabase projects, as people write them, on the server that we start: up, seed, status, down, redo, reset."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from migrator import check, down, protect, redo, reset, seed, status, up, verify
from migrator.config import Address, Config
from migrator.events.verifying import VerifyResult

Connection = asyncpg.Connection

HERE = Path(__file__).parent
ADA, GRACE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def copied(name: str, root: Path, address: str, **options: object) -> Config:
    """A copy of one of the projects, on the database of an address."""
    shutil.copytree(HERE / name, root, dirs_exist_ok=True)
    folders = {"migrations": (root / "supabase" / "migrations",), "seeds": (root / "seeds",)}
    return Config(root=root, database=Address(address, "test"), supabase=True, **folders, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def asking(connection: Connection, who: str | None, **settings: str) -> AsyncIterator[Connection]:
    """The API on somebody's behalf, as PostgREST does it: the role and the claims of the token, for a transaction."""
    role = "authenticated" if who else "anon"
    await connection.execute("begin")
    try:
        await connection.execute(f"set local role {role}")
        claims = {"request.jwt.claims": json.dumps({"sub": who, "role": role} if who else {"role": role}), **settings}
        for name, value in claims.items():
            await connection.execute("select set_config($1, $2, true)", name, value)
        yield connection
    finally:
        await connection.execute("rollback")


async def column(connection: Connection, sql: str) -> list[object]:
    return [row[0] for row in await connection.fetch(sql)]


async def refusal(connection: Connection, sql: str) -> str:
    with pytest.raises(asyncpg.PostgresError, match=r".*") as error:
        await connection.execute(sql)
    return str(error.value)


async def test_photos(tmp_path: Path, supabase_dsn: str, postgres: Connection):
    """Profiles by a trigger on `auth.users`, buckets with policies, vectors, realtime: each sees their own, no more."""
    config = copied("photos", tmp_path, supabase_dsn)
    applied = await up(config)
    loaded = await seed(config)
    shown = await status(config)
    profiles = await column(postgres, "select username from public.profiles order by 1")
    photos = "select caption from public.photos order by 1"
    async with asking(postgres, ADA) as api:
        ada = (
            await column(api, photos),
            await column(api, "select name from storage.objects order by 1"),
            await column(api, "select caption from public.similar_photos('[1,1,0]')"),
        )
        await api.execute("update public.profiles set username = 'lovelace' where true")
        renamed = await column(api, "select username from public.profiles order by 1")
    async with asking(postgres, ADA, **{"realtime.topic": f"album:{ADA}"}) as api:
        heard = await column(api, "select payload -> 'record' ->> 'caption' from realtime.messages order by 1")
    async with asking(postgres, GRACE, **{"realtime.topic": f"album:{ADA}"}) as api:
        unheard = await column(api, "select topic from realtime.messages")
    async with asking(postgres, GRACE) as api:
        insert = "insert into storage.objects (bucket_id, name) values ('albums', '{}/x.jpg')"
        await api.execute(insert.format(GRACE))
        foreign = await refusal(api, insert.format(ADA))
    async with asking(postgres, None) as api:
        public = await column(api, "select name from storage.objects")
    async with asking(postgres, None) as api:
        closed = await refusal(api, photos)
    sent = await column(
        postgres, "select tablename::text from pg_publication_tables where pubname = 'supabase_realtime'"
    )
    assert (len(applied.done), [Path(file.path).name for file in loaded.files], shown.database.supabase, profiles) == (
        4,
        ["people.yaml", "photos.yaml"],
        True,
        ["ada", "grace"],
    )
    assert ada == (["sea"], [f"{ADA}/sea.jpg", "ada.png"], ["sea"])
    assert (renamed, heard, unheard, public, sent) == (["grace", "lovelace"], ["sea"], [], ["ada.png"], ["photos"])
    assert (foreign, closed) == (
        'new row violates row-level security policy for table "objects"',
        "permission denied for table photos",
    )


async def test_photos_back_and_forth(tmp_path: Path, supabase_dsn: str, postgres: Connection):
    """Everything can be rolled back to what the platform gave, and applied again; so can the last one."""
    config = copied("photos", tmp_path, supabase_dsn)
    left = (
        "select format('%s policies, %s triggers, %s buckets, %s published', (select count(*) from pg_policy), "
        "(select count(*) from pg_trigger where not tgisinternal and tgname like 'on_auth%'), "
        "(select count(*) from storage.buckets), (select count(*) from pg_publication_rel))"
    )
    await up(config)
    there = await postgres.fetchval(left)
    again = await redo(config)
    back = await down(config, everything=True)
    gone = await postgres.fetchval(left)
    forth = await up(config)
    assert (there, len(again.done), len(back.done), gone, len(forth.done)) == (
        "7 policies, 1 triggers, 2 buckets, 1 published",
        2,
        4,
        "0 policies, 0 triggers, 0 buckets, 0 published",
        4,
    )


async def test_support(tmp_path: Path, supabase_dsn: str, postgres: Connection):
    """What `supabase db pull` wrote, functions of their owner, a webhook: members of a team see that team."""
    config = copied("support", tmp_path, supabase_dsn)
    await up(config)
    await seed(config)
    async with asking(postgres, ADA) as api:
        seen = await column(api, "select title from public.open_tickets")
        await api.execute("update public.tickets set status = 'solved' where true")
        solved = await column(api, "select format('%s %s', id, status) from public.tickets")
        me = await api.fetchval("select public.who_am_i() ->> 'id'")
        foreign = await refusal(
            api, "insert into public.tickets (team_id, title) values ('aaaaaaaa-0000-4000-8000-000000000002', 'mine')"
        )
    async with asking(postgres, None) as api:
        nothing = await column(api, "select title from public.tickets")
        unknown = await refusal(api, "select public.who_am_i()")
    async with asking(postgres, ADA) as api:
        bucket = "insert into storage.objects (bucket_id, name) values ('attachments', 'log.txt')"
        guarded = await refusal(api, bucket)
    await postgres.execute(bucket)
    jobs = await postgres.fetchrow(
        "select (select jobname from cron.job), (select decrypted_secret from vault.decrypted_secrets), "
        "(select left(digest, 8) from public.api_keys)"
    )
    back = await down(config, steps=3)
    assert (tuple(jobs), len(back.done)) == (("close solved tickets", "s3cret", "2c70e12b"), 3)
    assert (seen, solved, me, nothing) == (["it does not boot"], ["1 solved"], ADA, [])
    assert (foreign, unknown, guarded) == (
        'new row violates row-level security policy for table "tickets"',
        "permission denied for function who_am_i",
        'new row violates row-level security policy for table "objects"',
    )


async def test_our_tables_are_closed_to_the_api_in_either_era(
    tmp_path: Path, supabase_dsn: str, admin: Connection, postgres: Connection
):
    """Also where new tables are open to the API by default, nobody with a key of it reads the ledger or the journal."""
    await admin.execute("alter default privileges for role postgres grant all on tables to anon, authenticated")
    config = copied("photos", tmp_path, supabase_dsn)
    await up(config)
    async with asking(postgres, None) as api:
        ledger = await refusal(api, "select * from supabase_migrations.schema_migrations")
    async with asking(postgres, ADA) as api:
        journal = await refusal(api, "select * from migrator.journal")
    assert (ledger, journal) == (
        "permission denied for schema supabase_migrations",
        "permission denied for schema migrator",
    )


async def test_reset_begins_with_what_the_platform_gives(folder: Path, on: Callable[..., str]):
    """Policies, rows, grants and extensions of before are gone, what the prelude made is back, and the mark holds."""
    config = copied("photos", folder, "embedded:", automatic_grants=True)
    directory = folder / ".migrator" / "supabase"
    await up(config)
    await seed(config)
    postgres = await asyncpg.connect(on(directory, "postgres"), statement_cache_size=0)
    await postgres.execute(
        "create policy mine on storage.buckets using (true); create schema other; create publication mine;"
        "alter default privileges in schema public revoke all on tables from anon;"
        "alter role authenticator set pgrst.db_schemas = 'other'"
    )
    await protect(config)
    done = await reset(config, confirmed="postgres")
    what = await postgres.fetchrow(
        "select (select count(*) from auth.users), (select count(*) from public.profiles), "
        "array(select pubname::text from pg_publication), to_regnamespace('other')::text, "
        "array(select polname::text from pg_policy where polrelid = 'storage.buckets'::regclass), "
        "(select rolconfig from pg_roles where rolname = 'authenticator')"
    )
    await postgres.execute("create table public.later (id int)")
    opened = await postgres.fetchval("select has_table_privilege('anon', 'public.later', 'select')")
    owners = await postgres.fetchval(
        "select array_agg(distinct relowner::regrole::text) from pg_class "
        "where relnamespace::regnamespace::text in ('supabase_migrations', 'migrator', 'public')"
    )
    marked = (await status(config)).database.protected
    await postgres.close()
    assert (done.dropped, len(done.up.done), [Path(file.path).name for file in done.seed.files]) == (
        ("migrator", "other", "public"),
        4,
        ["people.yaml", "photos.yaml"],
    )
    assert (tuple(what), opened, owners, marked) == (
        (2, 2, ["supabase_realtime"], None, [], ["statement_timeout=8s", "lock_timeout=8s"]),
        True,
        ["postgres"],
        True,
    )


async def test_reset_of_any_other_supabase_keeps_its_default_privileges(
    tmp_path: Path, supabase_dsn: str, admin: Connection, postgres: Connection
):
    """Where the platform is somebody else's, a reset takes back policies and gives back whom new tables are open to."""
    await admin.execute(
        "alter default privileges for role postgres in schema public grant select, insert on tables to anon"
    )
    config = copied("photos", tmp_path, supabase_dsn)
    (tmp_path / "supabase/migrations/20261102090000_storage.sql").write_text(
        'create policy "Avatars are public" on storage.objects for select using (true);', encoding="utf-8"
    )
    shutil.rmtree(tmp_path / "seeds")
    await up(config)
    done = await reset(config)
    await postgres.execute("create table public.later (id int)")
    rights = await postgres.fetchval(
        "select array(select p from unnest('{select,insert,update}'::text[]) p "
        "where has_table_privilege('anon', 'public.later', p))"
    )
    assert (len(done.up.done), rights) == (4, ["select", "insert"])


def wrong(result: VerifyResult) -> list[str]:
    """Drift, and what `check` itself has found."""
    return [each.message for each in result.findings if each.code[:2] in {"V2", "V5"} and each.severity == "error"]


@pytest.mark.parametrize("name", ["photos", "support"])
async def test_replayed(name: str, tmp_path: Path, supabase_dsn: str):
    """What people write gives the same in a database that is there and in a replay."""
    config = copied(name, tmp_path, supabase_dsn)
    await up(config)
    live = await verify(config, against="replay")
    assert (wrong(live), live.untold, live.platform, live.compared["table"] > 1) == ([], (), 0, True)


async def test_tried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It works from nothing, there and back and there, and is known as Supabase's by its folder."""
    monkeypatch.chdir(tmp_path)
    config = copied("photos", tmp_path, "postgresql://postgres@nowhere.invalid/postgres")
    tried = await check(replace(config, supabase=None, migrations=(Path("supabase/migrations"),)))
    assert (wrong(tried), tried.database is not None and tried.database.supabase) == ([], True)
