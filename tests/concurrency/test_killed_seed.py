"""SIGKILL in the middle of `seed`: files are whole or not there at all, and the next `seed` loads the rest once."""

import asyncio
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from traces import finished, gone, held

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]

ROWS = 400
SCHEMA = """
    create table city (id int primary key, name text not null);
    create table road (id int primary key, city_id int not null references city);
    create table visit (city_id int not null references city, day date);
    create table gate (mark text, seconds float);
    create function wait_at_the_gate() returns trigger language plpgsql as $$
        begin perform pg_sleep(seconds) from gate where mark = tg_table_name; return null; end $$;
    create trigger gate after insert on road for each statement execute function wait_at_the_gate()"""


@pytest.fixture
async def seeds(tmp_path: Path, db: Connection) -> Path:
    """A parent, a child with a key, and a child without one, whose rows a second load would double."""
    await db.execute(SCHEMA)
    folder = tmp_path / "seeds"
    folder.mkdir()
    numbers = range(1, ROWS + 1)
    cities = "".join(f"  - {{id: {number}, name: City {number}}}\n" for number in numbers)
    roads = "".join(f"  - {{id: {number}, city_id: {number}}}\n" for number in numbers)
    visits = "".join(f"  - {{city_id: {number}, day: 2026-01-01}}\n" for number in numbers)
    (folder / "1-city.yaml").write_text(f"city:\n{cities}", encoding="utf-8")
    (folder / "2-road.yaml").write_text(f"road:\n{roads}", encoding="utf-8")
    (folder / "3-visit.yaml").write_text(f"visit:\n{visits}", encoding="utf-8")
    return folder


async def counted(db: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {table: await db.fetchval(f"select count(*) from {table}") for table in ("city", "road", "visit")}


WHOLE = {"city": ROWS, "road": ROWS, "visit": ROWS}


@pytest.mark.usefixtures("seeds")
async def test_killed_while_a_file_is_loaded(start: Start, db: Connection) -> None:
    """The file in work is gone, its parent stays; the next `seed` loads the one and skips the other."""
    await db.execute("insert into gate values ('road', 60)")
    process = start("seed", "--json")
    pid = await held(db, process)
    process.kill()
    await asyncio.to_thread(process.wait)
    await gone(db, pid)
    await db.execute("delete from gate")
    left = await counted(db)
    assert (left["city"], left["road"]) == (ROWS, 0)
    assert left["visit"] in {0, ROWS}
    code, document, errors = await finished(start("seed", "--json"))
    assert code == 0, (document, errors)
    states = {file["path"]: file["state"] for file in document["files"]}
    assert (states["seeds/1-city.yaml"], states["seeds/2-road.yaml"]) == ("unchanged", "loaded")
    assert await counted(db) == WHOLE


@pytest.mark.usefixtures("seeds")
@pytest.mark.parametrize("seed", range(3))
async def test_killed_at_any_moment(start: Start, db: Connection, seed: int) -> None:
    """Killed at random moments, three times over, then run once more: every row is there, none of them twice."""
    moments = random.Random(seed)  # noqa: S311 - moments, no secrets
    for _ in range(3):
        process = start("seed", "--json")
        await asyncio.sleep(moments.uniform(0.1, 0.8))
        process.kill()
        await asyncio.to_thread(process.wait)
        left = await counted(db)
        assert set(left.values()) <= {0, ROWS}, "a file is there in part"
    code, document, errors = await finished(start("seed", "--json"))
    assert code == 0, (document, errors)
    assert await counted(db) == WHOLE


@pytest.mark.usefixtures("seeds")
async def test_three_runners_load_each_file_once(start: Start, db: Connection) -> None:
    """Three `seed` at once: all succeed, and even the rows without a key are there once."""
    ends = await asyncio.gather(*(finished(start("seed", "--json")) for _ in range(3)))
    assert [code for code, _, _ in ends] == [0, 0, 0], ends
    assert await counted(db) == WHOLE
