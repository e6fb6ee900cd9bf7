"""A seed file as tables and rows: read once, streamed, never held.

Nothing is constructed from a tag and nothing is guessed from a scalar's looks: a cell is its source text, how it was
quoted, and where it stands. What a cell means is decided by the column that it is for, in `values`.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from migrator.errors import InputError
from migrator.seeding.files import options
from migrator.seeding.files.composing import MERGE, Composer
from migrator.seeding.files.document import (
    DOCUMENT_END,
    DOCUMENT_START,
    MAPPING_END,
    MAPPING_START,
    SCALAR,
    SEQUENCE_END,
    SEQUENCE_START,
    STREAM_END,
)
from migrator.seeding.files.nodes import (
    NULL_WORDS,
    Batch,
    Header,
    Mapping,
    Node,
    Place,
    Row,
    Table,
    moved,
    moved_scalar,
)
from migrator.seeding.files.reader import MARKER, MisreadError
from migrator.seeding.files.runs import Templates

_SPECIAL = NULL_WORDS | {MERGE, MARKER}
_MISSES = 1000


class SeedDocument(Composer):
    """One reading of a seed file: `for table in document.tables(): for rows in document.rows(): ...`.

    Args:
        path: the file.
        shown: its name in errors.
        fold: read long runs of rows by template; `MisreadError` then asks for another reading without.

    Every method raises `InputError` at `path:line:column` for what YAML or the seed format refuses.
    """

    def __init__(self, path: Path, shown: str, *, fold: bool = False) -> None:
        super().__init__(path, shown, fold=fold)
        self.header = Header()
        self._inside = False
        self._braced = False
        self._shapes: set[tuple[str, ...]] = set()
        self._templates = Templates()

    def tables(self) -> Generator[Table, None, None]:
        """The tables of the file in order; the rows of each are read by `rows()` before the next."""
        with self.opened():
            yield from self._root()

    def _root(self) -> Iterator[Table]:
        get = self._get
        get()
        if type(get()) is STREAM_END:
            return
        event = get()
        if type(event) is SCALAR and event.style == "" and event.value in NULL_WORDS and event.tag is None:
            self._end(get())
            return
        if type(event) is not MAPPING_START:
            self.fail(
                "a seed file is a mapping of tables to rows",
                event.start_mark,
                code="seed-format",
                detail="expected `table:` here",
                hint="write the table's name, a colon, and its rows as a list below",
            )
        self._plain(event)
        seen: dict[str, Place] = {}
        while type(event := get()) is not MAPPING_END:
            name = self._key(event, seen)
            if name.startswith("$"):
                if name != "$seed":
                    self.fail(
                        f"`{name}` is not a table", event.start_mark, code="seed-format", hint="only `$seed` begins so"
                    )
                if len(seen) > 1:
                    self.fail("`$seed` comes first in the file", event.start_mark, code="seed-format")
                self.header = options.header(self, self._node(get(), 1), event)
                continue
            self._templates.begin()
            yield self._open(name, event)
            if self._inside:
                for _ in self.rows():
                    pass
        self._end(get())

    def _end(self, event: Any) -> None:
        if type(event) is DOCUMENT_END:
            event = self._get()
        if type(event) is DOCUMENT_START:
            self.fail(
                "a seed file is one YAML document",
                event.start_mark,
                code="seed-format",
                detail="a second document begins here",
                hint="remove the `---`, or split the file",
            )

    def _open(self, name: str, key: Any) -> Table:
        """The value of a top-level key, up to where its rows begin."""
        place = Place(key.start_mark.line, key.start_mark.column)
        event = self._get()
        if type(event) is SEQUENCE_START:
            self._plain(event)
            self._inside, self._braced = True, False
            return Table(name=name, place=place)
        if type(event) is not MAPPING_START:
            self.fail(
                f"`{name}` has no rows",
                key.start_mark,
                code="seed-format",
                width=len(name),
                detail="expected a list of rows",
                hint=f"write the rows as a list, or `{name}: []`",
            )
        self._plain(event)
        seen: dict[str, Place] = {}
        found: dict[str, Node] = {}
        while True:
            option = self._get()
            if type(option) is MAPPING_END:
                options.no_rows(self, name, event.start_mark)
            word = self._key(option, seen)
            if word == "rows":
                break
            options.known(self, name, word, option.start_mark)
            found[word] = self._node(self._get(), 1)
            if word == "file":
                if type(event := self._get()) is not MAPPING_END:
                    self.fail("`file` comes last in a table's options", event.start_mark, code="seed-format")
                return options.table(self, name, place, seen, found)
        event = self._get()
        if type(event) is not SEQUENCE_START:
            self.fail(
                f"`rows` of `{name}` is a list", event.start_mark, code="seed-format", hint=options.ONE_ROW_IS_A_LIST
            )
        self._plain(event)
        self._inside, self._braced = True, True
        return options.table(self, name, place, seen, found)

    def rows(self) -> Iterator[Row | Batch]:
        """The rows of the table that `tables()` has just given, in order."""
        with self.translated():
            yield from self._rows()

    def _rows(self) -> Iterator[Row | Batch]:
        get = self._get
        while type(event := get()) is not SEQUENCE_END:
            row = self._row(event)
            if row.names == (MARKER,) and row.line in self._reader.runs:
                yield from self._run(row)
            else:
                yield row
        self._inside = False
        if self._braced and type(event := get()) is not MAPPING_END:
            self.fail("`rows` comes last in a table's options", event.start_mark, code="seed-format")

    def _row(self, event: Any) -> Row:
        """One row whose first event is at hand. This is where the time goes, so it is one piece."""
        if type(event) is not MAPPING_START or event.tag is not None or event.anchor is not None:
            return self._other_row(event)
        get = self._get
        line = event.start_mark.line
        keys: list[Any] = []
        cells: list[Any] = []
        while True:
            key = get()
            if type(key) is not SCALAR:
                if type(key) is MAPPING_END:
                    break
                self.fail("a key is a plain word or a quoted text", key.start_mark, code="yaml-key")
            keys.append(key)
            cell = get()
            if type(cell) is SCALAR and cell.tag is None and cell.anchor is None and (cell.value or cell.style):
                cells.append(cell)
            else:
                cells.append(self._node(cell, 1))
        names = tuple([key.value for key in keys])
        self._events += len(names)
        if names not in self._shapes:
            merged = self._merged(keys, cells)
            if merged is not None:
                names = tuple([key.value for key, _ in merged])
                return Row(line, names, [key for key, _ in merged], [cell for _, cell in merged])
            if _SPECIAL.isdisjoint(names):
                self._shapes.add(names)
        return Row(line, names, keys, cells)

    def _other_row(self, event: Any) -> Row:
        """A row that is not a bare mapping: an alias, an anchored row, or a mistake."""
        node = self._node(event, 0)
        if not isinstance(node, Mapping):
            self.fail(
                "a row is a mapping of columns to values",
                event.start_mark,
                code="seed-format",
                hint="write `- {column: value}`",
            )
        names = tuple([key.value for key, _ in node.pairs])
        return Row(event.start_mark.line, names, [key for key, _ in node.pairs], [cell for _, cell in node.pairs])

    def _run(self, marker: Row) -> Iterator[Row | Batch]:
        """The rows of a run that was kept back."""
        run = self._reader.runs.pop(marker.line)
        if run.indent != marker.keys[0].start_mark.column - 3:
            raise MisreadError
        templates = self._templates
        for item in templates.read(run, marker.line):
            if isinstance(item, Batch):
                yield item
                continue
            line, text = item
            row = self.single(text, line)
            templates.learn(run.indent, text, row)
            yield row
        if templates.missed > _MISSES and templates.missed > templates.fitted:
            self._reader.fold = False

    def reread(self, line: int, height: int) -> Row:
        """A row of a batch that was just given, with places. Raises `MisreadError` when it is out of reach."""
        return self.single("".join(f"{self._reader.line(number)}\n" for number in range(line, line + height)), line)

    def single(self, text: str, line: int) -> Row:
        """One row of a run through libyaml, at its place in the file. Raises `MisreadError` for anything unusual."""
        try:
            with self._parsing(text, line), self.translated():
                get = self._get
                get()
                get()
                if type(get()) is not SEQUENCE_START:
                    raise MisreadError
                row = self._row(get())
                if type(get()) is not SEQUENCE_END:
                    raise MisreadError
                get()
                if type(get()) is not STREAM_END:
                    raise MisreadError
        except InputError as error:
            raise MisreadError from error
        return Row(
            line + row.line,
            row.names,
            [moved_scalar(key, line) for key in row.keys],
            [moved(cell, line) for cell in row.cells],
        )


def read_header(path: Path, shown: str) -> Header:
    """The `$seed` header alone. Raises `InputError` for what YAML or the seed format refuses before the first row."""
    document = SeedDocument(path, shown)
    with closing(document.tables()) as tables:
        next(tables, None)
    return document.header


def read_tables(path: Path, shown: str) -> list[Table]:
    """The tables with their options, by reading all of the file; up to an error, which the real reading reports."""
    found: list[Table] = []
    try:
        found.extend(SeedDocument(path, shown).tables())
    except InputError:
        return found
    return found
