"""Partitions: left out with all that is theirs, or compared like other tables where that is asked for."""

from dataclasses import replace

from mutation import read_inside, seen
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.schema.reading import read

WITH_PARTITIONS = replace(SCOPE, partitions=True)


async def test_partitions_are_compared_when_asked_for(session: Session):
    """Tables, columns, constraints, indexes and bounds of partitions; what is changed on one of them alone is seen."""
    without, within = await read(session, SCOPE), await read(session, WITH_PARTITIONS)
    more = seen(without, within)
    assert {each for each in more if each[1] in {"table", "index", "constraint"}} == {
        ("extra", "table", "app.measures_2024"),
        ("extra", "table", "app.measures_2025"),
        ("extra", "table", "app.measures_2025_1"),
        *(("extra", "index", f"app.measures_{part}_{what}") for part in PARTS for what in ("at_idx", "pkey")),
        *(("extra", "constraint", f"app.measures_{part}.measures_value") for part in PARTS),
        *(("extra", "constraint", f"app.measures_{part}.measures_{part}_pkey") for part in PARTS),
    }
    assert {each[1] for each in more} == {"table", "index", "constraint", "column"}
    assert within.attributes(("table", "app.measures_2024"))["partition"] == (
        "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"
    )
    await session.run("begin; alter table app.measures_2024 set (fillfactor = 50)")
    changed = seen(within, await read_inside(session, WITH_PARTITIONS))
    await session.run("rollback")
    assert changed == {("changed", "table", "app.measures_2024")}


PARTS = ("2024", "2025", "2025_1")
