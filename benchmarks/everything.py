"""`migrate` beside its peers: every workload, near and 40 ms away, written into results.md.

    python benchmarks/everything.py                                  all of it: hours, most of them of peers far away
    python benchmarks/everything.py --rows fresh-100-near idle-1000-far --runs 9
    python benchmarks/everything.py --peers yoyo dbmate --rows fresh-100-far
    python benchmarks/everything.py --list

Peers are installed into `--tools` (PyPI, npm, Debian) the first time. Whole processes are measured, in turn, round
after round, on fresh databases; what each has made is compared with what psql made. A row that is measured again
replaces its older self in results.json, from which results.md is written.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import layouts
from installing import install, versions
from peers import PEERS, Peer, Place
from processes import Run, migrate_command, run
from proxy import Proxy
from results import Measured, Results
from server import Server, far_away, running
from workloads import FINGERPRINT, changes

HERE = Path(__file__).resolve().parent
BUDGET = 60.0
"""Seconds after which a contender of a row is not run again."""

LIMIT = 1800.0
"""Seconds after which a run is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One workload: `action` is `fresh` (all from empty), `idle` (nothing to do) or `status`."""

    action: str
    count: int
    far: bool

    @property
    def key(self) -> str:
        """Its name on the command line."""
        return f"{self.action}-{self.count}-{'far' if self.far else 'near'}"


ROWS = tuple(
    Row(action=action, count=count, far=far)
    for action, counts in (("fresh", (1, 100, 1000)), ("idle", (0, 1000, 5000)), ("status", (1000,)))
    for count in counts
    for far in (False, True)
)

MIGRATE = Peer(
    name="migrate",
    source="here",
    packages=(),
    layout=layouts.yoyo,
    up=lambda place: [*migrate_command(), "up", "--database", place.url, "--migrations", str(place.folder)],
    status=lambda place: [*migrate_command(), "status", "--database", place.url, "--migrations", str(place.folder)],
    version=lambda _: [*migrate_command(), "--version"],
)


@dataclass(slots=True)
class Bench:
    """A server, the peers beside it, and the files that each reads.

    Attributes:
        server, proxy: where; the proxy is 40 ms away.
        folder: for workloads.
        tools: where peers are installed.
        peers: those that are measured.
        runs: how often.
    """

    server: Server
    proxy: Proxy
    folder: Path
    tools: Path
    peers: Sequence[Peer]
    runs: int
    prepared: dict[tuple[str, int], str] = field(default_factory=dict)
    expected: dict[int, str] = field(default_factory=dict)

    def _files(self, peer: Peer, count: int) -> Path:
        folder = self.folder / f"{count}" / peer.name.replace(" ", "-")
        if not folder.exists():
            folder.mkdir(parents=True)
            peer.layout(folder, changes(count))
            modules = self.folder / "node_modules"  # node looks for packages in the folders above a file
            if not modules.exists():
                modules.symlink_to(self.tools / "node" / "node_modules")
        return folder

    def _place(self, peer: Peer, count: int, database: str, *, far: bool) -> Place:
        url = f"{self.server.url(database, self.proxy if far else None).partition('?')[0]}?sslmode=disable"
        parts = urlsplit(url)
        return Place(
            url=url,
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            user=parts.username or "postgres",
            database=database,
            folder=self._files(peer, count),
            tools=self.tools,
        )

    def _run(self, peer: Peer, command: list[str], place: Place) -> Run:
        extra = {"DATABASE_URL": place.url, "NO_COLOR": "1", **peer.environment(place)}
        return run(command, cwd=place.folder, extra=extra, limit=LIMIT)

    def psql(self, count: int, database: str, *, far: bool) -> Run:
        """The floor: a transaction per file, or one question where nothing is to be done."""
        folder = self.folder / f"{count}" / "psql"
        if count and not folder.exists():
            folder.mkdir(parents=True)
            layouts.psql(folder, changes(count))
        what = ["-f", str(folder / "all.psql")] if count else ["-Atc", "select 1"]
        url = self.server.url(database, self.proxy if far else None)
        return run([self.server.psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", url, *what], limit=LIMIT)

    def _prove(self, count: int, database: str) -> None:
        if count not in self.expected:
            made = self.server.fresh()
            if count:
                self.psql(count, made, far=False)
            self.expected[count] = self.server.sql(made, FINGERPRINT)
            self.server.drop(made)
        found = self.server.sql(database, FINGERPRINT)
        if found != self.expected[count]:
            raise SystemExit(f"it made {found}, psql made {self.expected[count]}")

    def _applied(self, peer: Peer, count: int) -> str:
        """A database where the peer has applied everything already."""
        key = (peer.name, count)
        if key not in self.prepared:
            database = self.server.fresh()
            place = self._place(peer, count, database, far=False)
            self._run(peer, peer.up(place), place)
            self._prove(count, database)
            self.prepared[key] = database
        return self.prepared[key]

    def once(self, peer: Peer, row: Row) -> tuple[Run, int]:
        """One run, and the round trips that it took. Raises `SystemExit` where it fails or has made something else."""
        fresh = row.action == "fresh"
        database = self.server.fresh() if fresh else self._applied(peer, row.count)
        place = self._place(peer, row.count, database, far=row.far)
        line = peer.status if row.action == "status" else peer.up
        if line is None:
            raise SystemExit("it has no such command")
        self.server.settle()
        self.proxy.reset()
        try:
            done = self._run(peer, line(place), place)
            trips = self.proxy.traffic.round_trips
            self._prove(row.count, database)
        finally:
            if fresh:
                self.server.drop(database)
        return done, trips

    def floor(self, row: Row) -> tuple[Run, int]:
        """One run of psql for this row."""
        database = self.server.fresh()
        self.server.settle()
        self.proxy.reset()
        try:
            done = self.psql(row.count if row.action == "fresh" else 0, database, far=row.far)
        finally:
            self.server.drop(database)
        return done, self.proxy.traffic.round_trips

    def measure(self, row: Row) -> list[Measured]:
        """Every contender of a row, in turn, round after round; the first round is not counted."""
        found = {peer.name: Measured(name=peer.name, note=peer.transaction) for peer in (MIGRATE, *self.peers)}
        found = {"psql": Measured(name="psql", note="" if row.action == "fresh" else "`select 1`"), **found}
        for number in range(-1, self.runs):
            for name, measured in found.items():
                if measured.failed or (measured.spent > BUDGET and measured.walls):
                    continue
                peer = next((each for each in (MIGRATE, *self.peers) if each.name == name), None)
                try:
                    done, trips = self.floor(row) if peer is None else self.once(peer, row)
                except SystemExit as error:
                    measured.failed = str(error).strip().splitlines()[-1][:200]
                    continue
                measured.spent += done.wall
                if number >= 0 or done.wall > BUDGET / 2:  # what takes long is not warmed up
                    measured.take(done, trips if row.far else None)
        return list(found.values())


def work(bench: Bench, rows: Sequence[Row], results: Results, missing: Mapping[str, str]) -> None:
    """Measure the rows, and write the results down after each."""
    place = bench._place(MIGRATE, 1, "postgres", far=False)  # noqa: SLF001 - versions need a place, not a database
    results.tools(versions(place, (MIGRATE, *bench.peers)), missing, bench.server.describe())
    for row in rows:
        print(f"{row.key} ...", flush=True)
        measured = bench.measure(row)
        results.row(row.key, measured)
        results.write()
        for each in measured:
            print(f"  {each}", flush=True)


async def main() -> int:
    """Read the command line, install, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="names of rows (all); see --list")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="names of peers (all)")
    parser.add_argument("--list", action="store_true", help="names of rows and peers, then the end")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS", help="milliseconds (40)")
    parser.add_argument("--tools", type=Path, default=HERE / ".tools", help="where peers are installed")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder of results.md and results.json")
    given = parser.parse_args()
    if given.list:
        print("rows:", *(row.key for row in ROWS))
        print("peers:", *(peer.name.replace(" ", "-") for peer in PEERS))
        return 0
    wanted = None if given.peers is None else {name.replace("-", " ").lower() for name in given.peers}
    chosen = [peer for peer in PEERS if wanted is None or peer.name.replace("-", " ").lower() in wanted]
    rows = [row for row in ROWS if given.rows is None or row.key in given.rows]
    missing = await asyncio.to_thread(install, given.tools.resolve(), chosen)
    for name, why in missing.items():
        print(f"{name} could not be installed: {why}")
    peers = [peer for peer in chosen if peer.name not in missing]
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(None, tcp=True) as server:
            async with far_away(server, given.round_trip / 1000) as (proxy, _):
                bench = Bench(server, proxy, folder, given.tools.resolve(), peers, given.runs)
                await asyncio.to_thread(work, bench, rows, Results(given.out, given.round_trip), missing)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
