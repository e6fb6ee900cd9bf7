"""The keys of a table's rows while a file is read: which key it is, and whether a row brings one that was there."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.seeding.books.tables import Key
from migrator.seeding.files.nodes import Row, place_of, span, width_of
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing import check
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.shapes import Shape, TableLoad
from migrator.seeding.preparing.spool import Spool
from migrator.seeding.preparing.values import NULL

REMEMBERED_KEYS = 65_536
"""For how many rows of a run duplicates are found by their text before the first write; beyond, staging finds them."""


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
        at = {column.name: index for index, column in enumerate(shape.columns)}
        if shape.number == 0:
            guess = check.infer_key(self._document, self._load.table, self._load.info, [frozenset(at)])
            self.key = guess if isinstance(guess, Key) else None
        if self.key is None or not all(name in at for name in self.key.columns):
            self.lines = None
        else:
            shape.key = tuple(at[name] for name in self.key.columns)

    def remember(self, shape: Shape, row: Row, texts: list[str]) -> bool:
        """Whether a row's key is whole and new; what is wrong with it is told."""
        if self.key is None or not shape.key:
            return True
        parts = [texts[index] for index in shape.key]
        if any(part is NULL for part in parts) and not self.key.nulls_equal:
            index = next(index for index in shape.key if texts[index] is NULL)
            cell = row.cells[index] if index < len(row.cells) else row.keys[0]
            column = shape.columns[index]
            self._context.problems.add(
                check.null_refused(self._document, self._load.table, column, place_of(cell), width_of(cell), key=True)
            )
            return False
        if self.lines is None:
            return True
        known = len(self.lines)
        text = parts[0] if len(parts) == 1 else tuple(parts)
        first = self.lines.setdefault(text, row.line + 1)
        if len(self.lines) != known:
            self._context.remembered += 1
            self.forget_if_too_many()
            return True
        index = shape.key[0]
        cell = row.cells[index] if index < len(row.cells) else row.keys[0]
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
        elif key == self.key:
            load.keys = self.lines
