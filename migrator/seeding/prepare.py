"""The first reading: every file once, checked and turned into COPY text, before anything is written anywhere."""

import threading
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from migrator.errors import InputError
from migrator.seeding import check
from migrator.seeding.check import Problems
from migrator.seeding.document import NULL_WORDS, Document, Header, Node, Place, Row, Table, span
from migrator.seeding.files import SeedFile
from migrator.seeding.spool import Spool
from migrator.seeding.tables import Column, Key, TableInfo
from migrator.seeding.values import NULL, Encoder, ValueRefusedError, encoder, escape, is_free

REMEMBERED_KEYS = 65_536
"""For how many rows of a run duplicates are found by their text before the first write; beyond, staging finds them."""

_STOP_EVERY = 1024


class StoppedError(Exception):
    """The run was cancelled while a file was being read."""


@dataclass(slots=True)
class Shape:
    """Rows of a table that have the same columns, in the same order.

    Attributes:
        number: which of the table's shapes.
        columns: those of the row, then those that only `defaults` fill.
        tail: the cells that `defaults` fill.
        free: no cell needs a look of ours: the text goes to the server as it is.
        encoders: a cell's way to text, as many as the row has columns.
        watched: positions of foreign-key columns in which every row so far is NULL.
    """

    number: int
    columns: tuple[Column, ...]
    tail: list[str]
    free: bool
    encoders: list[Encoder]
    watched: set[int]


@dataclass(slots=True)
class TableLoad:
    """The rows of one table in one file, ready to be copied.

    Attributes:
        file: the file.
        order: which table of the file it is.
        table: name and options as written.
        info: the table in the database.
        shapes: of its rows.
        key: how rows are found again; None for a table that is filled once.
        rows: how many.
        start: the offset of the first row in the spool.
        end: the offset behind the last.
        referring: foreign-key columns that some row fills.
        keys: the line of each key's text, for the first rows of a run.
    """

    file: SeedFile
    order: int
    table: Table
    info: TableInfo
    shapes: list[Shape] = field(default_factory=list)
    key: Key | None = None
    rows: int = 0
    start: int = 0
    end: int = 0
    referring: set[str] = field(default_factory=set)
    keys: dict[str | tuple[str, ...], int] | None = None

    @property
    def columns(self) -> list[Column]:
        """Every column that some row has, in the order of the catalog."""
        found = {column.number: column for shape in self.shapes for column in shape.columns}
        return [found[number] for number in sorted(found)]

    def layouts(self) -> list[tuple[int, ...]]:
        """For each shape, which cell of a spooled row goes to which column of the staging table; see `spool.source`."""
        if len(self.shapes) == 1:
            return [(0, 1, *range(2, 2 + len(self.shapes[0].columns)))]
        columns = self.columns
        layouts = []
        for shape in self.shapes:
            at = {column.number: index + 2 for index, column in enumerate(shape.columns)}
            layouts.append((0, 1, *(at.get(column.number, -1) for column in columns)))
        return layouts

    def staged(self) -> list[Column]:
        """The columns of the staging table, in the order in which rows come out of the spool."""
        return list(self.shapes[0].columns) if len(self.shapes) == 1 else self.columns


@dataclass(slots=True)
class FileLoad:
    """A seed file, read and checked."""

    file: SeedFile
    header: Header
    tables: list[TableLoad]

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(load.rows for load in self.tables)


class Preparation:
    """The first reading of a run's files: `read()` each, then `finish()`. Synchronous: runs in a thread.

    Args:
        infos: the tables that the files name, as the database has them.
        names: what tables there are, for the hint on an unknown one.
        spool: where rows go.
        environ: what `$var` reads.
    """

    def __init__(
        self, infos: Map[str, TableInfo | None], names: Iterable[str], spool: Spool, environ: Map[str, str]
    ) -> None:
        self.problems = Problems()
        self.stop = threading.Event()
        self._infos = infos
        self._names = tuple(names)
        self._spool = spool
        self._environ = environ
        self._remembered = 0

    def read(self, file: SeedFile) -> FileLoad:
        """Read one file to its end. What is wrong goes to `problems`; raises `StoppedError` when asked to stop."""
        document = Document(file.path, file.shown)
        loads: list[TableLoad] = []
        seen: dict[int, Table] = {}
        try:
            for table in document.tables():
                info = self._infos.get(table.name)
                if info is None:
                    self.problems.add(check.unknown_table(document, table, self._names))
                    continue
                if info.oid in seen:
                    document.fail(
                        f"`{table.name}` is the same table as `{seen[info.oid].name}`",
                        table.place,
                        code="yaml-key-twice",
                    )
                seen[info.oid] = table
                load = TableLoad(file=file, order=len(loads), table=table, info=info, start=self._spool.flush())
                reading = _Reading(self, document, load)
                loads.append(load)
                reading.rows()
                load.end = self._spool.flush()
                reading.finish()
            if document.digest() != file.sha256:
                raise InputError(
                    f"`{file.shown}` was changed while it was read", code="file-changed", hint="run the command again"
                )
        except InputError as error:
            self.problems.add(error)
        return FileLoad(file=file, header=document.header, tables=[load for load in loads if load.rows])

    def remember(self) -> bool:
        """Whether another key may be held in memory."""
        self._remembered += 1
        return self._remembered <= REMEMBERED_KEYS

    @property
    def spool(self) -> Spool:
        """Where rows go."""
        return self._spool

    @property
    def environ(self) -> Map[str, str]:
        """What `$var` reads."""
        return self._environ

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
        self.problems.raise_any()

    def _compare(self, earlier: TableLoad, later: TableLoad) -> None:
        if earlier.key is None or later.key is None or earlier.key.name != later.key.name:
            return
        if earlier.keys is None or later.keys is None:
            return
        for text in earlier.keys.keys() & later.keys.keys():
            line = later.keys[text]
            self.problems.add(
                InputError(
                    f"`{later.table.name}` has a row of this key in another file too: {_written(later.key, text)}",
                    code="duplicate-key",
                    where=span(later.file.path, later.file.shown, Place(line - 1, _indent(later, line))),
                    detail=f"also at {earlier.file.shown}:{earlier.keys[text]}",
                    outcome="nothing was loaded",
                    hint="keep one of them",
                )
            )


def _indent(load: TableLoad, line: int) -> int:
    from migrator.seeding.document import line_of

    text = line_of(load.file.path, line - 1)
    return len(text) - len(text.lstrip(" -"))


def _written(key: Key, text: str | tuple[str, ...]) -> str:
    values = (text,) if isinstance(text, str) else text
    return ", ".join(f"`{column}` = {value[:80]}" for column, value in zip(key.columns, values, strict=True))


class _Reading:
    """The rows of one table of one file."""

    def __init__(self, run: Preparation, document: Document, load: TableLoad) -> None:
        self._run = run
        self._document = document
        self._load = load
        self._shapes: dict[tuple[str, ...], Shape | None] = {}
        self._key: Key | None = None
        self._key_at: dict[int, tuple[int, ...]] = {}
        self._keys: dict[str | tuple[str, ...], int] = {}
        self._watch_keys = True
        self._broken = False
        self._defaults = self._read_defaults()

    def _read_defaults(self) -> dict[str, tuple[Column, str]]:
        load, document, problems = self._load, self._document, self._run.problems
        found: dict[str, tuple[Column, str]] = {}
        for error in check.table_options(document, load.table, load.info):
            problems.add(error)
            self._broken = True
        named = [(str(key.value), _place(key)) for key, _ in load.table.defaults]
        for error in check.columns(document, load.table, load.info, named):
            problems.add(error)
            self._broken = True
        for key, node in load.table.defaults:
            column = load.info.columns.get(key.value)
            if column is not None and not column.generated:
                text = self._encode(encoder(column, self._run.environ), node)
                if text is not None:
                    found[column.name] = (column, text)
        return found

    def rows(self) -> None:
        """Every row: checked, encoded, spooled."""
        load, spool = self._load, self._run.spool
        shapes = self._shapes
        stop = self._run.stop.is_set
        add = spool.add
        count = 0
        for row in self._document.rows():
            line, names, _, cells = row
            try:
                shape = shapes[names]
            except KeyError:
                shape = shapes[names] = self._shape(row)
            if shape is None:
                continue
            texts = self._free(cells) if shape.free else None
            if texts is None:
                texts = self._texts(shape, row)
                if texts is None:
                    continue
            if shape.tail:
                texts += shape.tail
            if shape.watched:
                for index in tuple(shape.watched):
                    if texts[index] is not NULL:
                        shape.watched.discard(index)
                        load.referring.add(shape.columns[index].name)
            if self._watch_keys:
                self._watch(shape, row, texts)
            joined = "\t".join(texts)
            if (
                "\\" in joined
                or "\n" in joined
                or "\r" in joined
                or "\0" in joined
                or joined.count("\t") != len(texts) - 1
            ):
                if "\0" in joined:
                    self._refuse_nul(row)
                    continue
                joined = "\t".join([text if text is NULL else escape(text) for text in texts])
            add(f"{shape.number}\t{line + 1}\t{joined}\n")
            count += 1
            if not count % _STOP_EVERY and stop():
                raise StoppedError
        load.rows = count

    def _free(self, cells: list[Node]) -> list[str] | None:
        """The texts of cells that need no look; None when one of them does after all."""
        try:
            texts = [cell.value for cell in cells]  # type: ignore[union-attr] - told by the exception
        except AttributeError:
            return None
        return texts if NULL_WORDS.isdisjoint(texts) else None

    def _texts(self, shape: Shape, row: Row) -> list[str] | None:
        """The texts of a row's cells, each through its column; None when one of them was refused."""
        texts: list[str] = []
        whole = True
        for encode, cell, column in zip(shape.encoders, row.cells, shape.columns, strict=False):
            text = self._encode(encode, cell)
            if text is None:
                whole = False
                continue
            if text is NULL and column.not_null:
                key = self._key is not None and column.name in self._key.columns
                self._run.problems.add(
                    check.null_refused(self._document, self._load.table, column, _place(cell), key=key)
                )
                whole = False
            texts.append(text)
        return texts if whole else None

    def _encode(self, encode: Encoder, node: Node) -> str | None:
        try:
            return encode(node)
        except ValueRefusedError as error:
            place = _place(error.node)
            self._run.problems.add(
                InputError(
                    error.message,
                    code=error.code,
                    where=span(self._document.path, self._document.shown, place, _width(error.node)),
                    outcome="nothing was loaded",
                    hint=error.hint,
                )
            )
            return None

    def _refuse_nul(self, row: Row) -> None:
        cell = next((cell for cell in row.cells if "\0" in getattr(cell, "value", "")), row.cells[0])
        where = span(self._document.path, self._document.shown, _place(cell))
        self._run.problems.add(
            InputError("PostgreSQL's text cannot hold NUL", code="nul", where=where, outcome="nothing was loaded")
        )

    def _shape(self, row: Row) -> Shape | None:
        """A shape that was not met before; None when its columns are wrong."""
        load, info = self._load, self._load.info
        named = [(str(key.value), _place(key)) for key in row.keys]
        errors = list(check.columns(self._document, load.table, info, named))
        for error in errors:
            self._run.problems.add(error)
        if errors:
            self._broken = True
            return None
        own = [info.columns[name] for name in row.names]
        filled = [pair for name, pair in self._defaults.items() if name not in row.names]
        columns = (*own, *(column for column, _ in filled))
        referring = {name for key in info.foreign_keys for name in key.columns}
        shape = Shape(
            number=len(load.shapes),
            columns=columns,
            tail=[text for _, text in filled],
            free=all(is_free(column.type) for column in own),
            encoders=[encoder(column, self._run.environ) for column in own],
            watched={index for index, column in enumerate(columns) if column.name in referring},
        )
        load.shapes.append(shape)
        self._key_for(shape)
        return shape

    # keys

    def _key_for(self, shape: Shape) -> None:
        """Where the key stands in rows of this shape; guessed from the first one, confirmed when all are known."""
        at = {column.name: index for index, column in enumerate(shape.columns)}
        if shape.number == 0:
            guess = check.infer_key(self._document, self._load.table, self._load.info, [frozenset(at)])
            self._key = guess if isinstance(guess, Key) else None
        if self._key is None or not all(name in at for name in self._key.columns):
            self._watch_keys = False
        else:
            self._key_at[shape.number] = tuple(at[name] for name in self._key.columns)

    def _watch(self, shape: Shape, row: Row, texts: list[str]) -> None:
        """Find a second row of the same key, and NULL in a key."""
        at = self._key_at[shape.number]
        text: str | tuple[str, ...] = texts[at[0]] if len(at) == 1 else tuple([texts[index] for index in at])
        if text is NULL or (type(text) is tuple and any(part is NULL for part in text)):
            if self._key is not None and not self._key.nulls_equal:
                index = next(index for index in at if texts[index] is NULL)
                cell = row.cells[index] if index < len(row.cells) else row.keys[0]
                error = check.null_refused(
                    self._document, self._load.table, shape.columns[index], _place(cell), key=True
                )
                self._run.problems.add(error)
            return
        keys = self._keys
        known = len(keys)
        first = keys.setdefault(text, row.line + 1)
        if len(keys) != known:
            if not self._run.remember():
                self._watch_keys = False
            return
        cell = row.cells[at[0]] if at[0] < len(row.cells) else row.keys[0]
        self._run.problems.add(
            InputError(
                f"`{self._load.table.name}` has two rows of one key: {_written(self._key, text) if self._key else ''}",
                code="duplicate-key",
                where=span(self._document.path, self._document.shown, _place(cell), _width(cell)),
                detail=f"first in line {first}",
                outcome="nothing was loaded",
                hint="keep one of them",
            )
        )

    def finish(self) -> None:
        """Settle the key, now that every shape is known."""
        load = self._load
        if self._broken or not load.rows:
            return
        shapes = [frozenset(column.name for column in shape.columns) for shape in load.shapes]
        key = check.infer_key(self._document, load.table, load.info, shapes)
        if isinstance(key, InputError):
            self._run.problems.add(key)
            return
        load.key = key
        if key is not None and self._watch_keys and self._key is not None and key.name == self._key.name:
            load.keys = self._keys


def _place(node: Node) -> Place:
    return Place(node.start_mark.line, node.start_mark.column)


def _width(node: Node) -> int:
    end = getattr(node, "end_mark", None)
    start = node.start_mark
    return end.column - start.column if end is not None and end.line == start.line else 1
