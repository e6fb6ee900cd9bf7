r"""The rows of seeds: the same rows from YAML and CSV, beside Django's `loaddata`, INSERT scripts and `\copy`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ground import FLOOR, OURS, PEER, Entrant, Ground, Row
from processes import Run
from seeds_beside import BATCH, fixture, loaddata, psql, scripts
from tool import Peer

from seeds import Loads


@dataclass(slots=True)
class Loading:
    """The files of each count of rows, written once."""

    ground: Ground
    peers: Sequence[Peer]
    _loads: dict[int, tuple[Loads, Path]] = field(default_factory=dict)

    def _written(self, count: int) -> tuple[Loads, Path]:
        if count not in self._loads:
            folder = self.ground.folder / f"seeds-{count}"
            folder.mkdir()
            scripts(count, folder)
            fixture(count, folder)
            self._loads[count] = Loads(self.ground.server, count, folder), folder
        return self._loads[count]

    def entrants(self, row: Row) -> Iterator[Entrant]:
        """Floors, `migrate seed`, and Django where it is there; each fills the empty table."""
        loads, folder = self._written(row.count)
        program = self.ground.server.psql

        def entrant(name: str, kind: str, note: str, command: Callable[[], list[str]]) -> Entrant:
            return Entrant(name=name, kind=kind, note=note, once=lambda: self._once(row, loads, folder, command))

        yield entrant("psql \\copy", FLOOR, "CSV", loads.copy)
        words = f"INSERTs of {BATCH:,} rows in one transaction"
        yield entrant("psql, batches", FLOOR, words, lambda: psql(program, loads.fresh(), folder / "batched.sql"))
        words = "an INSERT for each row in one transaction"
        yield entrant("psql, rows", FLOOR, words, lambda: psql(program, loads.fresh(), folder / "single.sql"))
        yield entrant("migrate", OURS, "YAML", lambda: loads.seed(empty=True))
        yield entrant("migrate, CSV", OURS, "CSV", lambda: loads.seed(bulk=True, empty=True))
        if any(peer.name == "Django" for peer in self.peers):
            python = self.ground.tools / "venv" / "bin" / "python"
            yield entrant("Django", PEER, "`loaddata`, JSON", lambda: loaddata(python, folder, loads.fresh()))

    def _once(self, row: Row, loads: Loads, folder: Path, command: Callable[[], list[str]]) -> tuple[Run, int]:
        loads.way = self.ground.proxy if row.far else None
        line = command()  # makes the database, too
        place = self.ground.place(folder, self.ground.server.maintenance, far=row.far)
        done, trips = self.ground.timed(line, place)
        loads.prove(done)
        return done, trips
