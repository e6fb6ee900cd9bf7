"""Runs and servers that die while files with lookups, circles and deletions load: each file is whole or absent."""

import asyncio
import contextlib
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from crashing import Server, looking
from traces import until

from migrator.config import Address, Config
from migrator.errors import MigratorError
from migrator.events import Event, FileLoaded
from migrator.seeding import seed

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]

ROWS = 150
SCHEMA = """
create table team (id int generated always as identity primary key, name text unique, lead_id int);
create table person (id int generated always as identity primary key, email text unique,
                     team_id int not null references team, boss_id int references person);
alter table team add foreign key (lead_id) references person;
create table badge (person_id int not null references person, day date);
create table flag (name text primary key, managed_by text not null)
"""
EMPTY = (
    "truncate team, person, badge, flag restart identity; "
    "insert into flag select 'old ' || n, 'seeds' from generate_series(1, 20) n; insert into flag values ('app', 'app')"
)
FILES = ("badge.yaml", "flag.yaml", "person.yaml", "team.yaml")
OTHERS = "select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def write(root: Path) -> None:
    """Teams and people in a circle over two files, rows without a key that look people up, and a synced table."""
    numbers = range(ROWS)
    team = "".join(f"  - {{name: t{n}, lead_id: {{email: p{n}}}}}\n" for n in numbers)
    person = "".join(f"  - {{email: p{n}, team_id: {{name: t{n}}}, boss_id: {{email: p{n // 2}}}}}\n" for n in numbers)
    badge = "".join(f"  - {{person_id: {{email: p{n}}}, day: 2026-01-01}}\n" for n in numbers)
    flag = "".join(f"    - {{name: new {n}, managed_by: seeds}}\n" for n in numbers)
    folder = root / "seeds"
    folder.mkdir()
    (folder / "team.yaml").write_text(f"team:\n{team}")
    (folder / "person.yaml").write_text(f"person:\n{person}")
    (folder / "badge.yaml").write_text(f"badge:\n{badge}")
    (folder / "flag.yaml").write_text(f"flag:\n  mode: sync\n  where: managed_by = 'seeds'\n  rows:\n{flag}")


async def loaded(db: Connection) -> set[str]:
    """The files that are in the database, of which the ledger says the same; none of them is there in part."""
    team = await db.fetchval("select array[count(*), count(lead_id), count(distinct lead_id)] from team")
    person = await db.fetchval("select array[count(*), count(boss_id), count(distinct team_id)] from person")
    badge = await db.fetchval("select array[count(*), count(distinct person_id)] from badge")
    flag = await db.fetchval("select array_agg(distinct left(name, 3)) || count(*)::text from flag")
    there, absent = [ROWS] * 3, [0] * 3
    assert (team, person) in [(there, there), (absent, absent)]
    assert badge in [there[:2], absent[:2]]
    assert flag in [["app", "new", f"{ROWS + 1}"], ["app", "old", "21"]]
    rows = {"team.yaml": bool(team[0]), "person.yaml": bool(team[0]), "badge.yaml": bool(badge[0])}
    found = {name for name, is_there in {**rows, "flag.yaml": "new" in flag}.items() if is_there}
    known = await db.fetchval("select to_regclass('migrator.seed') is not null")
    ledger = await db.fetch("select path from migrator.seed") if known else []
    assert sorted(row[0] for row in ledger) == sorted(found)
    return found


async def begin_again(db: Connection) -> None:
    """Nothing is loaded."""
    await db.execute(EMPTY)
    if await db.fetchval("select to_regclass('migrator.seed') is not null"):
        await db.execute("delete from migrator.seed")


async def test_a_run_that_is_killed(
    start: Start, project: Callable[..., Config], db: Connection, tmp_path: Path, trials: int
) -> None:
    """SIGKILL at any moment: whole or absent, all or nothing with `--atomic`, and the next run loads the rest once."""
    write(tmp_path)
    await db.execute(SCHEMA)
    await begin_again(db)
    config = project()
    began = time.monotonic()
    await asyncio.to_thread(start("seed").wait)
    usual = time.monotonic() - began
    moments = random.Random(7)  # noqa: S311 - moments, no secrets
    for trial in range(trials):
        await begin_again(db)
        atomic = trial % 2 == 1
        process = start("seed", *(["--atomic"] if atomic else []))
        await asyncio.sleep(moments.uniform(0.2, 1.1) * usual)
        process.kill()
        await asyncio.to_thread(process.wait)
        await until(db, OTHERS)
        found = await loaded(db)
        assert not atomic or found in [set(), set(FILES)]
        result = await seed(config)
        assert {Path(file.path).name for file in result.files if file.state == "loaded"} == set(FILES) - found
        assert await loaded(db) == set(FILES)


async def test_a_server_that_crashes(server: Server, tmp_path: Path, trials: int) -> None:
    """A crash at any moment: besides, what a run has told as loaded is there when the server is back."""
    write(tmp_path)
    config = Config(
        root=tmp_path, database=Address(server.dsn, "test"), migrations=(), seeds=(tmp_path / "seeds",), wait=30
    )
    async with looking(server) as db:
        await db.execute(SCHEMA)
        await begin_again(db)
    began = time.monotonic()
    await seed(config)
    usual = time.monotonic() - began
    moments = random.Random(8)  # noqa: S311 - moments, no secrets
    for trial in range(trials):
        async with looking(server) as db:
            await begin_again(db)
        events: list[Event] = []
        atomic = trial % 2 == 1
        running = asyncio.create_task(seed(config, atomic=atomic, emit=events.append))
        await asyncio.sleep(moments.uniform(0, 1.1) * usual)
        await asyncio.to_thread(server.crash)
        with contextlib.suppress(MigratorError):
            await running
        told = {Path(event.path).name for event in events if isinstance(event, FileLoaded)}
        async with looking(server) as db:
            found = await loaded(db)
            assert told <= found
            assert not atomic or found in [set(), set(FILES)]
            await seed(config)
            assert await loaded(db) == set(FILES)
