"""The keys of a table's rows while a file is read: which key it is, and whether a row brings one that was there."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.seeding.books.tables import Catalog, Key
from migrator.seeding.files.nodes import Document, Node, Row, place_of, span, width_of
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing import check
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.forms import Part
from migrator.seeding.preparing.ids import Ids
from migrator.seeding.preparing.operators import Operators
from migrator.seeding.preparing.shapes import Shape, TableLoad
from migrator.seeding.preparing.spool import Spool
from migrator.seeding.preparing.values import NULL

REMEMBERED_KEYS = 65_536
"""For how many rows of a run duplicates are found by their text before the first write; beyond, staging finds them."""


class StoppedError(Exception):
    """The run was cancelled while a file was being read."""


@dataclass(slots=True)
class Context:
    """What all readings of a run share.

    Attributes:
        spool: where rows go.
        environ: what `$var` reads.
        catalog: the tables that are known.
        ids: the labels of `$id`.
        problems: what is wrong.
        stopped: whether the run was cancelled.
        remembered: how many keys are held in memory.
    """

    spool: Spool
    environ: Map[str, str]
    catalog: Catalog
    ids: Ids
    problems: Problems
    stopped: Callable[[], bool]
    remembered: int = 0

    def operators(self, load: TableLoad, document: Document) -> Operators:
        """What the operators in the cells of a table read, in this file."""
        return Operators(
            environ=self.environ,
            includes=load.includes,
            ids=self.ids,
            table=load.info,
            path=document.path,
            shown=document.shown,
        )

    def beat(self) -> None:
        """Called now and then by what takes long. Raises `StoppedError` when the run was cancelled."""
        if self.stopped():
            raise StoppedError


def written(key: Key, text: str | tuple[str, ...]) -> str:
    """A key's columns and values, for a sentence."""
    values = (text,) if isinstance(text, str) else text
    if len(values) != len(key.columns):  # some of it is looked up: the first one is the form
        return ", ".join(value[:80] for value in values[1:])
    return ", ".join(f"`{column}` = {value[:80]}" for column, value in zip(key.columns, values, strict=True))


class Keys:
    """The keys of one table in one file.

    Attributes:
        key: which one it is, as far as the rows so far tell.
        lines: the line of each key's text; None where they are too many, or where rows do not have the key.
    """

    def __init__(self, context: Context, document: SeedDocument, load: TableLoad) -> None:
        self._context = context
        self._document = document
        self._load = load
        self.key: Key | None = None
        self.lines: dict[str | tuple[str, ...], int] | None = {}

    def guess(self, shape: Shape) -> None:
        """Where the key stands in rows of this shape; guessed from the first one, confirmed when all are known."""
        at: dict[str, list[int]] = {}
        for index, cell in enumerate(shape.cells):
            at.setdefault(cell.name, []).append(index)
        names = frozenset(column.name for column in shape.columns)
        if shape.number == 0:
            guess = check.infer_key(self._document, self._load.table, self._load.info, [names])
            self.key = guess if isinstance(guess, Key) else None
        if self.key is None or not names.issuperset(self.key.columns):
            self.lines = None
            return
        shape.key = tuple(index for name in self.key.columns for index in at.get(name, ()))
        parts = [shape.cells[index] for index in shape.key if isinstance(shape.cells[index], Part)]
        if parts or len(shape.key) != len(self.key.columns):
            shape.key_form = repr(
                [(cell.name, getattr(cell, "path", ())) for cell in map(shape.cells.__getitem__, shape.key)]
            )

    def remember(self, shape: Shape, row: Row, texts: list[str]) -> bool:
        """Whether a row's key is whole and new; what is wrong with it is told."""
        if self.key is None or not shape.key:
            return True
        parts = [texts[index] for index in shape.key]
        # what an expression makes of NULL is known in staging
        nulls = [index for index in shape.key if texts[index] is NULL and shape.cells[index].name in self.key.fixed]
        if nulls and not self.key.nulls_equal:
            index = nulls[0]
            cell = self._cell(shape, row, index)
            column = self._load.info.columns[shape.cells[index].name]
            self._context.problems.add(
                check.null_refused(self._document, self._load.table, column, place_of(cell), width_of(cell), key=True)
            )
            return False
        if self.lines is None:
            return True
        known = len(self.lines)
        text = (shape.key_form, *parts) if shape.key_form else parts[0] if len(parts) == 1 else tuple(parts)
        first = self.lines.setdefault(text, row.line + 1)
        if len(self.lines) != known:
            self._context.remembered += 1
            self.forget_if_too_many()
            return True
        cell = self._cell(shape, row, shape.key[0])
        self._context.problems.add(
            InputError(
                f"`{self._load.table.name}` has two rows of one key: {written(self.key, text)}",
                code="duplicate-key",
                where=span(self._document.path, self._document.shown, place_of(cell), width_of(cell)),
                detail=f"first in line {first}",
                outcome="nothing was loaded",
                hint="keep one of them",
            )
        )
        return False

    def _cell(self, shape: Shape, row: Row, position: int) -> Node:
        """What stands in the file for a spooled cell: for one of `defaults`, the row's first key."""
        origin = shape.origin(position)
        return row.keys[0] if origin is None else row.cells[origin]

    def forget_if_too_many(self) -> None:
        """Keep memory small, whatever the size of the files."""
        if self._context.remembered > REMEMBERED_KEYS:
            self.lines = None

    def settle(self) -> None:
        """The key of the table, now that every shape is known."""
        load = self._load
        if not load.rows:
            return
        shapes = [frozenset(column.name for column in shape.columns) for shape in load.shapes]
        key = check.infer_key(self._document, load.table, load.info, shapes)
        if isinstance(key, InputError):
            self._context.problems.add(key)
            return
        load.key = key
        if key is None:
            for error in check.values_missing(self._document, load):
                self._context.problems.add(error)
            return
        for shape in load.shapes:
            for column, _ in shape.expressions():
                if column.name in key.columns:
                    self._context.problems.add(check.computed_key(self._document, load.table, column.name, shape.line))
        if key == self.key:
            load.keys = self.lines
