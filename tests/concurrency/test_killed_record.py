"""SIGKILL at any moment of a run: the record is true, or it does not count; it is never believed and wrong."""

import asyncio
import random
import subprocess
from collections.abc import Callable

import asyncpg
import pytest
from traces import finished, until

from migrator.config import Config

pytestmark = pytest.mark.db

Start = Callable[..., subprocess.Popen[str]]
Project = Callable[..., Config]

COUNT = 12

FILES = {f"migrations/{number:04}.t.sql": f"create table t{number} (id int primary key);" for number in range(COUNT)}


async def verified(start: Start) -> tuple[int, set[str], list[str]]:
    """Exit code, codes of what is found, and of what could not be told."""
    code, document, errors = await finished(start("verify", "--json"))
    assert document is not None, errors
    found = {finding["code"] for finding in document["findings"]}
    return code, found, [each["code"] for each in document["untold"]]


async def test_a_killed_run_never_leaves_a_wrong_record(start: Start, project: Project, trials: int) -> None:
    """Whenever it is killed no drift is told, because nobody changed anything by hand; after `accept` all is well."""
    moments = random.Random(7)  # noqa: S311 - moments, no secrets
    files = dict(FILES)
    for number in range(trials):
        files[f"migrations/{COUNT + number:04}.t.sql"] = f"create table t{COUNT + number} (id int primary key);"
        project(files)
        process = start("up", "--json")
        await asyncio.sleep(moments.uniform(0.1, 0.8))
        process.kill()
        await asyncio.to_thread(process.wait)
        code, found, untold = await verified(start)
        assert found <= {"V101"}, found  # pending at most
        assert set(untold) <= {"record-outdated", "record-missing"}, untold
        assert code == (1 if found else 3 if untold else 0)
    assert (await finished(start("up", "--json")))[0] == 0
    assert (await finished(start("accept", "--yes", "--json")))[0] == 0
    assert await verified(start) == (0, set(), [])


async def test_killed_before_the_record_is_written(
    start: Start, project: Project, db: asyncpg.Connection, dsn: str
) -> None:
    """All is committed and the record is not: it is of another ledger, so `verify` compares nothing and ends with 3."""
    project(FILES)
    assert (await finished(start("up", "--json")))[0] == 0
    keeper = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        await keeper.execute("begin; lock table migrator.snapshot in share mode")
        project({f"migrations/{COUNT:04}.t.sql": f"create table t{COUNT} (id int primary key);"})
        process = start("up", "--json")
        await until(db, "select exists (select from pg_locks where not granted)")
        process.kill()
        await asyncio.to_thread(process.wait)
        await until(db, "select not exists (select from pg_locks where not granted)")
    finally:
        await keeper.close()
    assert await db.fetchval(f"select to_regclass('t{COUNT}') is not null")
    code, found, untold = await verified(start)
    assert (code, found, untold) == (3, set(), ["record-outdated"])
