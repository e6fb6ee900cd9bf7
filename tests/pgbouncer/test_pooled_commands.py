"""Each command through a PgBouncer, and what travels: no prepared statements, and no more connections than needed."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest
from cable import Cable, Line

from migrator import down, editor_schema, mark, new, protect, pull, redo, reset, seed, status, up
from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.database.sessions import opening
from migrator.database.sessions.opening import pool
from migrator.errors import InputError, MigratorError, StateError, UnavailableError

Project = Callable[..., Config]
Connection = asyncpg.Connection

FILES: dict[str, str | bytes] = {
    "migrations/0001.a.sql": "create table a (id int primary key)",
    "migrations/0001.a.rollback.sql": "drop table a",
    "migrations/0002.b.sql": "-- depends: 0001.a\ncreate table b (id int primary key)",
    "migrations/0002.b.rollback.sql": "drop table b",
    "seeds/a.yaml": "a:\n  - id: 1\n",
    "seeds/b.yaml": "b:\n  - id: 1\n",
}


async def test_every_command_in_session_mode(project: Project, bounced, look, db: Connection):
    """Whatever changes a database does so through a session pooler, and the next client finds a clean session."""
    address = bounced("session", size=3, server_reset_query="")
    config = project(FILES, database=Address(address, "test"))
    _, clean = await look(address)
    assert [done.id for done in (await up(config)).done] == ["0001.a", "0002.b"]
    assert [file.state for file in (await seed(config)).files] == ["loaded", "loaded"]
    assert [done.id for done in (await redo(config)).done] == ["0002.b", "0002.b"]
    assert [done.id for done in (await down(config)).done] == ["0002.b"]
    assert (await mark(config, ("0002",), state="applied")).marked == ("0002.b",)
    assert (await mark(config, ("0002",), state="pending")).marked == ("0002.b",)
    assert (await protect(config)).changed
    with pytest.raises(StateError):
        await seed(config, force=True)
    assert (await protect(config, on=False)).changed
    rebuilt = await reset(config)
    assert [done.id for done in rebuilt.up.done] == ["0001.a", "0002.b"]
    assert [file.state for file in rebuilt.seed.files] == ["loaded", "loaded"]
    found = await status(config)
    assert [each.state for each in found.migrations] == ["applied", "applied"]
    # the handshake of a pooler tells that it is one, and who only reads does not ask for more
    assert {found.database.kind, rebuilt.up.database.kind} == {"pooler", "session-pooler"}
    assert (await look(address))[1] == clean
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
async def test_who_only_reads(project: Project, start, bounced, mode: str):
    """`status --check` answers by its exit code, and `new` asks the ledger, in every mode of a pooler."""
    direct = project(FILES)
    address = bounced(mode)
    pooled = replace(direct, database=Address(address, "test"))
    process = start("status", "--check", "--json", DATABASE_URL=address)
    out, _ = await asyncio.to_thread(process.communicate, timeout=30)
    assert (process.returncode, json.loads(out)["summary"]["pending"]) == (1, 2)
    await up(direct)
    process = start("status", "--check", DATABASE_URL=address)
    await asyncio.to_thread(process.communicate, timeout=30)
    assert process.returncode == 0
    assert (await up(pooled)).done == ()
    # the newest file is gone, and only the ledger knows of it
    (direct.root / "migrations/0002.b.sql").unlink()
    (direct.root / "migrations/0002.b.rollback.sql").unlink()
    with pytest.raises(StateError) as caught:
        await new(pooled, "a-new")
    assert "0002.b" in caught.value.message


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_rows_and_schemas_through_a_pooler(project: Project, bounced, look, db: Connection, mode: str):
    """`pull` and `editor-schema` read in one transaction, and the next client finds a clean session."""
    await db.execute("create table a (id int primary key, at timestamptz); insert into a values (1, '2026-01-31 UTC')")
    address = bounced(mode, size=1, server_reset_query="")
    config = project({}, database=Address(address, "test"))
    _, clean = await look(address)
    parts: list[str] = []
    await pull(config, ["a"], write=parts.append)
    assert "".join(parts).splitlines()[2:] == ["a:", "  - {id: 1, at: 2026-01-31 00:00:00+00}"]
    assert (await editor_schema(config)).tables == 1
    with pytest.raises(InputError):
        await pull(config, ["a"], where="1 / (id - 1) > 0", write=parts.append)
    assert (await look(address))[1] == clean


async def test_rows_in_statement_mode(project: Project, bounced, db: Connection):
    """Where no transaction can be open nothing is read, and the error says so."""
    await db.execute("create table a (id int primary key)")
    config = project({}, database=Address(bounced("statement"), "test"))
    for command in (pull(config, ["a"], write=str), editor_schema(config)):
        with pytest.raises(UnavailableError) as caught:
            await command
        assert caught.value.code == "statement-pooler"


async def test_statement_mode_is_refused_by_whoever_writes(project: Project, bounced, db: Connection):
    """Where no transaction can be open nothing is changed, and the error says so."""
    config = project(FILES, database=Address(bounced("statement"), "test"))
    for command in (up(config), up(config, allow_transaction_pooler=True), protect(config), reset(config)):
        with pytest.raises(UnavailableError) as caught:
            await command
        assert (caught.value.code, caught.value.outcome) == ("statement-pooler", "nothing was changed")
    assert await db.fetchval("select count(*) from pg_namespace where nspname = 'migrator'") == 0


def sent(messages: list[tuple[int, str]]) -> Callable[[Line, bytes], bytes]:
    """For a cable's `outward`: note the type of every message of the protocol behind the one that begins a line."""
    rests: dict[int, bytes] = {}

    def look(line: Line, data: bytes) -> bytes:
        rest = rests.get(line.number)
        rest = data[int.from_bytes(data[:4], "big") :] if rest is None else rest + data
        while len(rest) >= 5:
            length = int.from_bytes(rest[1:5], "big") + 1
            if len(rest) < length:
                break
            messages.append((line.number, chr(rest[0])))
            rest = rest[length:]
        rests[line.number] = rest
        return data

    return look


async def test_what_travels(project: Project, bounced):
    """Commands travel by the simple protocol and COPY alone: no statement has a name that a pooler would mix up."""
    async with Cable(bounced("transaction")) as cable:
        messages: list[tuple[int, str]] = []
        cable.outward = sent(messages)
        config = project(FILES, database=Address(cable.dsn + "&target_session_attrs=read-write", "test"))
        assert len((await up(config, allow_transaction_pooler=True)).done) == 2
        assert len((await seed(config)).files) == 2
        await status(config)
        assert {kind for _, kind in messages} <= {"Q", "d", "c", "p", "X"}
        assert {"Q", "d", "c"} <= {kind for _, kind in messages}


@pytest.mark.parametrize(
    ("text", "sqlstate"), [("execute p", "26000"), ("prepare p as select 1; prepare p as select 1", "42P05")]
)
async def test_a_prepared_statement_of_a_migration(project: Project, bounced, text: str, sqlstate: str):
    """One that is not there, or is there already, may be the pooler's doing, and the way out says so."""
    config = project({"migrations/0001.a.sql": text}, database=Address(bounced("transaction"), "test"))
    with pytest.raises(MigratorError) as raised:
        await up(config, allow_transaction_pooler=True)
    way_out = (
        "correct the file and run `migrate up` again; a pooler in transaction mode loses prepared statements: there, "
        "use the direct address or its session mode"
    )
    assert (raised.value.sqlstate, raised.value.hint) == (sqlstate, way_out)


@pytest.mark.parametrize(
    ("files", "pool_size", "pooled", "most"),
    [(1, None, False, 1), (3, None, False, 3), (12, None, False, 8), (12, 2, False, 2), (12, None, True, 4)],
)
async def test_no_more_connections_than_needed(
    project: Project, bounced, dsn: str, db: Connection, files: int, pool_size: int | None, most: int, *, pooled: bool
):
    """One for each file, 8 at most, 4 on a pooler; a run with nothing to load has its first one only."""
    await db.execute(";".join(f"create table t{number} (id int primary key)" for number in range(files)))
    async with Cable(bounced("session", size=8) if pooled else dsn) as cable:
        config = project(
            {f"seeds/{number}.yaml": f"t{number}:\n  - id: 1\n" for number in range(files)},
            database=Address(cable.dsn, "test"),
            pool_size=pool_size,
        )
        assert len((await seed(config)).files) == files
        assert len(cable.lines) == most
        await seed(config)
        assert len(cable.lines) == most + 1


async def test_a_pool_ends_although_nobody_answers(project: Project, cable: Cable, monkeypatch: pytest.MonkeyPatch):
    """The farewell to a server that is gone is bounded; then the connections are ended here."""
    monkeypatch.setattr(opening, "CLOSE_TIMEOUT", 0.3)
    async with connect(project(database=Address(cable.dsn, "test"))) as session:
        async with pool(session.target, 2) as more:
            async with more.session() as one, more.session() as other:
                await asyncio.gather(one.run("select 1"), other.run("select 1"))
            cable.swallow()
            began = time.monotonic()
        assert 0.2 < time.monotonic() - began < 3
        assert (one.closed, other.closed) == (True, True)
        began = time.monotonic()
        await session.close(timeout=0.3)
        assert time.monotonic() - began < 3
        assert session.closed
