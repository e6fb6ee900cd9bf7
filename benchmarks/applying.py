"""The rows of migrations: all from empty, nothing to do, status; every peer on files of its own."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import layouts
from ground import FLOOR, OURS, PEER, Entrant, Ground, Row
from processes import Run, migrate_command
from tool import Peer
from workloads import FINGERPRINT, changes

CONNECT = """import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.fetch("select 1")
    await connection.close()
asyncio.run(main())
"""
"""The least that a program in Python with our driver can do."""

MIGRATE = Peer(
    name="migrate",
    source="here",
    packages=(),
    layout=layouts.yoyo,
    up=lambda place: [*migrate_command(), "up", "--database", place.url, "--migrations", str(place.folder)],
    status=lambda place: [*migrate_command(), "status", "--database", place.url, "--migrations", str(place.folder)],
    version=lambda _: [*migrate_command(), "--version"],
    transactions="one for each file and its record; the last of a run waits for the disk, for all of them",
)
"""It writes a record of the schema at the end of `up`, too, which no peer has."""


@dataclass(slots=True)
class Applying:
    """The peers, what each has applied already, and what psql makes of a workload."""

    ground: Ground
    peers: Sequence[Peer]
    _prepared: dict[tuple[str, int], str] = field(default_factory=dict)
    _unable: dict[tuple[str, int], str] = field(default_factory=dict)
    _expected: dict[int, str] = field(default_factory=dict)

    def entrants(self, row: Row) -> Iterator[Entrant]:
        """Floors, `migrate` and the peers, for a row of migrations."""
        fresh = row.action == "fresh"
        yield Entrant(
            name="psql",
            kind=FLOOR,
            note="one for each file" if fresh else "`select 1`, no more",
            once=lambda: self._floor(row, ""),
        )
        if fresh:
            note = "one for each file; the last waits for the disk, for all of them"
            yield Entrant(name="psql, one wait", kind=FLOOR, note=note, once=lambda: self._floor(row, "-once"))
        else:
            yield Entrant(
                name="asyncpg",
                kind=FLOOR,
                note="connect, `select 1`, close",
                once=lambda: self._connected(row),
            )
        for peer in (MIGRATE, *self.peers):
            yield Entrant(
                name=peer.name,
                kind=OURS if peer is MIGRATE else PEER,
                note=peer.transactions if fresh else "",
                once=lambda peer=peer: self._once(peer, row),
            )

    def _files(self, peer: Peer, count: int) -> Path:
        folder = self.ground.folder / f"{count}" / peer.name.replace(" ", "-")
        if not folder.exists():
            folder.mkdir(parents=True)
            peer.layout(folder, changes(count))
            modules = self.ground.folder / "node_modules"  # node looks for packages in the folders above a file
            if not modules.exists():
                modules.symlink_to(self.ground.tools / "node" / "node_modules")
        return folder

    def _psql(self, count: int, which: str) -> list[str]:
        folder = self.ground.folder / f"{count}" / "psql"
        if count and not folder.exists():
            folder.mkdir(parents=True)
            layouts.psql(folder, changes(count))
        what = ["-f", str(folder / f"all{which}.psql")] if count else ["-Atc", "select 1"]
        return [self.ground.server.psql, "-Xq", "-v", "ON_ERROR_STOP=1", *what]

    def _prove(self, count: int, database: str) -> None:
        """What is there is what psql makes of the same statements."""
        server = self.ground.server
        if count not in self._expected:
            made = server.fresh()
            if count:
                place = self.ground.place(self.ground.folder, made, far=False)
                self.ground.run([*self._psql(count, ""), "-d", place.url], place)
            self._expected[count] = server.sql(made, FINGERPRINT)
            server.drop(made)
        found = server.sql(database, FINGERPRINT)
        if found != self._expected[count]:
            raise SystemExit(f"it made {found}, psql made {self._expected[count]}")

    def _applied(self, peer: Peer, count: int) -> str:
        """A database where the peer has applied everything already; what it could not do is not tried again."""
        key = (peer.name, count)
        if key in self._unable:
            raise SystemExit(self._unable[key])
        if key not in self._prepared:
            database = self.ground.server.fresh()
            place = self.ground.place(self._files(peer, count), database, far=False)
            try:
                self.ground.run(peer.up(place), place, peer)
                self._prove(count, database)
            except SystemExit as error:
                self._unable[key] = str(error)
                self.ground.server.drop(database)
                raise
            self._prepared[key] = database
        return self._prepared[key]

    def _once(self, peer: Peer, row: Row) -> tuple[Run, int]:
        fresh = row.action == "fresh"
        line = peer.status if row.action == "status" else peer.up
        if line is None:
            raise SystemExit("it has no such command")
        database = self.ground.server.fresh() if fresh else self._applied(peer, row.count)
        place = self.ground.place(self._files(peer, row.count), database, far=row.far)
        try:
            done, trips = self.ground.timed(line(place), place, peer)
            self._prove(row.count, database)
        finally:
            if fresh:
                self.ground.server.drop(database)
        return done, trips

    def _floor(self, row: Row, which: str) -> tuple[Run, int]:
        """A run of psql: the files, or one question where nothing is to be done."""
        database = self.ground.server.fresh()
        place = self.ground.place(self.ground.folder, database, far=row.far)
        count = row.count if row.action == "fresh" else 0
        try:
            done, trips = self.ground.timed([*self._psql(count, which), "-d", place.url], place)
            self._prove(count, database)
        finally:
            self.ground.server.drop(database)
        return done, trips

    def _connected(self, row: Row) -> tuple[Run, int]:
        place = self.ground.place(self.ground.folder, self.ground.server.maintenance, far=row.far)
        return self.ground.timed([sys.executable, "-c", CONNECT, place.url], place)
