"""Eight `migrate seed` at once, of files that overlap, into the same tables: nobody runs into a deadlock."""

import asyncio
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from traces import finished, until

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]

RUNNERS = 8
ROWS = 80
SCHEMA = """
create table visit (id int primary key, city_id int not null, road_id int not null, note text);
create table road (id int primary key, city_id int not null, note text);
create table person (id int primary key, city_id int not null, boss_id int references person, note text);
create table city (id int primary key, name text not null unique, note text);
alter table visit add foreign key (city_id) references city, add foreign key (road_id) references road;
alter table road add foreign key (city_id) references city;
alter table person add foreign key (city_id) references city;
"""


def rows(chance: random.Random, runner: int) -> dict[str, list[str]]:
    """Every runner writes these rows with a note of its own, so that each has to change what another has written."""
    note = f"note: by {runner}"
    numbers = range(1, ROWS + 1)

    def any_city() -> str:
        return chance.choice([f"{chance.randint(1, ROWS)}", f"{{name: City {chance.randint(1, ROWS)}}}"])

    def boss(number: int) -> str:
        return f"boss_id: {chance.randint(1, number)}"

    found = {
        "city": [f"id: {number}, name: City {number}, {note}" for number in numbers],
        "road": [f"id: {number}, city_id: {any_city()}, {note}" for number in numbers],
        "person": [f"id: {number}, city_id: {any_city()}, {boss(number)}, {note}" for number in numbers],
        "visit": [f"id: {number}, city_id: {any_city()}, road_id: {number}, {note}" for number in numbers],
    }
    for several in found.values():
        chance.shuffle(several)
    return found


def write(folder: Path, chance: random.Random, runner: int) -> None:
    """The rows of a runner: two files for each table, or a few files which others have, too, with other tables."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    names = chance.sample(["a", "b", "c", "d"], chance.randint(2, 4))
    texts: dict[str, str] = {}
    tables = list(rows(chance, runner).items())
    for table, several in chance.sample(tables, len(tables)):
        half = chance.randint(1, ROWS - 1)
        files = [f"{table}-1", f"{table}-2"] if runner % 2 else chance.sample(names, 2)
        for name, part in zip(files, (several[:half], several[half:]), strict=True):
            texts[name] = texts.get(name, "") + f"{table}:\n" + "".join(f"  - {{{row}}}\n" for row in part)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


async def test_eight_at_once(start: Start, db: Connection, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Round after round everybody succeeds, the server counts no deadlock, and all rows are there."""
    rounds = max(2, int(request.config.getoption("--trials")) // 2)
    await db.execute(SCHEMA)
    for number in range(rounds):
        chance = random.Random(number)  # noqa: S311 - layouts, no secrets
        processes = []
        for runner in range(RUNNERS):
            write(tmp_path / f"seeds-{runner}", chance, runner)
            options = ["--atomic"] if runner == 0 else ["--pool-size", str(chance.randint(1, 4))]
            processes.append(start("seed", "--json", "--force", "--seeds", f"seeds-{runner}", *options))
        ends = await asyncio.gather(*map(finished, processes))
        assert [code for code, _, _ in ends] == [0] * RUNNERS, ends
        for table in ("city", "road", "person", "visit"):
            assert await db.fetchval(f"select count(*) from {table} where note like 'by %'") == ROWS
    # a backend tells what it has counted when it ends
    mine = "datname = current_database() and pid <> pg_backend_pid()"
    await until(db, f"select count(*) = 0 from pg_stat_activity where {mine}")
    assert await db.fetchval("select deadlocks from pg_stat_database where datname = current_database()") == 0
