"""The record of the schema beside the Supabase CLI's table: it is of this very ledger from the first run on."""

import pytest

from migrator import up, verify

pytestmark = pytest.mark.db


OLD = "create table supabase_migrations.schema_migrations (version text primary key)"


@pytest.mark.parametrize("before", ["select", f"create schema supabase_migrations; {OLD}"])
async def test_the_first_run_leaves_a_record_that_counts(files, db, before):
    """Whether the table was missing or as an old CLI made it, the record has the names that its rows have by now."""
    await db.execute(before)
    config = files({"20240102030405_add_a": "create table a (id int primary key)"})
    await up(config)
    first = await verify(config)
    config = files({"20240102030406_add_b": "create table b (id int primary key)"})
    await up(config)
    second = await verify(config)
    assert [(each.untold, each.findings, each.against) for each in (first, second)] == [
        ((), (), "the record of 20240102030405_add_a"),
        ((), (), "the record of 20240102030406_add_b"),
    ]
