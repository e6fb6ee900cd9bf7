"""How long `migrate verify` takes to read a whole schema, beside `pg_dump --schema-only`: here and far away.

    python benchmarks/schema.py                        1,000 and 5,000 tables, here and 40 ms away
    python benchmarks/schema.py --tables 1000 --runs 5
    python benchmarks/schema.py --profile              what each class of objects costs the server, without `pg_dump`

Each table has twelve columns, a primary key, a foreign key, two indexes, a check, grants, a policy and a trigger with
its function; every third has a view. Nothing is analyzed, as on a database that was migrated a moment ago.
Far away `pg_dump` runs once: it asks the server some questions for each object.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from processes import REPOSITORY, Contender, Result, side_by_side
from proxy import Proxy
from report import MEGABYTE, Target, table, verdicts, where
from server import Server, far_away, running

FASTER = 50.0  # times, far away
HERE, AWAY = "here", "away"
OURS, DUMP = "read, whole process", "pg_dump --schema-only"

ROLES = """do $$
begin
    if to_regrole('bench_reader') is null then create role bench_reader; end if;
    if to_regrole('bench_writer') is null then create role bench_writer; end if;
end
$$"""

# commits by itself: one transaction would hold a lock on every table
TABLES = """do $$
declare
    name text;
begin
    for number in 1 .. {tables} loop
        name := format('table_%s', to_char(number, 'FM00000'));
        execute format('create table %I (
            id bigint generated always as identity primary key, parent bigint, code text not null, title varchar(200),
            amount numeric(12, 2) not null default 0, happened timestamptz not null default now(), tags text[],
            active boolean default true, payload jsonb, note text, ratio float8, kind smallint,
            constraint %I check (amount >= 0))', name, name || '_amount');
        execute format('alter table %I add constraint %I foreign key (parent) references %I (id) on delete cascade',
            name, name || '_parent', format('table_%s', to_char(greatest(number - 1, 1), 'FM00000')));
        execute format('create index on %I (parent)', name);
        execute format('create index on %I (lower(code)) where active', name);
        execute format('alter table %I enable row level security', name);
        execute format('create policy own_rows on %I for select to bench_reader using (id > 0 and active)', name);
        execute format('grant select on %I to bench_reader; grant all on %I to bench_writer', name, name);
        execute format('create function %I() returns trigger language plpgsql as $f$
begin
    new.happened := now();
    return new;
end
$f$', name || '_touch');
        execute format('create trigger touch before update on %I for each row execute function %I()',
            name, name || '_touch');
        if number % 3 = 0 then
            execute format('create view %I as select id, title, amount * 2 as twice from %I where active',
                name || '_view', name);
        end if;
        if number % 50 = 0 then commit; end if;
    end loop;
end
$$"""


async def read_once(url: str, *, profile: bool) -> None:
    """Read the schema at this address and print what that took; the measured process."""
    sys.path.insert(0, str(REPOSITORY))
    from migrator.config import Address, Config
    from migrator.database.connect import connect
    from migrator.schema.reading import SETTINGS, read
    from migrator.schema.scope import Scope

    nowhere = Path("/nonexistent")
    config = Config(root=nowhere, database=Address(url, "benchmark"), migrations=(nowhere,), seeds=(nowhere,))
    scope = Scope(own="migrator", ledger="public", supabase=False)
    async with connect(config) as session:
        begin = time.perf_counter()
        schema = await read(session, scope)
        took = time.perf_counter() - begin
        size = sum(len(kind) + len(identity) + len(text) for (kind, identity), text in schema.objects.items())
        print(json.dumps({"objects": len(schema.objects), "bytes": size, "seconds": took}))
        if profile:
            await _profile(session, SETTINGS, scope)


async def _profile(session: "object", settings: str, scope: "object") -> None:
    """Print how long the server takes for each file of the catalog alone, with what they share."""
    from migrator.database.sessions.session import Session
    from migrator.schema import catalog
    from migrator.schema.scope import Scope

    assert isinstance(session, Session) and isinstance(scope, Scope)  # noqa: S101, PT018
    version, _ = session.version
    await session.run(settings)
    for name in catalog.names(version):
        chunks: list[bytes] = []

        async def take(chunk: bytes, chunks: list[bytes] = chunks) -> None:
            chunks.append(chunk)

        begin = time.perf_counter()
        await session.receive(scope.query(version, only=[name], batch=0), take)
        took = time.perf_counter() - begin
        rows = b"".join(chunks).count(b"\n")
        print(f"  {name:20} {took * 1000:8.1f} ms  {rows:8,} rows", flush=True)
    await session.run("rollback")


def measure(
    server: Server, proxy: Proxy, database: str, given: argparse.Namespace, folder: Path
) -> tuple[dict[str, Result], str]:
    """Both contenders in turn here, and then both far away: results by place and name, and how often the dump asked."""
    dump = str(Path(server.psql).with_name("pg_dump"))

    def ours(where: Proxy | None) -> list[str]:
        proxy.reset()
        return [sys.executable, __file__, "--read", server.url(database, where)]

    def dumped(where: Proxy | None) -> list[str]:
        proxy.reset()
        return [dump, "--schema-only", "--file", str(folder / "dump.sql"), "--dbname", server.url(database, where)]

    found: dict[str, Result] = {}
    trips: list[int] = []
    for place, way in ((HERE, None), (AWAY, proxy)):
        contenders = [
            Contender(name=OURS, command=lambda way=way: ours(way)),
            Contender(
                name=DUMP,
                command=lambda way=way: dumped(way),
                after=lambda _: trips.append(proxy.traffic.round_trips),
                runs=None if way is None else 1,
            ),
        ]
        for result in side_by_side(contenders, given.runs, cwd=folder):
            found[f"{place} {result.name}"] = result
    return found, f"{trips[-1]:,} round trips"


def without_start(result: Result) -> float:
    """The median of what the reading alone took, in seconds: without Python's start, which `startup.py` measures."""
    return statistics.median(json.loads(run.output.splitlines()[0])["seconds"] for run in result.runs)


def told(result: Result) -> str:
    """What the process that reads said of its last run."""
    said = json.loads(result.runs[-1].output.splitlines()[0])
    size = said["bytes"] / MEGABYTE
    return f"{said['objects']:,} objects, {size:.2f} MB, {without_start(result):.3f} s without the start"


def show(tables: int, round_trip: float, found: dict[str, Result], trips: str) -> list[Target]:
    """Print both tables; returns what was promised."""
    for place in (HERE, AWAY):
        shown = [result for key, result in found.items() if key.startswith(place)]
        words = {OURS: told(found[f"{place} {OURS}"]), DUMP: trips if place == AWAY else ""}
        table(f"{tables:,} tables, {place}", shown, words)
    return [
        Target(
            what=f"{tables:,} tables, here, without Python's start",
            value=without_start(found[f"{HERE} {OURS}"]),
            bound=found[f"{HERE} {DUMP}"].wall,
            unit="s",
        ),
        Target(
            what=f"{tables:,} tables, {round_trip:g} ms away",
            value=found[f"{AWAY} {DUMP}"].wall / found[f"{AWAY} {OURS}"].wall,
            bound=FASTER,
            unit="times as fast",
            at_least=True,
        ),
    ]


def fill(server: Server, tables: int) -> str:
    """A database with so many tables; returns its name."""
    database = server.fresh()
    server.sql(database, ROLES)
    server.sql(database, TABLES.format(tables=tables))
    server.settle()
    return database


async def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--tables", type=int, action="append", help="how many, may be repeated (1000 and 5000)")
    parser.add_argument("--round-trip", type=float, default=40, metavar="MS")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--read", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    if given.read:
        await read_once(given.read, profile=given.profile)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    targets = []
    try:
        with running(given.dsn) as server:
            async with far_away(server, given.round_trip / 1000) as (proxy, seen):
                where(server.describe(), f"far away: {given.round_trip:g} ms round trip, {seen * 1000:.1f} ms as seen")
                for tables in given.tables or [1000, 5000]:
                    database = await asyncio.to_thread(fill, server, tables)
                    if given.profile:
                        print(f"\n{tables:,} tables")
                        await read_once(server.url(database), profile=True)
                        continue
                    found, trips = await asyncio.to_thread(measure, server, proxy, database, given, folder)
                    targets += show(tables, given.round_trip, found, trips)
                    server.drop(database)
    finally:
        shutil.rmtree(folder)
    missed = verdicts(targets) if targets else 0
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
