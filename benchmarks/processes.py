"""Whole processes as a user feels them: wall time, processor time and peak memory, by the kernel's own books."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GIVEN_UP = "given up after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished process.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of processor time, user and system, children that it waited for included.
        peak: bytes of memory resident at most. The kernel counts from the size of the parent at the time of the fork,
            so this is never below our own size.
        output: what it wrote to stdout.
    """

    wall: float
    cpu: float
    peak: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Something that is measured side by side with others.

    Attributes:
        name: its name in the table.
        command: gives the command line for one run; what it prepares before it returns is not measured.
        after: called with each run, to prove that the work was really done.
        runs: how often; None means as often as the others.
    """

    name: str
    command: Callable[[], Sequence[str]]
    after: Callable[[Run], None] = lambda _: None
    runs: int | None = None


@dataclass(slots=True)
class Result:
    """The runs of one contender."""

    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """The median of the wall times, in seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median of the processor times, in seconds."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def peak(self) -> int:
        """The highest peak, in bytes."""
        return max(run.peak for run in self.runs)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment without what would change a measured command: addresses, options, Python's switches."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "MIGRATOR_", "PYTHON", "DATABASE_URL", "CI", "GITHUB_"))
    }
    # an uninstalled checkout is measured, too
    return {**kept, "PYTHONPATH": str(REPOSITORY), **(extra or {})}


def migrate_command() -> list[str]:
    """The `migrate` of this Python's environment, or this checkout's by `python -m`."""
    installed = Path(sys.executable).parent / "migrate"
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "migrator"]


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> Run:
    """Run a process to its end; its output goes to files, so that nobody waits for a pipe.

    Raises `SystemExit` with its words when it fails, or takes more than `limit` seconds: a benchmark of a failure means
    nothing.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=cwd, env=environment(extra)
        )
        patience = threading.Timer(limit or 24 * 3600, process.kill)
        patience.daemon = True
        patience.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # we are interrupted, and it must not go on alone
            process.kill()
            raise
        finally:
            patience.cancel()
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if limit is not None and wall >= limit:
            raise SystemExit(f"{GIVEN_UP} {limit:,.0f} s")
        out.seek(0)
        output = out.read().decode(errors="replace")
        if process.returncode != 0:
            errors.seek(0)
            words = output + errors.read().decode(errors="replace")
            raise SystemExit(f"exit code {process.returncode} of {' '.join(command)}\n{words[-4000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * unit, output=output)


def side_by_side(contenders: Sequence[Contender], runs: int, *, cwd: Path, warm: bool = True) -> list[Result]:
    """Run the contenders in turn, round after round, so that a busy moment of the machine meets all of them.

    With `warm`, a round before the first is not counted: it compiles Python's modules and fills the page cache. A
    contender that runs only once has no such round.
    """
    results = [Result(contender.name) for contender in contenders]
    for number in range(-1 if warm else 0, runs):
        for contender, result in zip(contenders, results, strict=True):
            wanted = runs if contender.runs is None else contender.runs
            if number >= wanted or (number < 0 and wanted < 2):
                continue
            finished = run(contender.command(), cwd=cwd)
            contender.after(finished)
            if number >= 0:
                result.runs.append(finished)
    return results
