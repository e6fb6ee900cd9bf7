"""How time and memory grow as what is worked on grows ten and a hundred times: nothing faster than linearly.

    python benchmarks/growth.py                         everything: about six minutes
    python benchmarks/growth.py --only migrations seed-rows --runs 5
    python benchmarks/growth.py --only seed-rows --most 100000

Five curves, with psql's or pg_dump's beside them where a knee could be the server's: migrations, statements of one
migration, rows of a seed file (YAML and CSV), seed files, tables of `migrate verify`. The points go into results.json,
tables and a plot into results.md. What takes more than ten seconds is run once; what psql or pg_dump cannot do (a lock
on each of 10,000 tables, with a server's defaults) is left out of its curve. Exit code 1 when a slope is too steep
and `--check` is given.
"""

import argparse
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import layouts
import seeds_far
from checking import Checking
from ground import Ground, Row, reason
from processes import Run, migrate_command
from promises import promised
from report import MEGABYTE, verdicts
from results import Results
from server import proxied, running
from workloads import Change, table

from seeds import Loads

HERE = Path(__file__).resolve().parent
LONG = 10.0
"""Seconds after which a command is not run again."""

LIMIT = 1800.0
"""Seconds after which a run is given up."""

FILE_ROWS = 20
Once = Callable[[], Run]


@dataclass(slots=True)
class Growing:
    """What grows, each as commands for one count: by contender, a function that runs it once and proves the work."""

    ground: Ground

    @contextmanager
    def migrations(self, count: int, folder: Path) -> Iterator[Mapping[str, Once]]:
        """Tables with an index and a foreign key, a file each."""
        question = "select count(*) from pg_class where relname ~ '^item_[0-9]+$'"
        yield self._applied([table(number) for number in range(1, count + 1)], folder, question, str(count))

    @contextmanager
    def statements(self, count: int, folder: Path) -> Iterator[Mapping[str, Once]]:
        """Statements of one file, one transaction."""
        rows = [f"INSERT INTO line (id, words) VALUES ({each}, 'the words of line {each}')" for each in range(1, count)]
        one = Change(number=1, name="lines", statements=("CREATE TABLE line (id bigint, words text)", *rows))
        yield self._applied([one], folder, "select count(*) from line", str(count - 1))

    def _applied(self, changes: list[Change], folder: Path, question: str, answer: str) -> Mapping[str, Once]:
        layouts.yoyo(folder / "migrations", changes)
        layouts.psql(folder / "psql", changes)
        psql = [self.ground.server.psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(folder / "psql" / "all.psql"), "-d"]
        up = [*migrate_command(), "up", "--migrations", str(folder / "migrations"), "--database"]

        def once(command: list[str]) -> Run:
            database = self.ground.server.fresh()
            try:
                place = self.ground.place(folder, database, far=False)
                done, _ = self.ground.timed([*command, place.url], place)
                _prove(self.ground.server.sql(database, question), answer)
            finally:
                self.ground.server.drop(database)
            return done

        return {"migrate up": lambda: once(up), "psql": lambda: once(psql)}

    @contextmanager
    def seed_rows(self, count: int, folder: Path) -> Iterator[Mapping[str, Once]]:
        """Rows of one file into an empty table."""
        loads = Loads(self.ground.server, count, folder)

        def once(command: Callable[[], list[str]]) -> Run:
            done, _ = self.ground.timed(command(), self.ground.place(folder, "postgres", far=False))
            loads.prove(done)
            return done

        yield {
            "migrate seed, YAML": lambda: once(lambda: loads.seed(empty=True)),
            "migrate seed, CSV": lambda: once(lambda: loads.seed(bulk=True, empty=True)),
            "psql \\copy": lambda: once(loads.copy),
        }
        loads.drop()

    @contextmanager
    def seed_files(self, count: int, folder: Path) -> Iterator[Mapping[str, Once]]:
        """Files of a few rows, each with a table of its own."""
        tables = seeds_far.write(count, FILE_ROWS, folder / "seeds")

        def once() -> Run:
            database = self.ground.server.fresh()
            try:
                together = ("; ".join(tables[start : start + 100]) for start in range(0, count, 100))
                self.ground.server.sql(database, *together)
                place = self.ground.place(folder, database, far=False)
                command = [*migrate_command(), "seed", "--database", place.url, "--seeds", str(folder / "seeds")]
                done, _ = self.ground.timed(command, place)
                every = " union all ".join(f"select count(*) n from account_{number:02d}" for number in range(count))
                found = self.ground.server.sql(database, f"select sum(n) from ({every}) x")
                _prove(found, str(count * FILE_ROWS))
            finally:
                self.ground.server.drop(database)
            return done

        yield {"migrate seed": once}

    @contextmanager
    def verify_tables(self, count: int, _: Path) -> Iterator[Mapping[str, Once]]:
        """Tables with all that belongs to them, compared with the record."""
        checking = Checking(self.ground, ())
        entrants = checking.entrants(Row(action="verify", count=count, far=False))
        names = {"migrate": "migrate verify", "pg_dump": "pg_dump --schema-only"}
        yield {names[each.name]: lambda each=each: each.once()[0] for each in entrants}
        checking.drop()


def _prove(found: str, expected: str) -> None:
    if found != expected:
        raise SystemExit(f"there are {found}, not {expected}")


KINDS = {
    "migrations": ("migrations from empty", (10, 100, 1000, 10_000), Growing.migrations),
    "statements": ("statements of one migration", (10, 100, 1000, 10_000), Growing.statements),
    "seed-rows": ("rows of one seed file", (1000, 10_000, 100_000, 1_000_000), Growing.seed_rows),
    "seed-files": (f"seed files of {FILE_ROWS} rows, a table each", (10, 100, 1000), Growing.seed_files),
    "verify-tables": ("tables of a verified schema", (100, 1000, 10_000), Growing.verify_tables),
}


def _point(count: int, once: Once, runs: int) -> dict[str, float]:
    """Medians of the runs; the first does not count unless it took long."""
    found: list[Run] = []
    for number in range(-1, runs):
        done = once()
        if number >= 0 or done.wall > LONG:
            found.append(done)
        if done.wall > LONG:
            break
    return {
        "count": count,
        "wall": round(median(run.wall for run in found), 4),
        "cpu": round(median(run.cpu for run in found), 4),
        "peak": max(run.peak for run in found),
    }


def measure(ground: Ground, name: str, runs: int, most: int) -> dict[str, list[dict[str, float]]]:
    """The curves of one kind, count by count."""
    _, counts, make = KINDS[name]
    curves: dict[str, list[dict[str, float]]] = {}
    for count in (count for count in counts if count <= most):
        folder = ground.folder / f"{name}-{count}"
        folder.mkdir()
        with make(Growing(ground), count, folder) as commands:
            for who, once in commands.items():
                try:
                    point = _point(count, once, runs)
                except SystemExit as error:
                    if who.startswith("migrate"):
                        raise
                    print(f"  {count:>9,}  {who:24}  {reason(str(error))}", flush=True)
                    continue
                curves.setdefault(who, []).append(point)
                peak = point["peak"] / MEGABYTE
                print(f"  {count:>9,}  {who:24}  {point['wall']:8.3f} s  {peak:6.0f} MB", flush=True)
        shutil.rmtree(folder)
    return curves


def work(given: argparse.Namespace, folder: Path) -> None:
    """Start a server, measure, and write the results down after each kind."""
    with running(None, tcp=True) as server, proxied(server, 0.0) as proxy:
        ground = Ground(server, proxy, folder, folder, LIMIT)
        for name in given.only or KINDS:
            print(f"{name} ...", flush=True)
            curves = measure(ground, name, given.runs, given.most)
            if not curves:
                continue
            results = Results(given.out)
            results.growth(name, KINDS[name][0], curves)
            results.write()


def main() -> int:
    """Read the command line, measure, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=KINDS, help="some of the curves")
    parser.add_argument("--most", type=int, default=1_000_000, metavar="N", help="no counts above this")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder of results.md and results.json")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a slope is too steep")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a server is to be stopped, whoever ends us
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        work(given, folder)
    finally:
        shutil.rmtree(folder)
    missed = verdicts(promised(Results(given.out).data, given.only or KINDS.keys()))
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
