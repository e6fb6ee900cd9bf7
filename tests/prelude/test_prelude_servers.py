"""`supabase = true` on the server that we start: made whole, kept up to date, and never mistaken for a plain one."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.database.address import launch
from migrator.database.connect import connect
from migrator.database.launching import embedded
from migrator.database.postgres import programs
from migrator.database.supabase import marks
from migrator.errors import MigratorError
from migrator.events import Event, Told
from migrator.project import status


def config(root: Path, *, supabase: bool | None = True, where: str = "embedded:") -> Config:
    return Config(root=root, database=Address(where, "test"), supabase=supabase)


async def value(settings: Config, sql: str) -> object:
    async with connect(settings) as session:
        return (await session.read(sql))[0]


async def refused(settings: Config) -> tuple[int, str, str]:
    with pytest.raises(MigratorError, match=r".*") as error:
        await value(settings, "select to_json(1)")
    return error.value.exit_code, error.value.code, error.value.message


async def test_it_is_kept_up_to_date_and_apart_from_a_plain_one(folder: Path, on: Callable[..., str]):
    """Its own folder; a start lays a newer prelude over an older one and keeps the rows; neither kind is the other."""
    first = await value(config(folder), "select to_json(current_user || ' in ' || current_setting('data_directory'))")
    directory = folder / ".migrator" / "supabase"
    told = await status(config(folder))
    connection = await asyncpg.connect(on(directory, "supabase_admin"), statement_cache_size=0)
    await connection.execute("drop function auth.email(); insert into auth.users (id) values (gen_random_uuid())")
    await connection.close()
    plain = await refused(config(folder, supabase=False, where=f"embedded:{directory}"))
    await embedded.stop(directory)
    again = await refused(config(folder, supabase=False, where=f"embedded:{directory}"))
    mark = marks.found(directory)
    # as an older version of ours would have left it
    marks.write(directory, "0123456789abcdef")
    found = await value(
        config(folder, supabase=None, where=f"embedded:{directory}"),
        "select to_json(format('%s %s', to_regproc('auth.email'), (select count(*) from auth.users)))",
    )
    message = f"the data directory `{directory}` was made for Supabase, and `supabase` is `false`"
    assert (first, told.database.supabase, plain, again, found, marks.found(directory)) == (
        f"postgres in {directory}",
        True,
        (1, "embedded-supabase", message),
        (1, "embedded-supabase", message),
        "auth.email 1",
        mark,
    )


async def test_a_plain_directory_does_not_become_one_for_supabase(folder: Path):
    """The superuser and the owners are others: what is there stays as it is, running or not."""
    directory = folder / ".migrator" / "pg"
    first = await value(
        config(folder, supabase=None), "select to_json(rolsuper) from pg_roles where rolname = 'postgres'"
    )
    running = await refused(config(folder, where=f"embedded:{directory}"))
    await embedded.stop(directory)
    stopped = await refused(config(folder, where=f"embedded:{directory}"))
    message = f"the data directory `{directory}` was made for a plain server, and `supabase` is `true`"
    assert (first, running, stopped) == (
        True,
        (1, "embedded-supabase", message),
        (1, "embedded-supabase", message),
    )


START = (
    "import sys; from pathlib import Path; from migrator.database.launching import cluster; "
    "from migrator.database.address.launch import Launch; "
    "cluster.launch(Launch(directory=Path(sys.argv[1]), supabase=True), 'postgres')"
)


def _killed_while_making(directory: Path) -> bool:
    """Begin a first start and kill it, with the programs that it runs, while there is no data directory yet."""
    process = subprocess.Popen([sys.executable, "-c", START, str(directory)], start_new_session=True)
    deadline = time.monotonic() + random.uniform(0.2, 1.6)  # noqa: S311 - a moment, no secret
    while not directory.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    if directory.exists():
        return process.wait(timeout=60) != 0
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait(timeout=60) != 0


async def test_a_start_that_is_killed_leaves_no_half(folder: Path, long: bool, request: pytest.FixtureRequest):  # noqa: FBT001
    """Whenever the first start is killed, there is nothing or a whole server, and the next start gives a whole one."""
    sql = "select to_json(format('%s %s', current_user, to_regprocedure('extensions.migrator_refuse_drop()')))"
    found = []
    # each trial is two first starts of a server
    count = request.getfixturevalue("trials") if long else 1
    for number in range(count):
        directory = folder / str(number) / "pg"
        directory.parent.mkdir()
        killed = await asyncio.to_thread(_killed_while_making, directory)
        assert killed is not directory.exists()
        found.append(await value(config(folder, where=f"embedded:{directory}"), sql))
        await embedded.stop(directory)
    assert found == ["postgres migrator_refuse_drop()"] * count


async def test_an_older_postgresql_has_it_but_for_what_only_18_can_do(
    folder: Path, need: Callable[[str, str | None], None]
):
    """All but stand-ins, which is told, and extensions kept for superusers; row level security and a port work, too."""
    found = next((each for each in map(programs.of_major, ("17", "16", "15", "14")) if each), None)
    need("postgresql", None if found else "no PostgreSQL 14 to 17 of the system")
    directory = folder / "older" / "pg"
    settings = config(folder, where=f"embedded:{directory}?bin={found}&port=auto")
    events: list[Event] = []
    async with connect(settings, events.append) as session:
        await session.run(
            "insert into storage.buckets (id, name) values ('a', 'a');"
            "insert into storage.objects (bucket_id, name) values ('a', 'x/y.png');"
            "create policy mine on storage.objects for select to authenticated using (name = 'other');"
            "create extension pg_trgm with schema extensions"
        )
        await session.run("set role authenticated")
        (seen,) = await session.read("select to_json(count(*)) from storage.objects")
        await session.run("reset role")
        (role,) = await session.read("select to_json(rolsuper) from pg_roles where rolname = current_user")
        with pytest.raises(MigratorError, match='permission denied to create extension "moddatetime"'):
            await session.run("create extension moddatetime")
        with pytest.raises(MigratorError, match="must be owner of table users"):
            await session.run("alter table auth.users add column mine text")
    address = (await embedded.url(launch.read(settings, settings.database))).url
    assert address is not None
    connection = await asyncpg.connect(address)
    by_port = await connection.fetchval("select format('%s by %s', current_user, host(inet_server_addr()))")
    await connection.close()
    await embedded.stop(directory)
    told = [event.message for event in events if isinstance(event, Told) and event.code == "extensions-missing"]
    assert (seen, role, by_port, len(told), "`pg_net`" in told[0], "`citext`" in told[0]) == (
        0,
        False,
        "postgres by 127.0.0.1",
        1,
        True,
        False,
    )
