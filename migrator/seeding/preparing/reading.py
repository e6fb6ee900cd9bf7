"""The rows of one table of one file: each checked, turned into COPY text and spooled. The hot loop of seeding."""

from migrator.errors import InputError
from migrator.seeding.books.tables import Column
from migrator.seeding.files.nodes import NULL_WORDS, Batch, Node, Row, place_of, span, width_of
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing import check
from migrator.seeding.preparing.keys import Context, Keys
from migrator.seeding.preparing.shapes import Shape, TableLoad
from migrator.seeding.preparing.values import NULL, Encoder, ValueRefusedError, checker, encoder, escape

_STOP_EVERY = 1024
_QUOTES = "\"'"


class StoppedError(Exception):
    """The run was cancelled while a file was being read."""


class Reading:
    """One reading of the rows of a table.

    Args:
        context: of the run.
        document: the file, at the rows of this table.
        load: filled by `read()`.
    """

    def __init__(self, context: Context, document: SeedDocument, load: TableLoad) -> None:
        self._context = context
        self._document = document
        self._load = load
        self._shapes: dict[tuple[str, ...], Shape | None] = {}
        self._keys = Keys(context, document, load)
        self._broken = False
        self._defaults = self._read_defaults()

    def _add(self, error: InputError) -> None:
        self._context.problems.add(error)

    def _read_defaults(self) -> dict[str, tuple[Column, str]]:
        load, document = self._load, self._document
        found: dict[str, tuple[Column, str]] = {}
        for error in check.table_options(document, load.table, load.info):
            self._add(error)
            self._broken = True
        named = [(key.value, place_of(key)) for key, _ in load.table.defaults]
        for error in check.columns(document, load.table, load.info, named):
            self._add(error)
        for key, node in load.table.defaults:
            column = load.info.columns.get(key.value)
            if column is not None and not column.generated:
                text = self._encode(encoder(column, self._context.environ), column, node)
                if text is not None:
                    found[column.name] = (column, text)
        return found

    def read(self) -> None:
        """Every row: checked, encoded, spooled; then the key, which can be told once all shapes are known."""
        load, stopped = self._load, self._context.stopped
        count = beat = 0
        for item in self._document.rows():
            if isinstance(item, Batch):
                count += self._batch(item)
                beat += len(item.rows)
            else:
                count += self._row(item)
                beat += 1
            if beat >= _STOP_EVERY:
                beat = 0
                if stopped():
                    raise StoppedError
        load.rows = count
        load.end = self._context.spool.flush()
        if not self._broken:
            self._keys.settle()

    # one row

    def _row(self, row: Row) -> int:
        """One row with its places; returns how many rows were spooled."""
        names = row.names
        try:
            shape = self._shapes[names]
        except KeyError:
            shape = self._shapes[names] = self._shape(row)
        if shape is None:
            return 0
        texts = self._texts(shape, row)
        if texts is None:
            return 0
        texts += shape.tail
        self._watch_references(shape, texts)
        if not self._keys.remember(shape, row, texts):
            return 0
        joined = "\t".join(texts)
        if "\\" in joined or "\n" in joined or "\r" in joined or "\0" in joined or joined.count("\t") != len(texts) - 1:
            if "\0" in joined:
                cell = next((cell for cell in row.cells if "\0" in getattr(cell, "value", "")), row.keys[0])
                where = span(self._document.path, self._document.shown, place_of(cell))
                outcome = "nothing was loaded"
                self._add(
                    InputError("PostgreSQL's text cannot hold NUL", code="nul-character", where=where, outcome=outcome)
                )
                return 0
            joined = "\t".join([text if text is NULL else escape(text) for text in texts])
        self._context.spool.add(f"{shape.number}\t{row.line + 1}\t{joined}\n")
        return 1

    def _texts(self, shape: Shape, row: Row) -> list[str] | None:
        """The texts of a row's cells; None when one of them was refused."""
        if not shape.checks:
            try:
                texts = [cell.value for cell in row.cells]  # type: ignore[union-attr]  # told by the exception
            except AttributeError:
                pass
            else:
                if NULL_WORDS.isdisjoint(texts):
                    return texts
        texts = []
        for encode, cell, column in zip(shape.encoders, row.cells, shape.columns, strict=False):
            text = self._encode(encode, column, cell)
            if text is not None:
                texts.append(text)
        return texts if len(texts) == len(row.cells) else None

    def _encode(self, encode: Encoder, column: Column, node: Node) -> str | None:
        try:
            text = encode(node)
        except ValueRefusedError as error:
            at = error.node if error.node is not None else node
            self._add(
                InputError(
                    error.message,
                    code=error.code,
                    where=span(self._document.path, self._document.shown, place_of(at), width_of(at)),
                    outcome="nothing was loaded",
                    hint=error.hint,
                )
            )
            return None
        if text is NULL and column.not_null:
            in_key = self._keys.key is not None and column.name in self._keys.key.columns
            self._add(
                check.null_refused(self._document, self._load.table, column, place_of(node), width_of(node), key=in_key)
            )
            return None
        return text

    # many rows

    def _batch(self, batch: Batch) -> int:
        """Rows whose cells are the text that they look like; whatever is not plain sailing goes through `_row`."""
        shape = self._shapes[batch.names]
        if shape is None:
            return 0
        lines: list[str] = []
        plain = not (shape.checks or shape.tail or shape.watched)
        single = shape.key[0] if len(shape.key) == 1 else None
        line, height = batch.line, batch.height
        head = f"{shape.number}\t"
        keys = self._keys.lines if shape.key else None
        count = 0
        for cells in batch.rows:
            line += height
            texts: tuple[str, ...] | list[str] = cells
            joined = "\t".join(cells)
            if '"' in joined or "'" in joined or not NULL_WORDS.isdisjoint(cells):
                texts = [NULL if cell in NULL_WORDS else cell[1:-1] if cell[0] in _QUOTES else cell for cell in cells]
                joined = "\t".join(texts)
            if not plain or NULL in joined:
                usual = self._usual(shape, cells, texts)
                if not usual:
                    self._flush(lines)
                    count += self._row(self._document.reread(line - height, height))
                    continue
                texts = [*texts, *shape.tail]
                joined = "\t".join([text if text is NULL else escape(text) for text in texts])
            if keys is not None:
                known = len(keys)
                key = texts[single] if single is not None else tuple([texts[index] for index in shape.key])
                keys.setdefault(key, line - height + 1)
                if len(keys) == known:
                    self._flush(lines)
                    count += self._row(self._document.reread(line - height, height))
                    continue
                self._context.remembered += 1
            lines.append(f"{head}{line - height + 1}\t{joined}\n")
        count += len(lines)
        self._flush(lines)
        self._keys.forget_if_too_many()
        return count

    def _flush(self, lines: list[str]) -> None:
        for line in lines:
            self._context.spool.add(line)
        lines.clear()

    def _usual(self, shape: Shape, cells: tuple[str, ...], texts: "tuple[str, ...] | list[str]") -> bool:
        """Whether a batch's row passes its column's checks; also looks after foreign keys."""
        for index, text in enumerate(texts):
            if text is NULL and (shape.columns[index].not_null or index in shape.key):
                return False
        for index, checked in shape.checks:
            if texts[index] is not NULL:
                try:
                    checked(texts[index], cells[index][0] not in _QUOTES)
                except ValueRefusedError:
                    return False
        self._watch_references(shape, [*texts, *shape.tail])
        return True

    # shapes, references, keys

    def _shape(self, row: Row) -> Shape | None:
        """A shape that was not met before; None when its columns are wrong."""
        load, info = self._load, self._load.info
        errors = list(check.columns(self._document, load.table, info, [(key.value, place_of(key)) for key in row.keys]))
        for error in errors:
            self._add(error)
        if errors:
            self._broken = True
            return None
        own = [info.columns[name] for name in row.names]
        filled = [pair for name, pair in self._defaults.items() if name not in row.names]
        columns = (*own, *(column for column, _ in filled))
        referring = {name for key in info.foreign_keys for name in key.columns}
        checks = [(index, checker(column)) for index, column in enumerate(own)]
        shape = Shape(
            number=len(load.shapes),
            line=row.line + 1,
            columns=columns,
            tail=[text for _, text in filled],
            encoders=[encoder(column, self._context.environ) for column in own],
            checks=[(index, found) for index, found in checks if found is not None],
            watched={index for index, column in enumerate(columns) if column.name in referring},
        )
        load.shapes.append(shape)
        self._keys.guess(shape)
        return shape

    def _watch_references(self, shape: Shape, texts: list[str]) -> None:
        if shape.watched:
            for index in tuple(shape.watched):
                if texts[index] is not NULL:
                    shape.watched.discard(index)
                    self._load.referring.add(shape.columns[index].name)
