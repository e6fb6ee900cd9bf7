"""What the record of the schema costs a run of `migrate up`: beside the same run that keeps none.

    python benchmarks/record.py                         1,000 tables, about a minute
    python benchmarks/record.py --tables 5000 --runs 9 --round-trip 100

A database of many tables, each with an index, a foreign key, a check, a policy, and a view, gets one more migration.
Whole processes are measured, in turn, each on a copy of that database. Exit code 1 when a target is missed and
`--check` is given.
"""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from processes import Contender, migrate_command, run, side_by_side
from proxy import Proxy
from report import Target, table, verdicts, where
from server import Server, far_away, running

SECONDS, BYTES = 2.0, 300_000
MIGRATION = "CREATE TABLE one_more (id bigint PRIMARY KEY);\n"


def tables(count: int) -> str:
    """SQL of that many tables with what belongs to them."""
    parts = []
    for number in range(1, count + 1):
        before = f"REFERENCES t{number - 1} (id)" if number > 1 else ""
        parts.append(f"""
create table t{number} (
    id bigint generated always as identity primary key, parent_id bigint {before}, name text not null default 'x',
    amount numeric(12, 2) check (amount >= 0), email text, notes jsonb, tags text[],
    active boolean not null default true,
    created_at timestamptz not null default now(), updated_at timestamptz, owner uuid
);
create index on t{number} (parent_id);
create index on t{number} (lower(email)) where active;
alter table t{number} enable row level security;
create policy own on t{number} using (name = current_user);
create view v{number} as select id, name, amount from t{number} where active;
""")
    return "".join(parts)


class Bench:
    """Two databases to copy from: one with a record, one without; and the round trips that each far command took."""

    def __init__(self, server: Server, proxy: Proxy, folder: Path, count: int) -> None:
        self.server, self.proxy, self.folder = server, proxy, folder
        self.round_trips: dict[str, str] = {}
        (folder / "migrations").mkdir()
        (folder / "migrations" / "0001.one.sql").write_text("CREATE TABLE one (id bigint);\n")
        script = folder / "tables.sql"
        script.write_text(tables(count))
        self.without = server.fresh()
        run([server.psql, "-Xq1", "-v", "ON_ERROR_STOP=1", "-d", server.url(self.without), "-f", str(script)])
        server.sql(self.without, "vacuum analyze")
        self._migrate("up", self.without)
        self.kept = self._copy(self.without)
        server.sql(self.without, "delete from migrator.snapshot")
        (folder / "migrations" / "0002.one-more.sql").write_text(MIGRATION)

    def _migrate(self, command: str, database: str) -> None:
        run([*migrate_command(), command, "--database", self.server.url(database), *self._files])

    @property
    def _files(self) -> list[str]:
        return ["--migrations", str(self.folder / "migrations")]

    def _copy(self, database: str) -> str:
        name = self.server.fresh()
        self.server.sql(self.server.maintenance, f"drop database {name}", f"create database {name} template {database}")
        self.server.sql(name, "select 1")
        return name

    @property
    def size(self) -> int:
        """Bytes of the record."""
        return int(self.server.sql(self.kept, "select length(objects) from migrator.snapshot"))

    def up(self, name: str, database: str, *, far: bool) -> Contender:
        """`migrate up` of one migration on a copy of the database."""
        current = [""]

        def command() -> list[str]:
            current[0] = self._copy(database)
            self.server.settle()
            self.proxy.reset()
            url = self.server.url(current[0], self.proxy if far else None)
            return [*migrate_command(), "up", "--database", url, *self._files]

        def after(_: object) -> None:
            if far:
                self.round_trips[name] = f"{self.proxy.traffic.round_trips} round trips"
            if self.server.sql(current[0], "select to_regclass('one_more') is not null") != "t":
                raise SystemExit("the migration was not applied")
            self.server.drop(current[0])

        return Contender(name=name, command=command, after=after)


def measure(bench: Bench, runs: int, far: str, count: int) -> list[Target]:
    """Run everything and print the table; returns what was promised and what came of it."""
    contenders = [
        bench.up("no record, here", bench.without, far=False),
        bench.up("with the record, here", bench.kept, far=False),
        bench.up(f"no record, {far}", bench.without, far=True),
        bench.up(f"with the record, {far}", bench.kept, far=True),
    ]
    results = side_by_side(contenders, runs, cwd=bench.folder)
    table(f"one migration, {count:,} tables", results, bench.round_trips)
    here, away = results[1].wall - results[0].wall, results[3].wall - results[2].wall
    return [
        Target(what=f"the record of {count:,} tables adds, here", value=here, bound=SECONDS, unit="s"),
        Target(what=f"the record of {count:,} tables adds, {far}", value=away, bound=SECONDS, unit="s"),
        Target(what="its size", value=bench.size, bound=BYTES, unit="bytes"),
    ]


async def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS", help="milliseconds (40)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(given.dsn) as server:
            async with far_away(server, given.round_trip / 1000) as (proxy, seen):
                where(server.describe(), f"far away: {given.round_trip:g} ms round trip, {seen * 1000:.1f} ms as seen")
                bench = await asyncio.to_thread(Bench, server, proxy, folder, given.tables)
                far = f"{given.round_trip:g} ms away"
                targets = await asyncio.to_thread(measure, bench, given.runs, far, given.tables)
    finally:
        shutil.rmtree(folder)
    missed = verdicts(targets)
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
