"""What the benchmarks make of their measurements: verdicts, the README's table, the plot."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def contender(name: str, kind: str, *walls: float, failed: str = "") -> dict[str, object]:
    return {
        "name": name,
        "kind": kind,
        "note": "",
        "walls": [*walls],
        "cpus": [*walls],
        "peak": 40_000_000,
        "round_trips": 7,
        "failed": failed,
    }


def row(*contenders: dict[str, object]) -> dict[str, object]:
    where = {"when": "2026-01-02 03:04", "machine": "a machine", "load": 0.1, "python": "3.13.0", "round_trip": 40}
    return {**where, "measured": [*contenders]}


def growth(*points: tuple[int, float, float]) -> dict[str, object]:
    curve = [{"count": count, "wall": wall, "cpu": wall, "peak": peak} for count, wall, peak in points]
    return {
        "title": "migrations",
        "when": "then",
        "machine": "m",
        "load": 1,
        "curves": {"migrate up": curve, "psql": curve},
    }


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The benchmarks' own modules, which are no package."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield {name: importlib.import_module(name) for name in ("promises", "written", "curves")}
    for name in set(sys.modules) - before:
        if (BENCHMARKS / f"{name}.py").exists():
            del sys.modules[name]


def verdicts(modules: dict[str, ModuleType], rows: dict[str, object], grown: dict[str, object]) -> list[str]:
    found = modules["promises"].promised({"rows": rows, "growth": grown})
    return [f"{'met' if target.met else 'MISSED'} {target.what}" for target in found]


def test_a_row_is_judged_by_its_nearest_peer_and_its_floor(modules) -> None:
    """Far away every row must be ahead; near only from a hundred on, and near the floor; medians decide."""
    ours, floor = contender("migrate", "ours", 0.9, 1.0, 9.0), contender("psql", "floor", 0.8)
    slow, fast = contender("yoyo", "peer", 5.0), contender("dbmate", "peer", 0.95)
    gone = contender("sqitch", "peer", failed="given up after 1,800 s")
    expected = [
        "MISSED fresh-1-far: ahead of every peer (dbmate is the nearest)",
        "met fresh-100-near: ahead of every peer (yoyo is the nearest)",
        "MISSED fresh-100-near: beside psql",
        "MISSED idle-0-near: beside a connection of asyncpg",
        "MISSED verify-1000-far: runs of `migrate`",
    ]
    assert expected == verdicts(
        modules,
        {
            "fresh-1-near": row(ours, floor, fast),
            "fresh-1-far": row(ours, floor, slow, fast),
            "fresh-100-near": row(ours, floor, slow, gone),
            "idle-0-near": row(ours, contender("asyncpg", "floor", 0.6), fast),
            "verify-1000-far": row(contender("migrate", "ours", failed="exit code 4"), slow),
        },
        {},
    )


def test_what_grows_faster_than_linearly_is_missed(modules) -> None:
    """A slope counts where a run takes more than a second or a hundred megabytes, and only our own."""
    grown = growth((10, 0.3, 40e6), (100, 0.9, 40e6), (1000, 9.0, 90e6), (10_000, 180.0, 2e9))
    assert verdicts(modules, {}, {"migrations": grown}) == [
        "met migrations to 1,000: time of migrate up",
        "MISSED migrations to 10,000: time of migrate up",
        "MISSED migrations to 10,000: memory of migrate up",
    ]


def test_the_table_of_the_readme_names_the_nearest_and_the_slowest_peer(modules) -> None:
    """Ten lines at most come of all rows; peers without a result are left out, and so are rows that are not shown."""
    peers = contender("yoyo", "peer", 50.0), contender("dbmate", "peer", 2.5), contender("sqitch", "peer", failed="no")
    rows = {
        "fresh-100-far": row(contender("psql", "floor", 13.0), contender("migrate", "ours", 0.7), *peers),
        "fresh-7-far": row(contender("migrate", "ours", 0.7)),
    }
    assert modules["written"].short({"rows": rows}) == [
        "| seconds | `migrate` | floor | nearest peer | slowest peer |",
        "|---|---|---|---|---|",
        "| 100 migrations from empty, 40 ms away | **0.70** | 13.00 psql | 2.50 dbmate | 50.00 yoyo |",
        "",
        "`python benchmarks/everything.py` on a machine; [all of it](benchmarks/results.md).",
    ]
    assert len(modules["written"].SHOWN) <= 8


def test_the_page_tells_failures_and_slopes(modules) -> None:
    """A contender without a result keeps its line and its reason; growth has a slope from the second point on."""
    failed = contender("sqitch", "peer", failed="given up after 1,800 s")
    lines = modules["written"].page(
        {
            "rows": {"idle-0-far": row(contender("migrate", "ours", 0.25), failed)},
            "growth": {"migrations": growth((10, 1.0, 40e6), (100, 10.0, 40e6))},
        }
    )
    assert "| sqitch |  |  |  |  |  |  |  | given up after 1,800 s |" in lines
    assert "| **migrate** | 0.250 | 0.250 | 0.250 | 0.250 | 40 | 1.00 x | 7 |  |" in lines
    assert "| migrate up | 100 | 10.000 | 1.00 | 10.000 | 40 | 0.00 |" in lines


def test_the_plot_has_each_curve_twice_and_every_point(modules) -> None:
    """Time and memory of each contender: a line and its points in both panels, and one line in the legend."""
    picture = ET.fromstring(modules["curves"].drawn({"a": growth((10, 1.0, 4e7), (100, 2.0, 5e7))}))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    assert len(picture.findall(f"{space}polyline")) == 2 * 2 + 2
    assert len(picture.findall(f"{space}circle")) == 2 * 2 * 2


def test_the_readme_shows_what_was_measured_last(modules) -> None:
    """The table between its marks is that of `everything.py --readme`."""
    data = json.loads((BENCHMARKS / "results.json").read_text(encoding="utf-8"))
    shown = (BENCHMARKS.parent / "README.md").read_text(encoding="utf-8")
    assert "\n".join(modules["written"].short(data)) in shown
