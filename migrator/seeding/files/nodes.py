"""What a seed file consists of, as values that know their place: scalars, lists, mappings, rows, tables, the header."""

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeAlias

from migrator.source import Span, excerpt

NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})
"""The plain scalars that are SQL NULL."""


Mode = Literal["upsert", "missing", "update", "sync"]
"""What becomes of a table's rows."""


class Place(NamedTuple):
    """A position in a seed file, both counted from 0 as libyaml counts."""

    line: int
    column: int


NOWHERE = Place(0, 0)

_PASSWORD = re.compile(
    r"""
    (?P<key> ^[\s-]* ["']?[\w-]*password[\w-]*["']? \s*:\s+ ) (?P<rest> [^{\s].* )  # the rest of its line
    | (?<=[\s,{]) (?P<inner> ["']?[\w-]*password[\w-]*["']? \s*:\s+ )
      (?P<value> "(?:[^"\\]|\\.)*"? | '(?:[^']|'')*'? | [^{\s,}"'][^,}]* )
    """,
    re.VERBOSE,
)
"""A password that stands in a line as it is; `{$var: NAME}` is none."""


class Document(Protocol):
    """Where something stands, as far as an error needs it."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def shown(self) -> str:
        """Its name in errors."""


class Mark(Protocol):
    """A position as libyaml tells it; a `Place` is one."""

    @property
    def line(self) -> int:
        """Counted from 0."""

    @property
    def column(self) -> int:
        """Counted from 0, in characters."""


class Scalar(Protocol):
    """A scalar: its text after unquoting and folding, and how it was written. libyaml's event is one.

    Attributes:
        value: the text.
        style: empty for a plain scalar, else its quote or block indicator.
        start_mark: where it begins.
        end_mark: where it ends.
    """

    value: str
    style: str
    start_mark: Mark
    end_mark: Mark


@dataclass(slots=True)
class Sequence:
    """A YAML sequence below a row; `size` counts what it holds, aliases included."""

    items: "list[Node]"
    start_mark: Mark
    size: int


@dataclass(slots=True)
class Mapping:
    """A YAML mapping below a row: pairs in order, no key twice, merge keys merged; `size` as in `Sequence`."""

    pairs: "list[tuple[Scalar, Node]]"
    start_mark: Mark
    size: int


Node: TypeAlias = Scalar | Sequence | Mapping
"""What a cell holds."""


@dataclass(slots=True)
class MovedScalar:
    """A scalar that was read out of its file's order, at its place in the file."""

    value: str
    style: str
    start_mark: Mark
    end_mark: Mark


class Row(NamedTuple):
    """A row: the line where it starts, its column names, the keys as they stand in the file, and as many cells."""

    line: int
    names: tuple[str, ...]
    keys: list[Scalar]
    cells: list[Node]


class Batch(NamedTuple):
    """Rows of one shape in a row, as the text of their cells, quotes included; nothing in them needs unescaping.

    Attributes:
        names: their columns.
        line: where the first starts.
        height: how many lines each has.
        rows: the cells of each.
    """

    names: tuple[str, ...]
    line: int
    height: int
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The `$seed` mapping: in which environments a file applies (None: in all) and after which files."""

    env: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A top-level key: the table's name as written, and its options.

    Attributes:
        name: as the file has it.
        place: of the name.
        key: the columns of `key`.
        key_place: of the option.
        mode: what becomes of rows that are there, that are not, and that are there without being in the file.
        file: a CSV file that has the rows, by its path from the seed file's folder.
        file_place: of its name.
        where: the SQL condition that `sync` deletes within.
        where_place: of the condition.
        keep: columns that are set on insert alone.
        defaults: cells of columns that a row does not have.
    """

    name: str
    place: Place
    key: tuple[str, ...] | None = None
    key_place: Place | None = None
    mode: Mode = "upsert"
    file: str | None = None
    file_place: Place = NOWHERE
    where: str | None = None
    where_place: Place = NOWHERE
    keep: tuple[tuple[str, Place], ...] = ()
    defaults: tuple[tuple[Scalar, Node], ...] = ()

    @property
    def inserts(self) -> bool:
        """A row that is not there is inserted."""
        return self.mode != "update"

    @property
    def updates(self) -> bool:
        """A row that is there is updated."""
        return self.mode != "missing"


def is_null(node: Node) -> bool:
    """A plain `null`, `~` or nothing."""
    return not isinstance(node, Sequence | Mapping) and not node.style and node.value in NULL_WORDS


def place_of(node: Node) -> Place:
    """Where a node begins."""
    return Place(node.start_mark.line, node.start_mark.column)


def width_of(node: Node) -> int:
    """How many characters of its first line a scalar takes; 1 for anything else."""
    if isinstance(node, Sequence | Mapping) or node.end_mark.line != node.start_mark.line:
        return 1
    return node.end_mark.column - node.start_mark.column


def moved(node: Node, lines: int) -> Node:
    """A node that was read alone, at its place in the file."""
    if isinstance(node, Sequence):
        return Sequence([moved(item, lines) for item in node.items], _shift(node.start_mark, lines), node.size)
    if isinstance(node, Mapping):
        pairs = [(moved_scalar(key, lines), moved(value, lines)) for key, value in node.pairs]
        return Mapping(pairs, _shift(node.start_mark, lines), node.size)
    return moved_scalar(node, lines)


def moved_scalar(scalar: Scalar, lines: int) -> Scalar:
    """A scalar that was read alone, at its place in the file."""
    if isinstance(scalar, MovedScalar):
        return scalar
    return MovedScalar(scalar.value, scalar.style, _shift(scalar.start_mark, lines), _shift(scalar.end_mark, lines))


def _shift(mark: Mark, lines: int) -> Place:
    return Place(mark.line + lines, mark.column)


def line_of(path: Path, number: int) -> str:
    """One line of a file, counted from 0, without its end; for an error's excerpt."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for index, line in enumerate(file):
                if index == number:
                    text = line.decode("utf-8-sig" if number == 0 else "utf-8", errors="replace").rstrip("\r\n")
                    return _PASSWORD.sub(_masked, text)
    except (OSError, EOFError, zlib.error):
        pass
    return ""


def _masked(found: re.Match[str]) -> str:
    """As long as it was, so that places in the line stay what they are."""
    key = found["key"] or found["inner"]
    return key + "*" * (len(found[0]) - len(key))


def span(path: Path, shown: str, place: Mark, width: int = 1) -> Span:
    """The place as errors show it."""
    return excerpt(
        path=shown, line=place.line + 1, column=place.column + 1, text=line_of(path, place.line), width=width
    )
