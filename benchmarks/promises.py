"""What must be true of results: `migrate` ahead of its peers, near the floor, and nothing that grows out of hand."""

import itertools
import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from report import MEGABYTE, Target

OURS, PEER, FLOOR = "ours", "peer", "floor"

MANY = 100
"""Migrations, rows, tables. Less than that on the same machine is the start of a process, and nothing is promised."""

FLOOR_TIMES = 1.15
CONNECT_TIMES = 1.6
CONNECT_ROWS = ("idle-0-near", "idle-1000-near")
HELP_ROW, HELP_CPU = "help-0-near", 0.080
SLOPE = 1.1
SECOND = 1.0
"""What takes less grows with the clock's noise and the start of Python."""

MEMORY = 100 * MEGABYTE
"""Likewise."""


def medians(row: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """Kind, name and median of wall time of each contender that has one."""
    return [(each["kind"], each["name"], statistics.median(each["walls"])) for each in row["measured"] if each["walls"]]


def promised(data: Mapping[str, Any], only: Collection[str] | None = None) -> list[Target]:
    """The targets of the results, or of those rows and growths that are named."""
    found = []
    for key, row in data["rows"].items():
        if only is None or key in only:
            found += _of_row(key, row)
    for name, growth in data["growth"].items():
        if only is None or name in only:
            found += _of_growth(name, growth["curves"])
    return found


def decades(points: Sequence[Mapping[str, float]]) -> Iterator[tuple[float, float, float]]:
    """For each point but the first: its count, and the slopes of time and memory since the one before."""
    for before, after in itertools.pairwise(points):
        wide = math.log(after["count"] / before["count"])
        slopes = (math.log(after[what] / before[what]) / wide for what in ("wall", "peak"))
        yield (after["count"], *slopes)


def _of_row(key: str, row: Mapping[str, Any]) -> Iterator[Target]:
    action, count, where = key.split("-")
    found = medians(row)
    ours = next((wall for kind, name, wall in found if kind == OURS and name == "migrate"), None)
    if ours is None:
        yield Target(what=f"{key}: runs of `migrate`", value=0, bound=1, unit="runs", at_least=True)
        return
    if key == HELP_ROW:
        cpu = next(statistics.median(each["cpus"]) for each in row["measured"] if each["kind"] == OURS)
        yield Target(what=f"{key}: processor time", value=cpu, bound=HELP_CPU, unit="s")
    peers = sorted((wall, name) for kind, name, wall in found if kind == PEER)
    if peers and (where == "far" or int(count) >= MANY):
        wall, name = peers[0]
        yield Target(what=f"{key}: ahead of every peer ({name} is the nearest)", value=ours, bound=wall, unit="s")
    floors = {name: wall for kind, name, wall in found if kind == FLOOR}
    if action == "fresh" and where == "near" and int(count) >= MANY and "psql" in floors:
        yield Target(what=f"{key}: beside psql", value=ours / floors["psql"], bound=FLOOR_TIMES, unit="times")
    if key in CONNECT_ROWS and "asyncpg" in floors:
        value = ours / floors["asyncpg"]
        yield Target(what=f"{key}: beside a connection of asyncpg", value=value, bound=CONNECT_TIMES, unit="times")


def _of_growth(name: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[Target]:
    """`migrate`'s own curves; those of others are there to compare."""
    for who, points in curves.items():
        if not who.startswith("migrate"):
            continue
        known = {point["count"]: point for point in points}
        for count, time, memory in decades(points):
            if known[count]["wall"] > SECOND:
                yield Target(what=f"{name} to {count:,.0f}: time of {who}", value=time, bound=SLOPE, unit="slope")
            if known[count]["peak"] > MEMORY:
                yield Target(what=f"{name} to {count:,.0f}: memory of {who}", value=memory, bound=SLOPE, unit="slope")
