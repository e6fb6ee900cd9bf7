"""The rows of one table of one file: each checked, turned into COPY text and spooled. The hot loop of seeding."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.seeding import check
from migrator.seeding.check import Problems
from migrator.seeding.document import Document
from migrator.seeding.nodes import NULL_WORDS, Batch, Node, Row, place_of, span, width_of
from migrator.seeding.shapes import Shape, TableLoad
from migrator.seeding.spool import Spool
from migrator.seeding.tables import Column, Key
from migrator.seeding.values import NULL, Encoder, ValueRefusedError, checker, encoder, escape

REMEMBERED_KEYS = 65_536
"""For how many rows of a run duplicates are found by their text before the first write; beyond, staging finds them."""

_STOP_EVERY = 1024
_QUOTES = "\"'"


class StoppedError(Exception):
    """The run was cancelled while a file was being read."""


@dataclass(slots=True)
class Context:
    """What all readings of a run share.

    Attributes:
        spool: where rows go.
        environ: what `$var` reads.
        problems: what is wrong.
        stopped: whether the run was cancelled.
        remembered: how many keys are held in memory.
    """

    spool: Spool
    environ: Map[str, str]
    problems: Problems
    stopped: Callable[[], bool]
    remembered: int = 0


def written(key: Key, text: str | tuple[str, ...]) -> str:
    """A key's columns and values, for a sentence."""
    values = (text,) if isinstance(text, str) else text
    return ", ".join(f"`{column}` = {value[:80]}" for column, value in zip(key.columns, values, strict=True))


class Reading:
    """One reading of the rows of a table.

    Args:
        context: of the run.
        document: the file, at the rows of this table.
        load: filled by `read()`.
    """

    def __init__(self, context: Context, document: Document, load: TableLoad) -> None:
        self._context = context
        self._document = document
        self._load = load
        self._shapes: dict[tuple[str, ...], Shape | None] = {}
        self._key: Key | None = None
        self._keys: dict[str | tuple[str, ...], int] | None = {}
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
        self._settle_key()

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
        if shape.key and self._keys is not None and not self._remember(shape, row, texts):
            return 0
        joined = "\t".join(texts)
        if "\\" in joined or "\n" in joined or "\r" in joined or "\0" in joined or joined.count("\t") != len(texts) - 1:
            if "\0" in joined:
                cell = next((cell for cell in row.cells if "\0" in getattr(cell, "value", "")), row.keys[0])
                where = span(self._document.path, self._document.shown, place_of(cell))
                outcome = "nothing was loaded"
                self._add(InputError("PostgreSQL's text cannot hold NUL", code="nul", where=where, outcome=outcome))
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
            in_key = self._key is not None and column.name in self._key.columns
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
        keys = self._keys
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
            if keys is not None and shape.key:
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
        if self._context.remembered > REMEMBERED_KEYS:
            self._keys = None
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
        self._guess_key(shape)
        return shape

    def _watch_references(self, shape: Shape, texts: list[str]) -> None:
        if shape.watched:
            for index in tuple(shape.watched):
                if texts[index] is not NULL:
                    shape.watched.discard(index)
                    self._load.referring.add(shape.columns[index].name)

    def _guess_key(self, shape: Shape) -> None:
        """Where the key stands in rows of this shape; guessed from the first one, confirmed when all are known."""
        at = {column.name: index for index, column in enumerate(shape.columns)}
        if shape.number == 0:
            guess = check.infer_key(self._document, self._load.table, self._load.info, [frozenset(at)])
            self._key = guess if isinstance(guess, Key) else None
        if self._key is None or not all(name in at for name in self._key.columns):
            self._keys = None
        else:
            shape.key = tuple(at[name] for name in self._key.columns)

    def _remember(self, shape: Shape, row: Row, texts: list[str]) -> bool:
        """Whether a row's key is whole and new; what is wrong with it is told."""
        at, key, keys = shape.key, self._key, self._keys
        if key is None or keys is None:
            return True
        parts = [texts[index] for index in at]
        if any(part is NULL for part in parts):
            if key.nulls_equal:
                return True
            index = next(index for index in at if texts[index] is NULL)
            cell = row.cells[index] if index < len(row.cells) else row.keys[0]
            column = shape.columns[index]
            self._add(
                check.null_refused(self._document, self._load.table, column, place_of(cell), width_of(cell), key=True)
            )
            return False
        known = len(keys)
        text = parts[0] if len(parts) == 1 else tuple(parts)
        first = keys.setdefault(text, row.line + 1)
        if len(keys) != known:
            self._context.remembered += 1
            if self._context.remembered > REMEMBERED_KEYS:
                self._keys = None
            return True
        cell = row.cells[at[0]] if at[0] < len(row.cells) else row.keys[0]
        self._add(
            InputError(
                f"`{self._load.table.name}` has two rows of one key: {written(key, text)}",
                code="duplicate-key",
                where=span(self._document.path, self._document.shown, place_of(cell), width_of(cell)),
                detail=f"first in line {first}",
                outcome="nothing was loaded",
                hint="keep one of them",
            )
        )
        return False

    def _settle_key(self) -> None:
        load = self._load
        if self._broken or not load.rows:
            return
        shapes = [frozenset(column.name for column in shape.columns) for shape in load.shapes]
        key = check.infer_key(self._document, load.table, load.info, shapes)
        if isinstance(key, InputError):
            self._add(key)
            return
        load.key = key
        if key is None:
            for error in check.values_missing(self._document, load):
                self._add(error)
        elif key == self._key:
            load.keys = self._keys
