"""`migrate` beside its peers: every workload, near and 40 ms away, written into results.md.

    python benchmarks/everything.py                                  all of it: hours, most of them of peers far away
    python benchmarks/everything.py --rows fresh-100-near idle-1000-far --runs 9
    python benchmarks/everything.py --peers yoyo dbmate --rows fresh-100-far
    python benchmarks/everything.py --runs 0 --check                 is what results.json holds good enough?
    python benchmarks/everything.py --readme                         the ten lines of the README
    python benchmarks/everything.py --list

Peers are installed into `--tools` (PyPI, npm, Debian) the first time. Whole processes are measured, in turn, round
after round, on fresh databases; what each has made is compared with what psql made. A row that is measured again
replaces its older self in results.json, from which results.md is written. A row that is not in the list is made of its
name: `fresh-300-far`, `seeds-200000-near`. With `--peers` it holds those peers alone.
"""

import argparse
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import startup
from applying import MIGRATE, Applying
from checking import Checking
from ground import Entrant, Ground, Row, rounds
from installing import install, versions
from loading import Loading
from peers import OTHERS, PEERS
from promises import promised
from report import verdicts
from results import Results
from server import proxied, running
from tool import Peer, Tool
from written import TITLES, short

HERE = Path(__file__).resolve().parent
COUNTS = {
    "help": (0,),
    "fresh": (1, 100, 1000),
    "idle": (0, 1000, 5000),
    "status": (1000,),
    "seeds": (20_000,),
    "verify": (1000, 5000),
}
ROWS = tuple(
    Row(action=action, count=count, far=far)
    for action, counts in COUNTS.items()
    for count in counts
    for far in ((False,) if action == "help" else (False, True))
)


class Bench:
    """The contenders of every row, on one server."""

    def __init__(self, ground: Ground, tools: Sequence[Tool]) -> None:
        peers = [tool for tool in tools if isinstance(tool, Peer)]
        self.ground, self.peers = ground, peers
        self.applying = Applying(ground, peers)
        self.loading = Loading(ground, peers)
        self.checking = Checking(ground, tools)

    def entrants(self, row: Row) -> list[Entrant]:
        """Those of a row."""
        if row.action == "help":
            return list(startup.entrants(self.ground, self.peers))
        rooms = {"seeds": self.loading, "verify": self.checking}
        return list(rooms.get(row.action, self.applying).entrants(row))


def work(
    ground: Ground,
    tools: Sequence[Tool],
    given: argparse.Namespace,
    rows: Sequence[Row],
    missing: Mapping[str, str],
) -> None:
    """Measure the rows, and write the results down after each."""
    results = Results(given.out)
    place = ground.place(ground.folder, ground.server.maintenance, far=False)
    results.tools(versions(place, (MIGRATE, *tools)), missing, ground.server.describe())
    bench = Bench(ground, tools)
    for row in rows:
        print(f"{row.key} ...", flush=True)
        measured = rounds(bench.entrants(row), given.runs, far=row.far)
        results.row(row.key, measured, given.round_trip)
        results.write()
        for each in measured:
            print(f"  {each}", flush=True)


def measure(given: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Install, start a server, work."""
    every = (*PEERS, *OTHERS)
    wanted = None if given.peers is None else {_plain(name) for name in given.peers}
    chosen = [tool for tool in every if wanted is None or _plain(tool.name) in wanted]
    missing = install(given.tools.resolve(), chosen)
    for name, why in missing.items():
        print(f"{name} could not be installed: {why}")
    tools = [tool for tool in chosen if tool.name not in missing]
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(None, tcp=True) as server, proxied(server, given.round_trip / 1000) as proxy:
            ground = Ground(server, proxy, folder, given.tools.resolve(), given.limit)
            work(ground, tools, given, rows, missing)
    finally:
        shutil.rmtree(folder)


def _plain(name: str) -> str:
    return name.replace("-", " ").lower()


def _row(name: str) -> Row:
    row = Row.of(name)
    if row.action not in TITLES:
        raise ValueError(name)
    return row


def main() -> int:
    """Read the command line, measure, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", nargs="+", type=_row, metavar="ROW", help="names of rows (all); see --list")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="names of peers (all)")
    parser.add_argument("--list", action="store_true", help="names of rows and peers, then the end")
    parser.add_argument("--runs", type=int, default=5, help="0 measures nothing and writes results.md anew")
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS", help="milliseconds (40)")
    parser.add_argument("--limit", type=float, default=1800, metavar="S", help="seconds for one run (1800)")
    parser.add_argument("--tools", type=Path, default=HERE / ".tools", help="where peers are installed")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder of results.md and results.json")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target of these rows is missed")
    parser.add_argument("--readme", action="store_true", help="print the table of the README, then the end")
    given = parser.parse_args()
    rows = ROWS if given.rows is None else given.rows
    if given.list:
        print("rows:", *(row.key for row in ROWS))
        print("peers:", *(tool.name.replace(" ", "-") for tool in (*PEERS, *OTHERS)))
        return 0
    if given.readme:
        print("\n".join(short(Results(given.out).data)))
        return 0
    if given.runs:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a server is to be stopped, whoever ends us
        measure(given, rows)
    results = Results(given.out)
    results.write()
    only = None if given.rows is None else {row.key for row in rows}
    missed = verdicts(promised(results.data, only))
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
