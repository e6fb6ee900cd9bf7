"""What a real pgaudit, auto_explain and pg_stat_statements store of a run grows with the number of its migrations."""

import re
from collections.abc import Awaitable, Callable
from typing import Protocol

import asyncpg
import pytest

from migrator.config import Config
from migrator.events import Event, Noticed
from migrator.migrating import up
from migrator.migrating.books import observers

pytestmark = pytest.mark.db

Audited = Callable[..., Awaitable[Config]]


class Auditor(Protocol):
    """The server of conftest.py."""

    async def logged(self, work: Awaitable[object]) -> str:
        """What is logged meanwhile."""


PGAUDIT = "alter database {database} set pgaudit.log = 'all'"
AUTO_EXPLAIN = "alter database {database} set auto_explain.log_min_duration = 0"


def files(number: int) -> dict[str, str]:
    """So many migrations of four statements each; two of them auto_explain can tell about."""
    return {
        f"{index:04d}.step.sql": f"create table t{index} (id int primary key, parent int, note text);\n"
        f"create index on t{index} (parent);\n"
        f"insert into t{index} select n, n, 'note' from generate_series(1, 3) n;\n"
        f"update t{index} set note = 'other' where parent = 2;\n"
        for index in range(1, number + 1)
    }


async def told(config: Config) -> list[str]:
    """The notices of an `up`."""
    events: list[Event] = []
    await up(config, emit=events.append)
    return [event.message for event in events if isinstance(event, Noticed)]


@pytest.mark.parametrize(
    ("observer", "switch", "each"),
    [("pgaudit", PGAUDIT, 30_000), ("auto_explain", AUTO_EXPLAIN, 15_000)],
)
async def test_the_log_grows_with_the_work(
    auditor: Auditor, audited: Audited, monkeypatch: pytest.MonkeyPatch, observer: str, switch: str, each: int
):
    """Forty more migrations log at most so many bytes more each; all of them in messages, it would be far more."""
    sizes = {}
    for number in (10, 50):
        config = await audited(files(number), switch)
        heard: list[str] = []

        async def run(config: Config = config, heard: list[str] = heard) -> None:
            heard += await told(config)

        sizes[number] = len(await auditor.logged(run()))
        assert heard == [f"`{observer}` stores the text of every message, so each statement is sent by itself"]
    assert sizes[50] - sizes[10] < 40 * each
    monkeypatch.setattr(observers, "OBSERVERS", "null")
    config = await audited(files(50), switch)
    whole = len(await auditor.logged(up(config)))
    print(f"{observer}: {sizes} bytes, {whole} where messages hold many statements")  # noqa: T201 - seen with `-s`
    assert whole > 3 * 50 * each


async def test_an_audit_line_holds_one_statement(auditor: Auditor, audited: Audited):
    """No line of pgaudit about a migration's statement holds another statement of a migration."""
    log = await auditor.logged(up(await audited(files(5), PGAUDIT)))
    lines = [line for line in re.split(r"(?m)^LOG:  ", log) if line.startswith("AUDIT: ") and "t3" in line]
    assert len(lines) > 3
    counts = {len(re.findall(r"create table t|create index on t|insert into t|update t", line)) for line in lines}
    assert counts == {1}


@pytest.mark.parametrize(
    ("statement", "observer"),
    [
        ("alter database {database} set pgaudit.log = 'ddl, -misc'", "pgaudit"),
        ("alter role deployer in database {database} set pgaudit.log = 'write'", "pgaudit"),
        ("alter database {database} set pgaudit.role = 'deployer'", "pgaudit"),
        ("alter role deployer in database {database} set auto_explain.log_min_duration = '100ms'", "auto_explain"),
        ("alter database {database} set auto_explain.log_min_duration = '101ms'", None),
        ("alter database {database} set pgaudit.log = 'none'", None),
    ],
)
async def test_a_plain_role_sees_who_observes(auditor: Auditor, audited: Audited, statement: str, observer: str | None):
    """Set for the database or for the role, a role without any privilege finds it, and only where it is on."""
    grants = "grant create on database {database} to deployer; grant create on schema public to deployer"
    config = await audited(files(1), grants, statement, role="deployer")
    expected = f"`{observer}` stores the text of every message, so each statement is sent by itself"
    assert await told(config) == ([] if observer is None else [expected])


async def test_statement_statistics_are_not_multiplied(audited: Audited):
    """pg_stat_statements keeps each statement's own part of a message, so messages stay whole and nothing is told."""
    config = await audited(files(100), "create extension pg_stat_statements")
    assert config.database is not None
    connection = await asyncpg.connect(config.database.text)
    await connection.execute("select pg_stat_statements_reset()")
    assert await told(config) == []
    query = (
        "select query from pg_stat_statements s join pg_database d on d.oid = s.dbid "
        "where d.datname = current_database()"
    )
    texts = [row["query"] for row in await connection.fetch(query)]
    await connection.close()
    reading = [text for text in texts if "compared_schema" in text]
    assert len(reading) == 2  # the reading of the schema and the block before it, however many migrations there are
    texts = [text for text in texts if text not in reading]
    assert len([text for text in texts if text.startswith("create table t")]) == 100
    assert max(len(re.findall("create table t", text)) for text in texts) == 1
    assert sum(map(len, texts)) < 4 * sum(map(len, files(100).values()))
