"""What was measured, kept as JSON: rows of contenders and curves of growth; written.py writes it for people."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import written
from curves import drawn
from processes import Run
from report import processor


@dataclass(slots=True, kw_only=True)
class Measured:
    """The runs of one contender in one row.

    Attributes:
        name: the tool.
        kind: `ours`, `peer` or `floor`.
        note: what has to be known of how it works.
        walls, cpus: seconds, a run each.
        peak: bytes of resident memory, the highest of all runs.
        round_trips: of the last run, where they were counted.
        failed: why there is no result, or no more of it.
        spent: seconds, rounds that do not count included.
    """

    name: str
    kind: str
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
            "kind": self.kind,
            "note": self.note,
            "walls": [round(wall, 4) for wall in self.walls],
            "cpus": [round(cpu, 4) for cpu in self.cpus],
            "peak": self.peak,
            "round_trips": self.round_trips,
            "failed": self.failed,
        }

    def __str__(self) -> str:
        if not self.walls:
            return f"{self.name}: {self.failed or 'not run'}"
        trips = "" if self.round_trips is None else f", {self.round_trips} round trips"
        then = f"; then {self.failed}" if self.failed else ""
        return f"{self.name}: {statistics.median(self.walls):.3f} s, {len(self.walls)} runs{trips}{then}"


class Results:
    """results.json, results.md and growth.svg in a folder; what is measured again replaces its older self."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._json = folder / "results.json"
        self.data: dict[str, Any] = {"rows": {}, "growth": {}}
        if self._json.exists():
            self.data |= json.loads(self._json.read_text(encoding="utf-8"))

    def tools(self, versions: Mapping[str, str], missing: Mapping[str, str], server: str) -> None:
        """What was there, and what could not be installed."""
        known = {**self.data.get("versions", {}), **versions}
        absent = {name: why for name, why in self.data.get("missing", {}).items() if name not in versions}
        self.data |= {"versions": known, "missing": {**absent, **missing}, "server": server}

    def row(self, key: str, measured: Sequence[Measured], round_trip: float) -> None:
        """Keep a row; `round_trip` is the milliseconds of the way to the server where it is far."""
        self.data["rows"][key] = {
            **_circumstances(),
            "round_trip": round_trip,
            "measured": [each.document for each in measured],
        }

    def growth(self, name: str, title: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
        """Keep the curves of one thing that grows: by contender, points of `count`, `wall`, `cpu` and `peak`."""
        self.data["growth"][name] = {
            **_circumstances(),
            "title": title,
            "curves": {who: [dict(point) for point in points] for who, points in curves.items()},
        }

    def write(self) -> None:
        """Write all files."""
        self._json.write_text(json.dumps(self.data, indent=1) + "\n", encoding="utf-8")
        (self._folder / "results.md").write_text("\n".join(written.page(self.data)) + "\n", encoding="utf-8")
        if self.data["growth"]:
            (self._folder / "growth.svg").write_text(drawn(self.data["growth"]), encoding="utf-8")


def _circumstances() -> dict[str, Any]:
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
    }
