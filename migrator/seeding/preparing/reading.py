"""The rows of one table of one file: each checked, turned into COPY text and spooled. The hot loop of seeding."""

from migrator.errors import InputError
from migrator.seeding.books.tables import Column
from migrator.seeding.files.nodes import NULL_WORDS, Batch, Mapping, Node, Row, place_of, span, width_of
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing import check
from migrator.seeding.preparing.forms import Mark
from migrator.seeding.preparing.keys import Context, Keys
from migrator.seeding.preparing.refusal import ValueRefusedError
from migrator.seeding.preparing.shapes import Shape, TableLoad
from migrator.seeding.preparing.shaping import Shaping
from migrator.seeding.preparing.values import NULL, Encoder, escape

UNMET = Shape(number=-1, line=0, columns=(), cells=(), tail=[], encoders=[], checks=[], watched=set())
"""Stands for a shape of which no row was met."""

_STOP_EVERY = 1024
_QUOTES = "\"'"


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
        self._shapes: dict[tuple[object, ...], Shape | None] = {}
        self._keys = Keys(context, document, load)
        self._shaping = Shaping(context, document, load)
        self._shaping.read_defaults()

    def read(self) -> None:
        """Every row: checked, encoded, spooled; then the key, which can be told once all shapes are known."""
        load, tell = self._load, self._context.beat
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
                tell()
        load.rows = count
        load.end = self._context.spool.flush()
        if not self._shaping.broken:
            self._keys.settle()

    # one row

    def _row(self, row: Row) -> int:
        """One row with its places; returns how many rows were spooled."""
        names: tuple[object, ...] = row.names
        marks = None
        if Mapping in map(type, row.cells):
            marks = self._shaping.marks(row)
            names = names if marks is None else (names, marks)
        try:
            shape = self._shapes[names]
        except KeyError:
            shape = self._shapes[names] = self._shape(row, marks)
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
                self._context.problems.add(
                    InputError("PostgreSQL's text cannot hold NUL", code="nul-character", where=where, outcome=outcome)
                )
                return 0
            joined = "\t".join([text if text is NULL else escape(text) for text in texts])
        self._context.spool.add(f"{shape.number}\t{row.line + 1}\t{joined}\n")
        return 1

    def _texts(self, shape: Shape, row: Row) -> list[str] | None:
        """The texts of a row's cells; None when one of them was refused."""
        if shape.forms:
            return self._formed(shape, row)
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

    def _formed(self, shape: Shape, row: Row) -> list[str] | None:
        """The texts of a row whose cells are not all plain values."""
        texts: list[str] = []
        refused = False
        for form, cell in zip(shape.forms, row.cells, strict=True):
            try:
                found = form.encode(cell)
            except ValueRefusedError as error:
                self._shaping.refuse(error, cell)
                refused = True
                continue
            refused = self._is_null_refused(found[0], form.columns[0], cell) or refused
            texts += found
        return None if refused else texts

    def _encode(self, encode: Encoder, column: Column, node: Node) -> str | None:
        try:
            text = encode(node)
        except ValueRefusedError as error:
            self._shaping.refuse(error, node)
            return None
        return None if self._is_null_refused(text, column, node) else text

    def _is_null_refused(self, text: str, column: Column, node: Node) -> bool:
        if text is not NULL or not column.not_null:
            return False
        in_key = self._keys.key is not None and column.name in self._keys.key.columns
        self._context.problems.add(
            check.null_refused(self._document, self._load.table, column, place_of(node), width_of(node), key=in_key)
        )
        return True

    # many rows

    def _batch(self, batch: Batch) -> int:
        """Rows whose cells are the text that they look like; whatever is not plain sailing goes through `_row`."""
        shape = self._shapes.get(batch.names, UNMET)
        if shape is None:
            return 0
        if shape is UNMET:  # rows with these columns have looked something up so far
            lines_of = range(batch.line, batch.line + len(batch.rows) * batch.height, batch.height)
            return sum(self._row(self._document.reread(line, batch.height)) for line in lines_of)
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

    def _shape(self, row: Row, marks: tuple[Mark, ...] | None) -> Shape | None:
        """A shape that was not met before; None when its columns are wrong."""
        shape = self._shaping.shape(row, plain=marks is None)
        if shape is not None:
            self._keys.guess(shape)
        return shape

    def _watch_references(self, shape: Shape, texts: list[str]) -> None:
        if shape.watched:
            for index in tuple(shape.watched):
                if texts[index] is not NULL:
                    shape.watched.discard(index)
                    self._load.referring.add(shape.cells[index].name)
