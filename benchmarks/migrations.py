"""How fast `migrate up` is: beside psql with a transaction per file, near and far away, and beside yoyo.

    python benchmarks/migrations.py                     everything, about four minutes
    python benchmarks/migrations.py --no-peers          without yoyo, about one minute
    python benchmarks/migrations.py --dsn URL --runs 9 --round-trip 100

Whole processes are measured, in turn, on fresh databases. Exit code 1 when a target is missed and `--check` is given.
"""

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import layouts
from processes import Contender, Result, Run, migrate_command, side_by_side
from proxy import Proxy
from report import Target, verdicts, where
from report import table as printed
from server import Server, far_away, running
from workloads import table

FEW, MANY = 100, 1000
FAR_FRESH = 0.80  # seconds over psql's local time, for FEW migrations
FAR_NOTHING = 0.30  # seconds, MANY applied


@dataclass(frozen=True, slots=True)
class Workload:
    """The same migrations in two layouts: a folder that `migrate` and yoyo read, and a script for psql."""

    count: int
    folder: Path
    script: Path

    @classmethod
    def write(cls, count: int, into: Path) -> "Workload":
        """Make `count` migrations, each a table with an index and a foreign key to the table before it."""
        folder, scripts = into / f"migrations-{count}", into / f"psql-{count}"
        tables = [table(number) for number in range(1, count + 1)]
        layouts.yoyo(folder, tables)
        layouts.psql(scripts, tables)
        return cls(count, folder, scripts / "all.psql")


@dataclass(slots=True)
class Bench:
    """The server, the proxy in front of it, and the round trips that each far command took."""

    server: Server
    proxy: Proxy
    round_trips: dict[str, str] = field(default_factory=dict)

    def _prove(self, database: str, count: int) -> None:
        tables = int(self.server.sql(database, "select count(*) from pg_class where relname ~ '^item_[0-9]+$'"))
        if tables != count:
            raise SystemExit(f"{tables} tables were made where {count} should be")

    def _contender(
        self,
        name: str,
        line: Callable[[str], list[str]],
        count: int,
        *,
        far: bool,
        database: str | None,
        runs: int | None,
    ) -> Contender:
        """A command on a fresh database each time, or always on the given one."""
        current = [database or ""]

        def command() -> list[str]:
            if database is None:
                current[0] = self.server.fresh()
                self.server.settle()
            self.proxy.reset()
            return line(self.server.url(current[0], self.proxy if far else None))

        def after(_: Run) -> None:
            if far:
                self.round_trips[name] = f"{self.proxy.traffic.round_trips} round trips"
            self._prove(current[0], count)
            if database is None:
                self.server.drop(current[0])

        return Contender(name=name, command=command, after=after, runs=runs)

    def psql(self, name: str, workload: Workload) -> Contender:
        """A transaction per file, by psql on the spot: the floor."""

        def line(url: str) -> list[str]:
            return [self.server.psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(workload.script)]

        return self._contender(name, line, workload.count, far=False, database=None, runs=None)

    def migrate(self, name: str, workload: Workload, *, far: bool = False, database: str | None = None) -> Contender:
        """`migrate up`."""

        def line(url: str) -> list[str]:
            return [*migrate_command(), "up", "--database", url, "--migrations", str(workload.folder)]

        return self._contender(name, line, workload.count, far=far, database=database, runs=None)

    def yoyo(
        self, name: str, workload: Workload, *, far: bool = False, database: str | None = None, runs: int | None = None
    ) -> Contender:
        """`yoyo apply`, with psycopg2."""
        command = str(Path(sys.executable).parent / "yoyo")

        def line(url: str) -> list[str]:
            return [command, "apply", "--batch", "--no-config-file", "--database", url, str(workload.folder)]

        return self._contender(name, line, workload.count, far=far, database=database, runs=runs)

    @contextlib.contextmanager
    def applied(self, contender: Callable[[str], Contender], workload: Workload) -> Iterator[str]:
        """A database where everything of the workload is applied already, by the tool that is then measured on it."""
        database = self.server.fresh()
        side_by_side([contender(database)], 1, cwd=workload.folder.parent, warm=False)
        try:
            yield database
        finally:
            self.server.drop(database)


def measure(bench: Bench, folder: Path, runs: int, far: str, *, peers: bool) -> list[Target]:
    """Run everything and print the tables; returns what was promised and what came of it."""
    few, many = Workload.write(FEW, folder), Workload.write(MANY, folder)
    fresh = [
        bench.psql("psql, here", few),
        bench.migrate("migrate up, here", few),
        bench.migrate(f"migrate up, {far}", few, far=True),
    ]
    if peers:
        fresh += [bench.yoyo("yoyo apply, here", few), bench.yoyo(f"yoyo apply, {far}", few, far=True, runs=1)]
    at_few = _shown(bench, f"{FEW} migrations on an empty database", side_by_side(fresh, runs, cwd=folder))

    fresh = [bench.psql("psql, here", many), bench.migrate("migrate up, here", many)]
    if peers:
        fresh.append(bench.yoyo("yoyo apply, here", many, runs=1))
    at_many = _shown(bench, f"{MANY} migrations on an empty database", side_by_side(fresh, runs, cwd=folder))

    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(bench.applied(lambda name: bench.migrate("", many, database=name), many))
        idle = [
            bench.migrate("migrate up, here", many, database=ours),
            bench.migrate(f"migrate up, {far}", many, far=True, database=ours),
        ]
        if peers:
            theirs = stack.enter_context(bench.applied(lambda name: bench.yoyo("", many, database=name, runs=1), many))
            idle += [
                bench.yoyo("yoyo apply, here", many, database=theirs),
                bench.yoyo(f"yoyo apply, {far}", many, far=True, database=theirs),
            ]
        at_rest = _shown(bench, f"nothing to do, {MANY} applied", side_by_side(idle, runs, cwd=folder))

    return [
        Target(
            what=f"{FEW} from empty, {far}, over psql's time here",
            value=at_few[2].wall - at_few[0].wall,
            bound=FAR_FRESH,
            unit="s",
        ),
        Target(what=f"nothing to do, {MANY} applied, {far}", value=at_rest[1].wall, bound=FAR_NOTHING, unit="s"),
        Target(
            what=f"{MANY} from empty, here, against psql's time", value=at_many[1].wall, bound=at_many[0].wall, unit="s"
        ),
    ]


def _shown(bench: Bench, title: str, results: list[Result]) -> list[Result]:
    printed(title, results, bench.round_trips)
    return results


async def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS", help="milliseconds (40)")
    parser.add_argument("--no-peers", action="store_true", help="leave yoyo out")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(given.dsn) as server:
            async with far_away(server, given.round_trip / 1000) as (proxy, seen):
                where(server.describe(), f"far away: {given.round_trip:g} ms round trip, {seen * 1000:.1f} ms as seen")
                bench = Bench(server, proxy)
                targets = await asyncio.to_thread(
                    measure, bench, folder, given.runs, f"{given.round_trip:g} ms away", peers=not given.no_peers
                )
    finally:
        shutil.rmtree(folder)
    missed = verdicts(targets)
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
