"""Reading the schema behind a pooler: one transaction, also where it is read in batches, that leaves nothing behind."""

from collections.abc import Callable

import pytest

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.schema import catalog
from migrator.schema.objects import Schema
from migrator.schema.reading import read
from migrator.schema.scope import Scope

pytestmark = pytest.mark.db

SCOPE = Scope(own="migrator", ledger="public", supabase=False)


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_it_is_the_same_schema_and_the_next_client_sees_nothing(
    project: Callable[..., Config], bounced, look, db, monkeypatch: pytest.MonkeyPatch, mode: str
):
    """Whole and in batches of a single view it is what is read directly; settings, locks and savepoints are gone."""
    await db.execute("create table a (id int primary key, b text default 'x')")
    for number in range(5):
        await db.execute(f"create view v{number} as select id + {number} as id from a")
    address = bounced(mode, size=1)

    async def through(where: str) -> Schema:
        async with connect(project(database=Address(where, "test"))) as session:
            return await read(session, SCOPE)

    async with connect(project()) as session:
        directly = await read(session, SCOPE)
    before = await look(address)
    whole = await through(address)
    monkeypatch.setattr(catalog, "LOCKS", "1")
    in_batches = await through(address)
    assert directly.counts()["view"] == 5
    assert (whole.objects, in_batches.objects) == (directly.objects, directly.objects)
    assert await look(address) == before
