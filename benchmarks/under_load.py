"""What an application feels while `migrate up` tries to alter its table behind a long transaction.

    python benchmarks/under_load.py                     about a minute and a half
    python benchmarks/under_load.py --dsn URL --rate 500 --check

An application of this process reads and writes one table at a fixed rate, each statement on time whether the ones
before it have answered or not, so that no wait hides the statements that would have been sent meanwhile. A statement's
time is counted from the moment when it was due. Another session has read the table in a transaction that stays open for
some seconds; behind it `migrate up` wants to add a column. `psql` without `lock_timeout` does the same for comparison.
"""

import argparse
import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from processes import environment, migrate_command
from report import Target, verdicts, where
from server import Server, running

ROWS = 10_000
CLIENTS = 20
LONG = 15.0
"""Seconds for which the long transaction stays open."""

LEAD = 1.0
"""Seconds between the long transaction's begin and the migration's; not counted."""

OVER = 0.1
"""Seconds that the slowest hundredth of the statements may take beyond `lock_timeout`."""

WAITED = 0.05
"""Seconds from which on a statement counts as one that waited."""

LOCK_TIMEOUTS = (0.5, 2.0, 5.0)

MIGRATION = "ALTER TABLE account ADD COLUMN note text"

URL = "URL"
"""Stands in a command for the address of the database."""

TABLE = (
    "create table account (id int primary key, balance bigint not null)",
    f"insert into account select n, 100 from generate_series(1, {ROWS}) n",
    "vacuum analyze account",
)


@dataclass(slots=True)
class Load:
    """What the application felt: a pair of the moment when a statement was due and its seconds, for each."""

    felt: list[tuple[float, float]] = field(default_factory=list)

    def between(self, begin: float, end: float) -> list[float]:
        """The seconds of the statements that were due then, in order of size."""
        return sorted(took for due, took in self.felt if begin <= due < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: the application's statements while something else went on.

    Attributes:
        name: what went on.
        felt: seconds of each statement, in order of size.
        retries: how often the migration was tried again.
        after: seconds from the end of the long transaction until the migration was applied.
    """

    name: str
    felt: list[float]
    retries: int | None = None
    after: float | None = None

    def share(self, part: float) -> float:
        """The time that this part of the statements did not pass, in seconds."""
        return self.felt[min(len(self.felt) - 1, int(len(self.felt) * part))]

    @property
    def waited(self) -> float:
        """The part of the statements that waited."""
        return sum(took >= WAITED for took in self.felt) / len(self.felt)

    def __str__(self) -> str:
        times = "  ".join(f"{1000 * self.share(part):8.1f}" for part in (0.5, 0.95, 0.99, 1.0))
        retries = "" if self.retries is None else str(self.retries)
        after = "" if self.after is None else f"{self.after:.2f}"
        line = f"{self.name:28}  {len(self.felt):6}  {times}  {100 * self.waited:6.1f} %  {retries:>7}  {after:>7}"
        return line.rstrip()


async def application(pool: "asyncpg.Pool[asyncpg.Record]", rate: float, load: Load) -> None:
    """Send a read or a write every `1 / rate` seconds until cancelled; three of four are reads."""
    dice = random.Random(7)  # noqa: S311 - rows, no secrets
    tasks: set[asyncio.Task[None]] = set()

    async def send(due: float, number: int, *, write: bool) -> None:
        if write:
            await pool.execute("update account set balance = balance + 1 where id = $1", number)
        else:
            await pool.fetchval("select balance from account where id = $1", number)
        load.felt.append((due, time.perf_counter() - due))

    due = time.perf_counter()
    try:
        while True:
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(send(due, dice.randint(1, ROWS), write=dice.random() < 0.25))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        await asyncio.gather(*tasks)


async def finished(command: Sequence[str], cwd: Path, extra: dict[str, str]) -> str:
    """Run a process to its end; its stdout. Raises `SystemExit` with its words when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=environment(extra),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} of {' '.join(command)}\n{(out + errors).decode()[-4000:]}")
    return out.decode()


class Bench:
    """One server, one folder of migrations, one rate."""

    def __init__(self, server: Server, folder: Path, rate: float) -> None:
        self._server = server
        self._folder = folder
        self._rate = rate

    async def measure(self, name: str, command: Sequence[str] | None, *, ours: bool = False) -> Row:
        """Feel the load on a fresh database while the command, or nothing, runs behind a long transaction."""
        database = self._server.fresh()
        url = self._server.url(database)
        self._server.sql(database, *TABLE)
        holder = await asyncpg.connect(url)
        load = Load()
        try:
            async with asyncpg.create_pool(url, min_size=CLIENTS, max_size=CLIENTS) as pool:
                busy = asyncio.create_task(application(pool, self._rate, load))
                await asyncio.sleep(LEAD)
                await holder.execute("begin; select count(*) from account")
                begin = time.perf_counter()
                work = asyncio.create_task(
                    asyncio.sleep(LONG + LEAD, "") if command is None else self._run(command, url)
                )
                await asyncio.wait([work], timeout=LONG)
                if work.done():
                    raise SystemExit(f"{name}: it did not wait for the long transaction\n{await work}")
                end = time.perf_counter()
                await holder.execute("commit")
                out = await work
                after = time.perf_counter() - end
                busy.cancel()
                await asyncio.wait([busy])  # what was queued has its answer
        finally:
            await holder.close()
            self._server.drop(database)
        felt = load.between(begin, end)
        if command is None:
            return Row(name=name, felt=felt)
        notices = json.loads(out).get("notices", ()) if ours else ()
        retries = sum(notice.get("code") == "retrying" for notice in notices)
        return Row(name=name, felt=felt, retries=retries if ours else None, after=after)

    async def _run(self, command: Sequence[str], url: str) -> str:
        return await finished([url if part == URL else part for part in command], self._folder, {"DATABASE_URL": url})


async def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--rate", type=float, default=200, help="statements a second (200)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001.note.sql").write_text(
        "ALTER TABLE account ADD COLUMN note text;\n", encoding="utf-8"
    )
    targets = []
    try:
        with running(given.dsn) as server:
            where(server.describe(), f"{given.rate:g} statements/s on {CLIENTS} connections, {LONG:g} s each")
            bench = Bench(server, folder, given.rate)
            rows = [await bench.measure("nothing else", None)]
            for limit in LOCK_TIMEOUTS:
                options = ["up", "--json", "--lock-timeout", f"{limit:g}s", "--lock-retries", "100"]
                row = await bench.measure(f"up --lock-timeout {limit:g}s", [*migrate_command(), *options], ours=True)
                rows.append(row)
                what = f"p99 beside `up --lock-timeout {limit:g}s`"
                targets.append(Target(what=what, value=row.share(0.99), bound=limit + OVER, unit="s"))
            alter = [server.psql, "-XqAt", "-c", MIGRATION, "-d", URL]
            rows.append(await bench.measure("psql without lock_timeout", alter))
    finally:
        shutil.rmtree(folder)
    print(f"\nmilliseconds of a statement while a transaction of {LONG:g} s is in the way of an ALTER TABLE")
    heads = "  ".join(f"{head:>8}" for head in ("p50", "p95", "p99", "max"))
    print(f"{'':28}  {'number':>6}  {heads}  {'waited':>8}  {'retries':>7}  {'after s':>7}")
    for row in rows:
        print(row)
    print(f"\nwaited: {1000 * WAITED:g} ms or more; after: from the long transaction's end until the column is there")
    missed = verdicts(targets)
    return missed if given.check else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
