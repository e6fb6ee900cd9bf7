"""What was measured, kept as JSON and written as the tables of results.md."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processes import Run
from report import MEGABYTE, processor

TITLES = {
    "fresh": "{count} from empty",
    "idle": "nothing to do, {count} applied",
    "status": "status, {count} applied",
}


@dataclass(slots=True, kw_only=True)
class Measured:
    """The runs of one contender in one row.

    Attributes:
        name: the tool.
        note: what has to be known of how it works.
        walls, cpus: seconds, a run each.
        peak: bytes of resident memory, the highest of all runs.
        round_trips: of the last run, where they were counted.
        failed: why there is no result.
        spent: seconds, rounds that do not count included.
    """

    name: str
    note: str = ""
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    peak: int = 0
    round_trips: int | None = None
    failed: str = ""
    spent: float = 0.0

    def take(self, done: Run, round_trips: int | None) -> None:
        """Count a run."""
        self.walls.append(done.wall)
        self.cpus.append(done.cpu)
        self.peak = max(self.peak, done.peak)
        self.round_trips = round_trips

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "note": self.note,
            "walls": [round(wall, 4) for wall in self.walls],
            "cpus": [round(cpu, 4) for cpu in self.cpus],
            "peak": self.peak,
            "round_trips": self.round_trips,
            "failed": self.failed,
        }

    def __str__(self) -> str:
        if not self.walls:
            return f"{self.name}: {self.failed}"
        trips = "" if self.round_trips is None else f", {self.round_trips} round trips"
        return f"{self.name}: {statistics.median(self.walls):.3f} s, {len(self.walls)} runs{trips}"


class Results:
    """The files results.json and results.md in a folder; a row that is measured again replaces its older self."""

    def __init__(self, folder: Path, round_trip: float) -> None:
        self._json, self._markdown = folder / "results.json", folder / "results.md"
        self._round_trip = round_trip
        self._data: dict[str, Any] = {"rows": {}}
        if self._json.exists():
            self._data = json.loads(self._json.read_text(encoding="utf-8"))

    def tools(self, versions: Mapping[str, str], missing: Mapping[str, str], server: str) -> None:
        """What was there, and what could not be installed."""
        known = {**self._data.get("versions", {}), **versions}
        self._data |= {"versions": known, "missing": dict(missing), "server": server}

    def row(self, key: str, measured: Sequence[Measured]) -> None:
        """Keep a row."""
        self._data["rows"][key] = {
            "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
            "python": platform.python_version(),
            "measured": [each.document for each in measured],
        }

    def write(self) -> None:
        """Write both files."""
        self._json.write_text(json.dumps(self._data, indent=1) + "\n", encoding="utf-8")
        self._markdown.write_text("\n".join(self._page()) + "\n", encoding="utf-8")

    def _page(self) -> list[str]:
        versions = ", ".join(f"{name} {version}" for name, version in self._data["versions"].items())
        lines = [
            "# Results",
            "",
            "Written by `python benchmarks/everything.py`; `--rows NAME` measures a row again. Whole processes:",
            "medians of wall time in seconds, the fastest and the slowest run, CPU time of the process, peak memory.",
            "`psql` runs a transaction per file and is the floor.",
            "",
            f"{self._data['server']}. {versions}.",
        ]
        lines += [f"{name} could not be installed: {why}." for name, why in self._data["missing"].items()]
        for key in sorted(self._data["rows"], key=_order):
            lines += ["", *self._table(key, self._data["rows"][key])]
        return lines

    def _table(self, key: str, row: Mapping[str, Any]) -> list[str]:
        action, count, where = key.split("-")
        title = TITLES[action].format(count=f"{int(count):,} migration{'s' if count != '1' else ''}")
        far = where == "far"
        place = f"{self._round_trip:g} ms away" if far else "on the same machine"
        trips = [" round trips |", " --- |"] if far else ["", ""]
        lines = [
            f"## {title}, {place}",
            "",
            f"`{key}`, {row['when']} UTC, {row['machine']}, load {row['load']}, Python {row['python']}",
            "",
            f"| | median s | min | max | CPU s | peak MB | beside `migrate` |{trips[0]}",
            f"| --- | --- | --- | --- | --- | --- | --- |{trips[1]}",
        ]
        medians = {each["name"]: statistics.median(each["walls"]) for each in row["measured"] if each["walls"]}
        ours = medians.get("migrate")
        ranked = sorted(row["measured"], key=lambda each: medians.get(each["name"], 1e9))
        return [*lines, *(_line(each, medians.get(each["name"]), ours, far=far) for each in ranked)]


def _line(each: Mapping[str, Any], median: float | None, ours: float | None, *, far: bool) -> str:
    name = f"**{each['name']}**" if each["name"] == "migrate" else each["name"]
    name += f" ({each['note']})" if each["note"] else ""
    if median is None:
        return f"| {name} | {each['failed']} | | | | | |" + (" |" if far else "")
    walls, cpu = each["walls"], statistics.median(each["cpus"])
    ratio = f"{median / ours:.2f} x" if ours else ""
    cells = [f"{median:.3f}", f"{min(walls):.3f}", f"{max(walls):.3f}", f"{cpu:.3f}", f"{each['peak'] / MEGABYTE:.0f}"]
    cells += [ratio, *([str(each["round_trips"])] if far else [])]
    return f"| {name} | {' | '.join(cells)} |"


def _order(key: str) -> tuple[int, int, int]:
    action, count, where = key.split("-")
    return list(TITLES).index(action), int(count), where == "far"
