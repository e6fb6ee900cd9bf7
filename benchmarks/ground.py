"""What every row of everything.py stands on: the server, the proxy, the files, the contenders in turn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from processes import Run, run
from promises import FLOOR, OURS, PEER
from proxy import Proxy
from results import Measured
from server import Server
from tool import Place, Tool

BUDGET = 60.0
"""Seconds after which a contender of a row is not run again."""

QUIET = {"NO_COLOR": "1", "DO_NOT_TRACK": "1", "NO_UPDATE_NOTIFIER": "1", "PGSSLMODE": "disable"}
"""For every contender: no news of itself over the network, and no question for TLS that others do not ask."""

__all__ = ("FLOOR", "OURS", "PEER", "Entrant", "Ground", "Row", "rounds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One workload, near or far away.

    Attributes:
        action: `fresh` (all from empty), `idle` (nothing to do), `status`, `seeds` (rows into an empty table) or
            `verify` (a schema of so many tables).
        count: of migrations, rows, tables.
        far: through the proxy.
    """

    action: str
    count: int
    far: bool

    @property
    def key(self) -> str:
        """Its name on the command line and in results.json."""
        return f"{self.action}-{self.count}-{'far' if self.far else 'near'}"

    @classmethod
    def of(cls, key: str) -> Self:
        """The row of a name; raises `ValueError` for what is none."""
        action, count, where = key.split("-")
        if where not in {"near", "far"} or not count.isdigit():
            raise ValueError(key)
        return cls(action=action, count=int(count), far=where == "far")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A contender of one row.

    Attributes:
        name: what it is called in the table.
        kind: `ours`, `peer`, or `floor` for what does less or is no tool.
        note: what has to be known of how it works.
        once: one run, with the round trips that it took; raises `SystemExit` where it failed or did not do the work.
    """

    name: str
    kind: str
    note: str = ""
    once: Callable[[], tuple[Run, int]]


@dataclass(slots=True)
class Ground:
    """A server, and the tools beside it.

    Attributes:
        server, proxy: where; the proxy is far away.
        folder: for workloads.
        tools: where tools are installed.
        limit: seconds after which a run is given up.
    """

    server: Server
    proxy: Proxy
    folder: Path
    tools: Path
    limit: float

    def url(self, database: str, *, far: bool) -> str:
        """An address that every tool understands."""
        return f"{self.server.url(database, self.proxy if far else None).partition('?')[0]}?sslmode=disable"

    def place(self, folder: Path, database: str, *, far: bool) -> Place:
        """Where a tool runs."""
        url = self.url(database, far=far)
        parts = urlsplit(url)
        return Place(
            url=url,
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            user=parts.username or "postgres",
            database=database,
            folder=folder,
            tools=self.tools,
        )

    def run(self, command: Sequence[str], place: Place, tool: Tool | None = None) -> Run:
        """A process in the place's folder, with what the tool wants in its environment."""
        own = {} if tool is None else tool.environment(place)
        return run(command, cwd=place.folder, extra={"DATABASE_URL": place.url, **QUIET, **own}, limit=self.limit)

    def timed(self, command: Sequence[str], place: Place, tool: Tool | None = None) -> tuple[Run, int]:
        """The run that is measured: what was written before is on the disk, and its round trips are counted."""
        self.server.settle()
        self.proxy.reset()
        done = self.run(command, place, tool)
        return done, self.proxy.traffic.round_trips


def rounds(entrants: Iterable[Entrant], runs: int, *, far: bool) -> list[Measured]:
    """Every contender in turn, round after round; the first round is not counted, except for what takes long."""
    found = [(each, Measured(name=each.name, kind=each.kind, note=each.note)) for each in entrants]
    for number in range(-1, runs):
        for entrant, measured in found:
            if measured.failed or (measured.spent > BUDGET and measured.walls):
                continue
            try:
                done, trips = entrant.once()
            except SystemExit as error:
                measured.failed = reason(str(error))
                continue
            measured.spent += done.wall
            if number >= 0 or done.wall > BUDGET / 2:
                measured.take(done, trips if far else None)
    return [measured for _, measured in found]


def reason(words: str) -> str:
    """The line of an error that tells most: the last that speaks of one, else the last."""
    lines = [line.strip() for line in words.strip().splitlines() if line.strip()] or ["it failed and said nothing"]
    telling = [line for line in lines[1:] if "error" in line.lower()]
    return (telling or lines)[-1][:200].replace("|", "/")
