"""Migrations that prove how often each of their statements ran, and that can be held where a test wants them."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import asyncpg
import pytest
from crashing import Server, forgetful_server

Connection = asyncpg.Connection
Traced = Callable[..., Awaitable[list[str]]]

# A statement that leaves a trace, without any constraint that would hide a second run, and one that sleeps for as long
# as the gate says: the test opens the gate by deleting its row. Both exist before the first migration.
TRACE = "create table trace (number bigserial, mark text not null); create table gate (mark text, seconds float)"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that forgets in a crash whatever nobody waited for."""
    with forgetful_server() as made:
        yield made


@pytest.fixture
def traced(tmp_path: Path, db: Connection) -> Traced:
    """Write `count` migrations of `statements` traced statements each; returns the marks in the order they must have.

    Where a migration's number is in `alone` it is not transactional and also builds an index concurrently.
    """

    async def write(count: int, statements: int = 3, alone: Sequence[int] = ()) -> list[str]:
        await db.execute(TRACE)
        folder = tmp_path / "migrations"
        folder.mkdir()
        marks = []
        for number in range(1, count + 1):
            lines = ["-- transactional: false"] if number in alone else []
            for statement in range(1, statements + 1):
                mark = f"{number}.{statement}"
                marks.append(mark)
                lines += [
                    f"select pg_sleep(seconds) from gate where mark = '{mark}';",
                    f"insert into trace (mark) values ('{mark}');",
                ]
            if number in alone:
                lines.append(f"create index concurrently trace_{number} on trace (mark);")
            (folder / f"{number:04d}.step.sql").write_text("\n".join(lines), encoding="utf-8")
        return marks

    return write
