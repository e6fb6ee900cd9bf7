"""`migrate verify` through a PgBouncer: the answer of a direct connection, and a clean session for the next client."""

from collections.abc import Callable
from dataclasses import replace

import asyncpg

from migrator import up, verify
from migrator.config import Address, Config

Project = Callable[..., Config]
Connection = asyncpg.Connection

FILES: dict[str, str | bytes] = {
    "migrations/0001.users.sql": "create table users (id int primary key, email text default 'x')",
    "migrations/0002.view.sql": "create view emails as select email from users",
    "seeds/users.yaml": "users:\n  - {id: 1, email: a}\n",
}


async def test_the_same_answer_through_a_pooler(project: Project, bounced, look, db: Connection):
    """By session, by transaction and directly, it finds the same and leaves nothing; by statement it cannot tell."""
    config = project(FILES)
    await up(config)
    await db.execute("alter table users alter email drop default; create index by_hand on users (email)")
    (config.root / "migrations/0003.new.sql").write_text("select 3")
    direct = await verify(config, check_seeds=True)
    assert sorted((each.code, each.kind) for each in direct.findings) == [
        ("V101", None),
        ("V202", "index"),
        ("V203", "column"),
        ("V401", None),
    ]
    for mode in ("session", "transaction"):
        address = bounced(mode, size=1, server_reset_query="")
        _, clean = await look(address)
        pooled = await verify(replace(config, database=Address(address, "test")), check_seeds=True)
        assert (pooled.findings, pooled.compared, pooled.not_compared, pooled.untold) == (
            direct.findings,
            direct.compared,
            direct.not_compared,
            (),
        )
        assert (await look(address))[1] == clean
    by_statement = await verify(replace(config, database=Address(bounced("statement"), "test")))
    assert [error.code for error in by_statement.untold] == ["statement-pooler"]
    assert [each.code for each in by_statement.findings] == ["V101"]
