"""`role` and `readers` behind a pooler: what a run makes is the role's, and the next client is nobody but itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.sessions.opening import open_session
from migrator.migrating import up
from migrator.seeding import seed

pytestmark = pytest.mark.db

FILES = {
    "migrations/0001.a.sql": "create table a (id int primary key, who text default current_user)",
    "seeds/a.yaml": "a:\n  - id: 1\n",
}


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_the_role_holds_for_our_transactions_alone(project: Callable[..., Config], bounced, db, mode: str):
    """What a run makes is the role's, readers can read it, and the next client is only who logged in."""
    name = await db.fetchval("select current_database()")
    role, reader = f"maker_{name}", f"reader_{name}"
    await db.execute(f"create role {role}; create role {reader}; grant create on schema public to {role}")
    await db.execute(f"grant create on database {name} to {role}")
    try:
        address = Address(bounced(mode, size=1), "test")
        config = replace(project(FILES, role=role, readers=(reader,)), database=address)
        await up(config, allow_transaction_pooler=True)
        await seed(config)
        next_client = await open_session(parse(address, {}))
        try:
            ((user, session_user),) = await next_client.read("select jsonb_build_array(current_user, session_user)")
        finally:
            await next_client.close()
        owners = await db.fetch(
            "select distinct pg_get_userbyid(relowner) from pg_class "
            "where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'migrator')"
        )
        can = "select bool_and(has_table_privilege($1, c.oid, 'select')) from pg_class c where c.relname = any ($2)"
        assert (
            [row[0] for row in owners],
            await db.fetchval("select who from a"),
            await db.fetchval(can, reader, ["journal", "seed", "_yoyo_migration"]),
            user == session_user,
        ) == ([role], role, True, True)
    finally:
        await db.execute(f"drop owned by {role}, {reader} cascade; drop role {role}, {reader}")
