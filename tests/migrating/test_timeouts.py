"""Timeouts of the server: what an administrator set for applications ends no run; what a migration sets, it gets."""

import asyncio
from urllib.parse import quote

import pytest
from cable import unchanged

from migrator.config import Address
from migrator.errors import WorkError
from migrator.migrating import up
from migrator.migrating.running.timeouts import TIMEOUTS, lifted

pytestmark = pytest.mark.db

SEEN = "create table seen as select name, setting from pg_settings where name like '%timeout'"


@pytest.fixture
async def impatient(db, dsn):
    """Make the database end whatever takes 200 ms; returns the settings that do so."""
    version = await db.fetchval("select current_setting('server_version_num')::int")
    names = [name for name, since in TIMEOUTS.items() if version >= since]
    database = await db.fetchval("select quote_ident(current_database())")
    for name in names:
        await db.execute(f"alter database {database} set {name} = '200ms'")
    await db.execute(f"alter database {database} set lock_timeout = '1ms'")
    return names


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_the_servers_timeouts_end_no_run(project, db, impatient, one_by_one):
    """Statements, transactions and pauses between messages take longer than role and database allow others."""
    config = project(
        {
            "migrations/0001.a.sql": f"select pg_sleep(0.3); {SEEN};",
            "migrations/0002.b.sql": "-- transactional: false\nselect pg_sleep(0.3);\ncreate index concurrently i on "
            "seen (name);\nselect pg_sleep(0.3);\n",
            "migrations/0003.c.sql": "select pg_sleep(0.3);",
        }
    )
    result = await up(config, one_by_one=one_by_one)
    assert [done.id for done in result.done] == ["0001.a", "0002.b", "0003.c"]
    seen = dict(await db.fetch("select name, setting from seen"))
    assert {name: seen[name] for name in impatient} == dict.fromkeys(impatient, "0")
    assert seen["lock_timeout"] == "5000"


@pytest.mark.usefixtures("impatient")
async def test_a_slow_way_ends_no_run(project, db, cable):
    """While half of a message is on its way the server waits in a transaction, for longer than it lets others."""
    statement = f"insert into t values ('{'x' * 300_000}')"
    config = project({"migrations/0001.a.sql": f"create table t (a text); {statement}; {statement};"})
    config = project(database=Address(cable.dsn, "test"))
    loop = asyncio.get_running_loop()
    held: list[bytes] = []
    full = 0

    def slowly(line, data):
        nonlocal full
        full += len(data) >= 30_000
        if full < 2:  # the first message brings the table, and the second is waited for in its transaction
            return data
        if not held:
            loop.call_later(0.6, arrive, line)
        held.append(data)
        return b""

    def arrive(line):
        cable.outward = unchanged
        line.writers[1].write(b"".join(held))

    cable.outward = slowly
    assert [done.id for done in (await up(config)).done] == ["0001.a"]
    assert await db.fetchval("select count(*) from t") == 2
    assert held


async def test_a_timeout_of_the_address_stays(project, db, dsn):
    """What the user asks for in the address is what every statement gets."""
    config = project({"migrations/0001.a.sql": SEEN, "migrations/0002.b.sql": "select pg_sleep(5);"})
    options = quote("-c statement_timeout=300ms -c idle_in_transaction_session_timeout=77s")
    config = project(database=Address(f"{dsn}{'&' if '?' in dsn else '?'}options={options}", "test"))
    with pytest.raises(WorkError) as caught:
        await up(config)
    seen = dict(await db.fetch("select name, setting from seen"))
    assert (seen["statement_timeout"], seen["idle_in_transaction_session_timeout"]) == ("300", "77000")
    assert (caught.value.sqlstate, caught.value.done) == ("57014", ("0001.a",))


async def test_a_migrations_own_timeout_is_named(project):
    """A statement that exceeds what its file sets fails; the way out names the setting."""
    config = project({"migrations/0001.a.sql": "set statement_timeout = '100ms';\nselect pg_sleep(5);"})
    with pytest.raises(WorkError) as caught:
        await up(config)
    error = caught.value
    assert (error.message, error.sqlstate) == ("`0001.a` failed at statement 2 of 2", "57014")
    assert error.hint == (
        "raise the `statement_timeout` that the file or the address sets (a run itself has none), "
        "and run `migrate up` again"
    )


async def test_a_statement_that_somebody_cancels_is_said_as_such(project, db):
    """`pg_cancel_backend` is no fault of the file's."""
    config = project({"migrations/0001.a.sql": "select pg_sleep(30);"})
    running = asyncio.create_task(up(config))
    cancel = (
        "select count(*) filter (where pg_cancel_backend(pid)) from pg_stat_activity "
        "where wait_event = 'PgSleep' and datname = current_database()"
    )
    while not await db.fetchval(cancel):
        assert not running.done()
        await asyncio.sleep(0.02)
    with pytest.raises(WorkError) as caught:
        await running
    assert caught.value.sqlstate == "57014"
    assert caught.value.hint == (
        "another session cancelled it (`pg_cancel_backend`): when that was not meant, run `migrate up` again"
    )


def test_only_what_the_server_has_is_set():
    """PostgreSQL 17 brought `transaction_timeout`; an older one would refuse it."""
    assert lifted(160009, (("Statement_Timeout", "5s"),)) == (
        "set statement_timeout = '5s'; set idle_in_transaction_session_timeout = '0'; set idle_session_timeout = '0'"
    )
    assert lifted(170000, ()).endswith("; set transaction_timeout = '0'")
