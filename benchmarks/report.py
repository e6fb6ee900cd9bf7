"""The table that a benchmark prints: where it ran, what it measured, and whether that is as fast as it must be."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from processes import Result, migrate_command, run

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A promise: a measured value and its bound.

    Attributes:
        what: the promise in words.
        value: what was measured.
        bound: what it must not pass.
        unit: of both.
        at_least: the bound is a lower one.
    """

    what: str
    value: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """The promise is kept."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        relation = "at least" if self.at_least else "at most"
        verdict = "met" if self.met else "MISSED"
        return (
            f"{verdict:6}  {self.what}: {_number(self.value)} {self.unit}, {relation} {_number(self.bound)} {self.unit}"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"


def processor() -> str:
    """The machine's processor, by name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} not installed"


def where(*more: str) -> None:
    """Print the machine and the versions that the numbers below belong to."""
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{processor()}, {os.cpu_count()} cores, {platform.platform()}{busy}")
    packages = ("asyncpg", "yoyo-migrations", "psycopg2-binary", "click", "pyyaml")
    ours = run([*migrate_command(), "--version"]).output.strip()
    print(", ".join((f"Python {platform.python_version()}", ours, *map(_version, packages))))
    for line in more:
        print(line)


def table(title: str, results: Sequence[Result], more: dict[str, str] | None = None) -> None:
    """Print one line per contender: medians with their extremes, seconds; `more` adds a word by contender."""
    print(f"\n{title}")
    width = max(len(result.name) for result in results)
    print(f"  {'':{width}}  {'wall s':>8}  {'min':>7}  {'max':>7}  {'cpu s':>7}  {'peak MB':>7}  {'runs':>4}")
    for result in results:
        walls = [run.wall for run in result.runs]
        word = (more or {}).get(result.name, "")
        print(
            f"  {result.name:{width}}  {statistics.median(walls):8.3f}  {min(walls):7.3f}  {max(walls):7.3f}  "
            f"{result.cpu:7.3f}  {result.peak / MEGABYTE:7.1f}  {len(walls):4}  {word}".rstrip()
        )


def verdicts(targets: Iterable[Target]) -> int:
    """Print which promises are kept; returns 1 when one is not, else 0."""
    print("\ntargets")
    missed = 0
    for target in targets:
        print(f"  {target}")
        missed |= not target.met
    return int(missed)
