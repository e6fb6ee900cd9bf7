"""The first reading: every file once, checked and turned into COPY text, before anything is written anywhere."""

import threading
from collections.abc import Iterable
from collections.abc import Mapping as Map

from migrator.errors import InputError
from migrator.seeding.books.tables import Catalog
from migrator.seeding.files.csvfile import CsvFile, changed_meanwhile
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import NOWHERE, Header, Place, Table, line_of, span
from migrator.seeding.files.reader import MisreadError
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.files.scripts import read_script
from migrator.seeding.preparing import check
from migrator.seeding.preparing.auth.accounts import Accounts
from migrator.seeding.preparing.auth.expanding import expand, not_from_csv
from migrator.seeding.preparing.auth.persons import is_auth_users
from migrator.seeding.preparing.bulk import read_bulk
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.ids import Ids
from migrator.seeding.preparing.keys import Context, written
from migrator.seeding.preparing.lookups import UnreadTableError
from migrator.seeding.preparing.operators import Includes
from migrator.seeding.preparing.reading import Reading
from migrator.seeding.preparing.shapes import FileLoad, TableLoad
from migrator.seeding.preparing.spool import Spool
from migrator.source import shown


class Preparation:
    """The first reading of a run's files: `read()` each, then `finish()`. Synchronous: runs in a thread.

    Args:
        catalog: the tables that the files name, as the database has them.
        names: what tables there are, for the hint on an unknown one.
        spool: where rows go.
        environ: what `$var` reads.
        accounts: those that the people of `auth.users` have.

    Attributes:
        stop: set to end a reading early.
        unread: tables that lookups need and that are not in the catalog: read them, and prepare again.
        ids: the labels of `$id`.
    """

    def __init__(
        self, catalog: Catalog, names: Iterable[str], spool: Spool, environ: Map[str, str], accounts: Accounts
    ) -> None:
        self.stop = threading.Event()
        self.unread: set[str] = set()
        self.ids = Ids()
        self._names = tuple(names)
        self._accounts = accounts
        self._context = Context(
            spool=spool,
            environ=environ,
            catalog=catalog,
            ids=self.ids,
            problems=Problems(),
            stopped=self.stop.is_set,
        )

    def read(self, file: SeedFile) -> FileLoad:
        """Read one file to its end and remember what is wrong with it. Raises `StoppedError` when asked to stop."""
        context = self._context
        if file.table is not None:
            return self._read_csv(file, file.table)
        if file.is_script:
            return self._read_script(file)
        before = context.problems.mark(), context.remembered
        try:
            return self._read(file, fold=True)
        except MisreadError:
            context.problems.back_to(before[0])
            context.remembered = before[1]
            return self._read(file, fold=False)

    def _read(self, file: SeedFile, *, fold: bool) -> FileLoad:
        context = self._context
        document = SeedDocument(file.path, file.shown, fold=fold)
        loads: list[TableLoad] = []
        includes = Includes(file.path.parent)
        seen: dict[int, Table] = {}
        try:
            for table in document.tables():
                info = context.catalog.named.get(table.name)
                if info is None:
                    context.problems.add(check.unknown_table(document, table, self._names))
                    continue
                if info.oid in seen:
                    document.fail(
                        f"`{table.name}` is the same table as `{seen[info.oid].name}`",
                        table.place,
                        code="yaml-key-twice",
                        width=len(table.name),
                    )
                seen[info.oid] = table
                start = context.spool.flush()
                load = TableLoad(file=file, table=table, info=info, start=start, includes=includes)
                loads += self._rows(document, load)
            if document.digest() != file.sha256:
                raise changed_meanwhile(file.shown)
        except InputError as error:
            context.problems.add(error)
        except UnreadTableError as error:
            self.unread.add(error.name)
        tables = [load for load in loads if load.rows]
        return FileLoad(file=file, header=document.header, tables=tables, includes=includes)

    def _rows(self, document: SeedDocument, load: TableLoad) -> list[TableLoad]:
        """Read the rows of a table; those of a form become rows of several."""
        table = load.table
        if is_auth_users(load.info):
            if table.file is None:
                return expand(self._context, document, load, self._accounts)
            load.includes.digests[table.file] = b""  # the file belongs here, whatever is wrong with it
            raise not_from_csv(document, table.file_place, len(table.file))
        if table.file is None:
            Reading(self._context, document, load).read()
        else:
            load.includes.digests[table.file] = self._read_from(document, load, table.file)
        if table.mode == "sync" and not load.rows:
            self._context.problems.add(check.no_rows_to_sync(document, table))
        return [load]

    def _read_from(self, document: SeedDocument, load: TableLoad, name: str) -> bytes:
        """The rows of a table from the CSV file that its option `file` names; returns its SHA-256."""
        path = load.includes.path(name)
        if not path.is_file():
            document.fail(
                f"there is no file `{name}`",
                load.table.file_place,
                code="no-file",
                width=len(name),
                hint="a path counts from the folder of the seed file",
            )
        return read_bulk(self._context, document, load, CsvFile(path=path, shown=shown(path))).digest

    def _read_csv(self, file: SeedFile, name: str) -> FileLoad:
        """A CSV file that is a seed by itself: it is called after its table."""
        context, table = self._context, Table(name=name, place=NOWHERE)
        csv = CsvFile(path=file.path, shown=file.shown)
        load = FileLoad(file=file, header=Header(), tables=[], includes=Includes(file.path.parent))
        info = context.catalog.named.get(name)
        if info is None:
            context.problems.add(check.no_table_for_csv(csv, name, self._names))
            return load
        if is_auth_users(info):
            context.problems.add(not_from_csv(csv, NOWHERE, 1))
            return load
        only = TableLoad(file=file, table=table, info=info, start=0, includes=load.includes)
        try:
            if read_bulk(context, csv, only, csv).digest != file.sha256:
                raise changed_meanwhile(file.shown)
        except InputError as error:
            context.problems.add(error)
        except UnreadTableError as error:
            self.unread.add(error.name)
        load.tables += [only] if only.rows else []
        return load

    def _read_script(self, file: SeedFile) -> FileLoad:
        """A file of SQL, which runs as it is."""
        load = FileLoad(file=file, header=Header(), tables=[], includes=Includes(file.path.parent))
        try:
            load.script = read_script(file.path, file.shown, file.sha256)
        except InputError as error:
            self._context.problems.add(error)
        return load

    def finish(self, loads: list[FileLoad]) -> None:
        """Compare the files with one another, then raise what is wrong in all of them."""
        by_table: dict[int, list[TableLoad]] = {}
        for file in loads:
            for load in file.tables:
                by_table.setdefault(load.info.oid, []).append(load)
        for writers in by_table.values():
            for index, later in enumerate(writers):
                for earlier in writers[:index]:
                    self._compare(earlier, later)
        self._context.problems.raise_any()

    def _compare(self, earlier: TableLoad, later: TableLoad) -> None:
        if earlier.key is None or earlier.keys is None or later.key != earlier.key or later.keys is None:
            return
        for text in sorted(earlier.keys.keys() & later.keys.keys(), key=str):
            line = later.keys[text]
            self._context.problems.add(
                InputError(
                    f"`{later.table.name}` has a row of this key in another file too: {written(earlier.key, text)}",
                    code="duplicate-key",
                    where=span(later.file.path, later.file.shown, _first_word(later, line)),
                    detail=f"also at {earlier.file.shown}:{earlier.keys[text]}",
                    outcome="nothing was loaded",
                    hint="keep one of them",
                )
            )


def _first_word(load: TableLoad, line: int) -> Place:
    text = line_of(load.file.path, line - 1)
    return Place(line - 1, len(text) - len(text.lstrip(" -{")))
