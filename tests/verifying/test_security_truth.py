"""What the cases of `security/` say of users and of rows is what the roles of the API can do, tried out in each."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from evidence import Case, cases

Connection = asyncpg.Connection

ROLES = ("anon", "authenticated")
SOMEBODY = "11111111-1111-4111-8111-111111111111"
CLAIMS = {
    "anon": """{"role": "anon"}""",
    "authenticated": """{"role": "authenticated", "sub": "22222222-2222-4222-8222-222222222222"}""",
}

RELATIONS = """
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind::text = any ($1::text[]) and n.nspname = 'public' order by 1"""

WRITING = {
    "insert": "insert into {} (id) values (99)",
    "update": "update {} set id = 5",  # a statement that reads the row would need a policy for that, too
    "delete": "delete from {}",
}


@pytest.fixture
async def trial(many: str) -> AsyncIterator[Connection]:
    """A superuser's connection."""
    connection = await asyncpg.connect(many, statement_cache_size=0)
    yield connection
    await connection.close()


async def rows(trial: Connection, role: str, statement: str) -> int:
    """How many rows a statement reads or writes for a role; 0 where it may not. Changes nothing."""
    await trial.execute("savepoint attempt")
    try:
        await trial.execute(f"set local role {role}; set local request.jwt.claims = '{CLAIMS[role]}'")
        done = await trial.execute(statement)
        return int(done.rpartition(" ")[2])
    except asyncpg.InsufficientPrivilegeError:
        return 0
    finally:
        await trial.execute("rollback to attempt")


async def made(trial: Connection, case: Case) -> None:
    """Begin a transaction with the case in it."""
    path = '"$user", public, extensions'
    await trial.execute(f"begin; set local role postgres; set local search_path = {path}; {case.sql}; reset role")


async def test_who_is_said_to_read_users_reads_them(trial: Connection) -> None:
    """A view is found where a role of the API gets somebody else's row of `auth.users` by it, and nowhere else."""
    said, so = {}, {}
    for case in cases("security", "V304"):
        await made(trial, case)
        await trial.execute(f"insert into auth.users (id, email) values ('{SOMEBODY}', 'ada@example.com')")
        for (name,) in await trial.fetch(RELATIONS, ["m"]):
            await trial.execute(f"set local role postgres; refresh materialized view {name}; reset role")
        views = [name for (name,) in await trial.fetch(RELATIONS, ["v", "m"])]
        so[case.title] = {
            (name, role) for name in views for role in ROLES if await rows(trial, role, f"select from {name}")
        }
        said[case.title] = {
            (found[1], role)
            for line in case.found
            if (found := re.match(r"V304 [a-z ]+ (\S+): (.+)", line))
            for role in ROLES
            if f"`{role}`" in found[2]
        }
        await trial.execute("rollback")
    assert said == so
    assert {role for pairs in so.values() for _, role in pairs} == {*ROLES}


async def test_who_is_said_to_write_every_row_writes_it(trial: Connection) -> None:
    """Of a policy that is found, each operation works on a row of somebody else; without one none does."""
    said, so = {}, {}
    for case in cases("security", "V307"):
        await made(trial, case)
        tables = [name for (name,) in await trial.fetch(RELATIONS, ["r"])]
        so[case.title], said[case.title] = set(), set()
        for name in tables:
            await trial.execute(f"insert into {name} (id) values (1)")
            for operation, statement in WRITING.items():
                for role in ROLES:
                    if await rows(trial, role, statement.format(name)):
                        so[case.title].add((name, role, operation))
        for line in case.found:
            found = re.match(r"V307 \S+ .+ of `(public\.\w+)` lets (.+?) ([a-z, ]+) whatever", line)
            for operation in found[3].split(", ") if found else ():
                said[case.title] |= {(found[1], role, operation) for role in ROLES if found and f"`{role}`" in found[2]}
        await trial.execute("rollback")
    assert said == so
    assert {operation for each in so.values() for *_, operation in each} == {*WRITING}
