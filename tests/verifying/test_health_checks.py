"""The checks of health: every file of `health/` has databases in which one must be found, and where it must not."""

import asyncio

import asyncpg
import pytest
from evidence import CHECKS, HERE, SCOPE, cases, examine

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.schema.reading import LOCALLY
from migrator.verifying.asking import checking

PROSE = {"V332": 1, "V333": 1, "V334": 4, "V335": 1}
"""Findings whose remedy somebody has to think about: their hint is no SQL."""


@pytest.mark.parametrize("code", [check.code for check in CHECKS["health"]])
async def test_a_check_of_health_finds_what_it_must_and_nothing_else(code: str, many: str) -> None:
    """Findings are as told in every case, a good one has none of this code, and the SQL of each hint takes it away."""
    seen, uncured, without = await examine(many, "health", code)
    assert (uncured, len(without)) == ([], PROSE.get(code, 0))
    assert seen == {case.title: case.found for case in cases("health", code)}


async def test_an_index_that_is_being_made_is_not_invalid(many: str):
    """While it is made nobody is alarmed; who may not see that is told of both; one that was cut off is found."""
    (invalid,) = (check for check in CHECKS["health"] if check.code == "V336")
    cut_off = "`app.t_a` is invalid: no query of `app.t` uses it, and it may let duplicates in"
    writer, maker = [await asyncpg.connect(many, statement_cache_size=0) for _ in range(2)]

    async def look(session: Session, role: str = "postgres") -> list[str]:
        await session.run(f"begin; set local role {role}; {LOCALLY}")
        return [each.message for each in await checking.findings(session, [invalid], SCOPE, then="rollback")]

    await writer.execute("create role watcher; create schema app; create table app.t (a int)")
    await writer.execute("insert into app.t values (1)")
    try:
        await writer.execute("begin; insert into app.t values (1)")
        making = asyncio.create_task(maker.execute("create unique index concurrently t_a on app.t (a)"))
        async with connect(Config(root=HERE, database=Address(many, "test"))) as session:
            seen = "select to_json(count(*)) from pg_index where indrelid = 'app.t'::regclass and not indisvalid"
            while await session.read(seen) != [1]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
            assert await look(session) == []
            assert await look(session, "watcher") == [
                f"{cut_off} (or it is being made just now, which this role may not see)"
            ]
            await writer.execute("commit")
            with pytest.raises(asyncpg.UniqueViolationError):
                await making
            assert [await look(session), await look(session, "watcher")] == [[cut_off], [cut_off]]
            await maker.execute("truncate app.t")
            await maker.execute("reindex index concurrently app.t_a")
            assert await look(session) == []
    finally:
        await writer.close()
        await maker.execute("drop schema app cascade; drop role watcher")
        await maker.close()
