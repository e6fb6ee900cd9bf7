"""How long `migrate seed` takes for many files when the server is far away: pools of several sizes, all at once.

    python benchmarks/seeds_far.py                      16 files x 2,000 rows, 40 ms away, pools of 1, 4, 8 and 16
    python benchmarks/seeds_far.py --round-trip 5 --files 4

Each file fills a table of its own, so that nothing but the pool orders them. Whole processes, into empty tables.
"""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from processes import Contender, Result, migrate_command, side_by_side
from proxy import Proxy
from report import Target, table, verdicts, where
from server import Server, far_away, running

POOLS = (1, 4, 8, 16)
POOL = 8
MOST = 1.2  # seconds, with a pool of POOL
AGAIN = "pool of 8, again"


def write(files: int, rows: int, folder: Path) -> list[str]:
    """Write the seed files; returns the statements that make their tables."""
    folder.mkdir()
    tables = []
    for number in range(files):
        lines = "".join(
            f"  - {{id: {row}, email: user.{row}@example.com, balance: {row}.25, note: written by a benchmark}}\n"
            for row in range(1, rows + 1)
        )
        (folder / f"{number:02d}.yaml").write_text(f"account_{number:02d}:\n{lines}", encoding="utf-8")
        tables.append(
            f"create table account_{number:02d} "
            "(id int primary key, email text not null unique, balance numeric(12, 2) not null, note text)"
        )
    return tables


def measure(
    server: Server, proxy: Proxy, given: argparse.Namespace, folder: Path
) -> tuple[list[Result], dict[str, str]]:
    """Run the pools in turn, each on a database of its own; tells the round trips and connections of each, too."""
    tables = write(given.files, given.rows, folder / "seeds")
    current = [""]
    passed: dict[str, str] = {}

    def seed(pool: int) -> list[str]:
        url = server.url(current[0], proxy)
        proxy.reset()
        return [*migrate_command(), "seed", "--database", url, "--pool-size", str(pool)]

    def first(pool: int) -> list[str]:
        if current[0]:
            server.drop(current[0])
        current[0] = server.fresh()
        server.sql(current[0], *tables)
        server.settle()
        return seed(pool)

    def prove(name: str) -> None:
        traffic = proxy.traffic
        passed[name] = f"{traffic.connections} connections, {traffic.round_trips} round trips in all"
        total = server.sql(current[0], *(f"select count(*) from account_{number:02d}" for number in range(given.files)))
        if total.split() != [str(given.rows)] * given.files:
            raise SystemExit(f"the tables hold {total.split()} rows")

    names = {pool: f"pool of {pool}" for pool in POOLS}
    contenders = [
        Contender(
            name=names[pool], command=lambda pool=pool: first(pool), after=lambda _, name=names[pool]: prove(name)
        )
        for pool in sorted(POOLS, key=lambda pool: pool == POOL)  # POOL last: the second run follows on it
    ]
    contenders.append(Contender(name=AGAIN, command=lambda: seed(POOL), after=lambda _: prove(AGAIN)))
    return side_by_side(contenders, given.runs, cwd=folder), passed


async def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--rows", type=int, default=2000, help="of each file")
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(given.dsn) as server:
            async with far_away(server, given.round_trip / 1000) as (proxy, seen):
                where(server.describe(), f"far away: {given.round_trip:g} ms round trip, {seen * 1000:.1f} ms as seen")
                results, passed = await asyncio.to_thread(measure, server, proxy, given, folder)
    finally:
        shutil.rmtree(folder)
    table(f"{given.files} files x {given.rows:,} rows, {given.round_trip:g} ms away", results, passed)
    pooled = next(result for result in results if result.name == f"pool of {POOL}")
    missed = verdicts(
        [Target(what=f"{given.files} files with a pool of {POOL}", value=pooled.wall, bound=MOST, unit="s")]
    )
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
