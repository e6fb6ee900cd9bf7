"""The rows of verify: a schema of many tables, compared with what it should be by `migrate verify` and by others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import schema
from ground import OURS, PEER, Entrant, Ground, Row
from processes import Run, migrate_command
from tool import Place, Tool

ALEMBIC = """import pickle, sys
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

engine = create_engine(sys.argv[1].replace("postgresql:", "postgresql+psycopg2:"))
if sys.argv[2] == "keep":
    metadata = MetaData()
    metadata.reflect(engine)
    with open(sys.argv[3], "wb") as file:
        pickle.dump(metadata, file)
else:
    with open(sys.argv[3], "rb") as file:
        metadata = pickle.load(file)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    print(len(metadata.tables), "tables,", len(differences), "differences")
"""
"""The models that an application would have are read once from the database and kept."""


@dataclass(slots=True)
class Checking:
    """A database of each count of tables, with a record, and a copy of it."""

    ground: Ground
    tools: Sequence[Tool]
    _made: dict[int, str] = field(default_factory=dict)
    _copied: dict[int, str] = field(default_factory=dict)

    def database(self, count: int) -> str:
        """One of so many tables that `migrate up` has recorded."""
        if count not in self._made:
            name = schema.fill(self.ground.server, count)
            place = self.ground.place(self._folder(count), name, far=False)
            self.ground.run([*migrate_command(), "up", *self._options(place)], place)
            self._made[count] = name
        return self._made[count]

    def drop(self) -> None:
        """Drop its databases."""
        self.ground.server.drop(*self._made.values(), *self._copied.values())
        self._made.clear()
        self._copied.clear()

    def _folder(self, count: int) -> Path:
        folder = self.ground.folder / f"verify-{count}"
        if not folder.exists():
            (folder / "migrations").mkdir(parents=True)
            (folder / "migrations" / "0001.one.sql").write_text("create table one (id bigint primary key);\n")
        return folder

    @staticmethod
    def _options(place: Place) -> list[str]:
        return ["--database", place.url, "--migrations", str(place.folder / "migrations")]

    def entrants(self, row: Row) -> Iterator[Entrant]:
        """`migrate verify` and the others, all on one database where nothing differs."""
        place = self.ground.place(self._folder(row.count), self.database(row.count), far=row.far)
        yield Entrant(
            name="migrate",
            kind=OURS,
            note="reads all, compares with its record, asks its checks",
            once=lambda: self._once([*migrate_command(), "verify", *self._options(place)], place, "no findings"),
        )
        dump = str(Path(self.ground.server.psql).with_name("pg_dump"))
        yield Entrant(
            name="pg_dump",
            kind=PEER,
            note="`--schema-only`: reads all, compares nothing",
            once=lambda: self._once([dump, "--schema-only", "--file", "/dev/null", "--dbname", place.url], place, ""),
        )
        names = {tool.name for tool in self.tools}
        if "migra" in names:
            yield Entrant(
                name="migra",
                kind=PEER,
                note="reads two databases, the second one near; no grants",
                once=lambda: self._once(self._migra(row, place), place, ""),
            )
        if "Alembic" in names:
            yield Entrant(
                name="Alembic",
                kind=PEER,
                note="`compare_metadata`: tables, columns, indexes, constraints",
                once=lambda: self._once(self._alembic(row, place), place, ", 0 differences"),
            )

    def _once(self, command: list[str], place: Place, word: str) -> tuple[Run, int]:
        done, trips = self.ground.timed(command, place)
        if word not in done.output:
            raise SystemExit(f"it did not say `{word}` but {done.output[-200:]}")
        return done, trips

    def _migra(self, row: Row, place: Place) -> list[str]:
        server = self.ground.server
        if row.count not in self._copied:
            self._copied[row.count] = copy = server.fresh()
            server.sql(server.maintenance, f"drop database {copy}", f"create database {copy} template {place.database}")
        other = self.ground.url(self._copied[row.count], far=False)
        return [str(place.python / "migra"), "--unsafe", place.url, other]

    def _alembic(self, row: Row, place: Place) -> list[str]:
        script, kept = place.folder / "compare.py", place.folder / "metadata.pickle"
        line = [str(place.python / "python"), str(script)]
        if not kept.exists():
            script.write_text(ALEMBIC, encoding="utf-8")
            near = self.ground.url(self.database(row.count), far=False)
            self.ground.run([*line, near, "keep", str(kept)], place)
        return [*line, place.url, "compare", str(kept)]
