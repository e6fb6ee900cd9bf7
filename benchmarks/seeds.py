r"""How fast `migrate seed` loads YAML, and in how much memory: rows by upsert into a table with a primary key.

    python benchmarks/seeds.py                          200,000 rows of 6 columns, 34 MB
    python benchmarks/seeds.py --rows 1000000 --dsn URL

Measured, each a whole process: into the empty table; again with the file unchanged; again with every row compared
(`--force`); the same rows as a CSV seed; beside `psql \copy` of that file, and beside `yaml.load(CSafeLoader)`, which
only parses.
"""

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from processes import Contender, Result, Run, migrate_command, side_by_side
from proxy import Proxy
from report import MEGABYTE, Target, table, verdicts, where
from server import Server, running

RATE = 40_000  # rows per second
MEMORY = 120  # megabytes
BESIDE_COPY = 60  # percent of the rate of psql's \copy
COLUMNS = ("id", "email", "full_name", "balance", "joined_at", "note")
TABLE = (
    "create table account (id bigint primary key, email text not null unique, full_name text not null, "
    "balance numeric(12, 2) not null, joined_at timestamptz not null, note text)"
)
WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
    "kelp",
    "larch",
    "maple",
    "north",
    "ocean",
    "pine",
]
LOAD = (
    "import sys, yaml\nwith open(sys.argv[1], 'rb') as file:\n    "
    "print(len(yaml.load(file, Loader=yaml.CSafeLoader)['account']))"
)


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """The same rows every time, as text: about 175 bytes of YAML each."""
    for number in range(1, count + 1):
        first, second = WORDS[number % 16], WORDS[number // 16 % 16]
        yield (
            str(number),
            f"{first}.{second}.{number}@example.com",
            f"{first.title()} {second.title()}",
            f"{number * 37 % 1_000_000}.{number % 100:02d}",
            f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
            f"{second}: {first} and {number % 977}",
        )


def write(count: int, folder: Path) -> tuple[Path, Path]:
    """Write the rows as a seed file and as CSV."""
    seeds = folder / "seeds"
    seeds.mkdir()
    tables = folder / "tables"
    tables.mkdir()
    document, bulk = seeds / "account.yaml", tables / "account.csv"
    with document.open("w", encoding="utf-8") as yaml, bulk.open("w", encoding="utf-8", newline="") as plain:
        lines = csv.writer(plain)
        yaml.write("account:\n")
        lines.writerow(COLUMNS)
        for key, email, name, balance, joined, note in rows(count):
            yaml.write(
                f"  - id: {key}\n    email: {email}\n    full_name: {name}\n    balance: {balance}\n"
                f'    joined_at: {joined}\n    note: "{note}"\n'
            )
            lines.writerow((key, email, name, balance, joined, note))
    return document, bulk


class Loads:
    """One database after another, each with an empty table, and what loads the rows into it.

    Attributes:
        way: the proxy through which loads reach the server; None for the short one.
    """

    def __init__(self, server: Server, count: int, folder: Path) -> None:
        self.document, self.bulk = write(count, folder)
        self.server = server
        self.way: Proxy | None = None
        self._expected = f"{count}|{sum(map(int, (row[0] for row in rows(count))))}"
        self._name = ""

    def fresh(self) -> str:
        """The address of a new database; the one before it goes."""
        self.drop()
        self._name = self.server.fresh()
        self.server.sql(self._name, TABLE)
        self.server.settle()
        return self.server.url(self._name, self.way)

    def drop(self) -> None:
        """Drop the database."""
        if self._name:
            self.server.drop(self._name)
            self._name = ""

    def copy(self) -> list[str]:
        """The CSV by psql into an empty table."""
        words = f"\\copy account from '{self.bulk}' with (format csv, header)"
        return [self.server.psql, "-Xq", "-d", self.fresh(), "-c", words]

    def seed(self, *options: str, bulk: bool = False, empty: bool = False) -> list[str]:
        """`migrate seed` of the YAML or of the CSV, into an empty table or again."""
        url = self.fresh() if empty else self.server.url(self._name, self.way)
        seeds = (self.bulk if bulk else self.document).parent
        return [*migrate_command(), "seed", "--database", url, "--seeds", str(seeds), *options]

    def prove(self, _: Run) -> None:
        """Every row is there."""
        found = self.server.sql(self._name, "select count(*), sum(id) from account")
        if found != self._expected:
            raise SystemExit(f"the table holds {found}, not {self._expected}")


def measure(server: Server, count: int, runs: int, folder: Path, *, parser: bool) -> list[Result]:
    """Run the contenders in turn; each first load has a database of its own, and the next two follow on it."""
    loads = Loads(server, count, folder)
    seed, prove = loads.seed, loads.prove
    print(f"{count:,} rows of {len(COLUMNS)} columns, {loads.document.stat().st_size / MEGABYTE:.1f} MB of YAML")
    contenders = [
        Contender(name="psql \\copy of the CSV", command=loads.copy, after=prove),
        Contender(
            name="migrate seed of that CSV, empty table", command=lambda: seed(bulk=True, empty=True), after=prove
        ),
        Contender(name="migrate seed of that CSV --force, again", command=lambda: seed("--force", bulk=True)),
        Contender(name="migrate seed, empty table", command=lambda: seed(empty=True), after=prove),
        Contender(name="migrate seed, again", command=seed, after=prove),
        Contender(name="migrate seed --force, again", command=lambda: seed("--force"), after=prove),
    ]
    if parser:
        load = [sys.executable, "-c", LOAD, str(loads.document)]
        contenders.append(Contender(name="yaml.load(CSafeLoader) alone", command=lambda: load, runs=1))
    return side_by_side(contenders, runs, cwd=folder)


def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-parser", action="store_true", help="leave `yaml.load` out, which takes half a minute")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(given.dsn) as server:
            where(server.describe())
            results = measure(server, given.rows, given.runs, folder, parser=not given.no_parser)
    finally:
        shutil.rmtree(folder)
    rates = {result.name: f"{given.rows / result.wall:,.0f} rows/s" for result in results}
    table(f"{given.rows:,} rows", results, rates)
    loads = {result.name: result for result in results}
    loaded = loads["migrate seed, empty table"]
    csv_loaded, copied = loads["migrate seed of that CSV, empty table"], loads["psql \\copy of the CSV"]
    missed = verdicts(
        [
            Target(
                what="rate of CSV beside `psql \\copy`",
                value=100 * copied.wall / csv_loaded.wall,
                bound=BESIDE_COPY,
                unit="%",
                at_least=True,
            ),
            Target(
                what="rows into the empty table",
                value=given.rows / loaded.wall,
                bound=RATE,
                unit="rows/s",
                at_least=True,
            ),
            Target(what="memory at most used by it", value=loaded.peak / MEGABYTE, bound=MEMORY, unit="MB"),
        ]
    )
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
