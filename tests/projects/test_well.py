"""Two Supabase projects as people write them, a clinic and a shop: nothing is wrong with what their migrations make."""

import pytest

from migrator import check, seed, up, verify

MADE = {
    "clinic": {"constraint": 22, "function": 6, "index": 17, "policy": 15, "table": 7, "trigger": 4, "type": 3},
    "shop": {"constraint": 24, "function": 5, "index": 21, "policy": 23, "table": 7, "trigger": 5, "type": 2},
}


@pytest.mark.parametrize("project", ["clinic", "shop"])
async def test_nothing_is_found_in_what_a_project_makes(project, of, databases):
    """`check` finds nothing; after `up` and `seed` neither the record, nor a replay, nor a check tells of anything."""
    tried = await check(of(project, None, await databases()))
    config = of(project, await databases(), await databases())
    await up(config)
    loaded = await seed(config)
    recorded = await verify(config, check_seeds=True, fail_on="info")
    replayed = await verify(config, against="replay")
    assert [(each.findings, each.untold) for each in (tried, recorded, replayed)] == [((), ())] * 3
    assert recorded.against == "the record of 20261104100000_jobs"
    assert str(replayed.against).startswith("the migrations up to `20261104100000_jobs`, applied to an empty database")
    assert {kind: recorded.compared[kind] for kind in MADE[project]} == MADE[project]
    assert len(loaded.files) == 2
