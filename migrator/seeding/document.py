"""A seed file as rows with places: libyaml's events, read once and never held. The only import of yaml.

Nothing is constructed from a tag and nothing is guessed from a scalar's looks: a cell is its source text, how it was
quoted, and where it stands. What a cell means is decided by the column that it is for, in `values`.
"""

import difflib
import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.events import (
    ScalarEvent as Scalar,
)

from migrator.errors import InputError, UnavailableError
from migrator.source import Span, excerpt

NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})
"""The plain scalars that are SQL NULL."""

MODES = ("upsert", "missing")
OPTIONS = ("key", "mode", "keep", "defaults", "rows")
_LATER_OPTIONS = frozenset({"where", "file"})
_LATER_MODES = frozenset({"update", "sync"})

_BLOCK = 1 << 16
_KEPT = 1 << 20
_DEPTH = 200
_ALIAS_ALLOWANCE = 100_000
_ALIAS_FACTOR = 20
_MERGE = "<<"
_ONE_ROW = "one row is still a list: write `- ` before it"


class Place(NamedTuple):
    """A position in a seed file, both counted from 0 as libyaml counts."""

    line: int
    column: int


@dataclass(slots=True)
class Sequence:
    """A YAML sequence below a row."""

    items: "list[Node]"
    start_mark: Any
    size: int


@dataclass(slots=True)
class Mapping:
    """A YAML mapping below a row: pairs in order, no key twice, merge keys already merged."""

    pairs: "list[tuple[Scalar, Node]]"
    start_mark: Any
    size: int


Node: TypeAlias = Scalar | Sequence | Mapping
"""What a cell holds. A scalar has `value`, `style` (empty when plain) and `start_mark` with `line` and `column`."""


class Row(NamedTuple):
    """A row: where it starts, its column names, the keys as they stand in the file, and as many cells."""

    line: int
    names: tuple[str, ...]
    keys: list[Scalar]
    cells: list[Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The `$seed` mapping: in which environments a file applies (None: in all) and after which files."""

    env: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    place: Place = Place(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A top-level key: the table's name as written, and its options."""

    name: str
    place: Place
    key: tuple[str, ...] | None = None
    key_place: Place | None = None
    mode: str = "upsert"
    keep: tuple[tuple[str, Place], ...] = ()
    defaults: tuple[tuple[Scalar, Node], ...] = ()


@dataclass(slots=True)
class _Input:
    """The file as libyaml reads it: hashed on the way, its last lines at hand for a look back."""

    file: BinaryIO
    digest: Any = field(default_factory=hashlib.sha256)
    blocks: "deque[tuple[int, bytes]]" = field(default_factory=deque)
    lines: int = 0
    kept: int = 0

    def read(self, _size: int) -> bytes:
        block = self.file.read(_BLOCK)
        if block and block[-1] != 10:  # noqa: PLR2004 - a line feed: blocks end where lines end
            block += self.file.readline()
        self.digest.update(block)
        self.blocks.append((self.lines, block))
        self.lines += block.count(b"\n")
        self.kept += len(block)
        while self.kept > _KEPT and len(self.blocks) > 2:  # noqa: PLR2004 - the block being parsed and the one before
            self.kept -= len(self.blocks.popleft()[1])
        return block

    def line(self, number: int) -> str:
        """A line that was read a short while ago; empty when it is out of reach."""
        for first, block in reversed(self.blocks):
            if first <= number:
                lines = block.split(b"\n")
                return lines[number - first].decode(errors="replace") if number - first < len(lines) else ""
        return ""


def line_of(path: Path, number: int) -> str:
    """One line of a file, counted from 0, without its end; for an error's excerpt."""
    try:
        with path.open("rb") as file:
            for index, line in enumerate(file):
                if index == number:
                    return line.decode("utf-8-sig" if number == 0 else "utf-8", errors="replace").rstrip("\r\n")
    except OSError:
        pass
    return ""


def span(path: Path, shown: str, place: Place, width: int = 1) -> Span:
    """The place as errors show it."""
    return excerpt(
        path=shown, line=place.line + 1, column=place.column + 1, text=line_of(path, place.line), width=width
    )


class Document:
    """One reading of a seed file. Use as `for table in document.tables(): for row in document.rows(): ...`.

    Args:
        path: the file.
        shown: its name in errors.

    Every method raises `InputError` at `path:line:column` for what YAML or the seed format refuses.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self.header = Header()
        self._anchors: dict[str, Node] = {}
        self._expanded = 0
        self._events = 0
        self._inside = False
        self._braced = False
        self._shapes: set[tuple[str, ...]] = set()

    def fail(self, message: str, place: Place | Any, *, code: str, width: int = 1, **more: Any) -> NoReturn:
        """Raise `InputError` at a place of this file."""
        where = span(self.path, self.shown, Place(place.line, place.column), width)
        raise InputError(message, code=code, where=where, **more)

    def tables(self) -> Generator[Table, None, None]:
        """The tables of the file in order; the rows of each must be read, by `rows()`, before the next."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise InputError(
                f"cannot read `{self.shown}`: {error.strerror}", code="unreadable-file", detail=str(error.strerror)
            ) from error
        with file:
            self._input = _Input(file)
            self._refuse_other_encodings(file)
            parser = _parser(self._input)
            try:
                self._get: Callable[[], Any] = parser.get_event
                yield from self._root()
            except yaml.YAMLError as error:
                raise self._refused(error) from error
            finally:
                parser.dispose()

    def digest(self) -> bytes:
        """The SHA-256 of the bytes that were read; of the whole file once `tables()` is exhausted."""
        return bytes(self._input.digest.digest())

    def _refuse_other_encodings(self, file: BinaryIO) -> None:
        start = file.read(4)
        file.seek(0)
        if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or start[:4] == b"\0\0\xfe\xff":
            self.fail(
                f"`{self.shown}` is not UTF-8",
                Place(0, 0),
                code="not-utf-8",
                detail="it begins with a byte order mark of UTF-16 or UTF-32",
                hint="save the file as UTF-8",
            )

    def _root(self) -> Iterator[Table]:
        get = self._get
        get()
        event = get()
        if type(event) is StreamEndEvent:
            return
        event = get()
        if type(event) is Scalar and event.style == "" and event.value in NULL_WORDS and event.tag is None:
            self._end(get())
            return
        if type(event) is not MappingStartEvent:
            self.fail(
                "a seed file is a mapping of tables to rows",
                event.start_mark,
                code="seed-format",
                detail="expected `table:` here",
                hint="write the table's name, a colon, and its rows as a list below",
            )
        self._plain(event)
        seen: dict[str, Place] = {}
        while type(event := get()) is not MappingEndEvent:
            name = self._key(event, seen)
            if name.startswith("$"):
                self._read_header(name, event, first=len(seen) == 1)
                continue
            yield self._open(name, event)
            if self._inside:
                for _ in self.rows():
                    pass
        self._end(get())

    def _end(self, event: Any) -> None:
        if type(event) is DocumentEndEvent:
            event = self._get()
        if type(event) is DocumentStartEvent:
            self.fail(
                "a seed file is one YAML document",
                event.start_mark,
                code="seed-format",
                detail="a second document begins here",
                hint="remove the `---`, or split the file",
            )

    def _refused(self, error: yaml.YAMLError) -> InputError:
        """What libyaml says, at the place where it says it."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        if mark is not None:
            words = str(getattr(error, "problem", None) or "not YAML")
            context = getattr(error, "context", None)
            place = Place(mark.line, mark.column)
            return InputError(
                f"`{self.shown}` is not valid YAML",
                code="yaml-syntax",
                where=span(self.path, self.shown, place),
                detail=f"{words} {context}" if context else words,
            )
        offset = getattr(error, "position", None)
        reason = str(getattr(error, "reason", error))
        place = _place_of_byte(self.path, offset if isinstance(offset, int) else 0)
        if "control characters" in reason:
            character = getattr(error, "character", 0)
            shown = f"U+{character:04X}" if isinstance(character, int) else "a control character"
            return InputError(
                f"`{self.shown}` is not valid YAML",
                code="yaml-syntax",
                where=span(self.path, self.shown, place),
                detail=f"{shown} is not allowed in YAML",
                hint='write it as an escape in double quotes, such as "\\e"',
            )
        return InputError(
            f"`{self.shown}` is not UTF-8",
            code="not-utf-8",
            where=span(self.path, self.shown, place),
            detail=reason,
            hint="save the file as UTF-8",
        )

    # what stands at the top

    def _key(self, event: Any, seen: dict[str, Place]) -> str:
        if type(event) is not Scalar:
            self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
        self._plain(event)
        if event.style == "" and event.value in NULL_WORDS:
            self.fail("a key cannot be null", event.start_mark, code="yaml-key", hint="quote it if it is a name")
        name = str(event.value)
        place = Place(event.start_mark.line, event.start_mark.column)
        if name in seen:
            first = seen[name]
            self.fail(
                f"`{name}` stands here twice",
                place,
                code="yaml-key-twice",
                width=len(name),
                detail=f"first in line {first.line + 1}",
            )
        seen[name] = place
        return name

    def _plain(self, event: Any) -> None:
        """No tag constructs anything, so a tag is always a mistake."""
        if event.tag is not None:
            self.fail(
                f"a tag has no meaning in a seed file: `{event.tag}`",
                event.start_mark,
                code="yaml-tag",
                hint="remove it: the column's type decides what a value is; quote the text if `!` belongs to it",
            )

    def _read_header(self, name: str, event: Any, *, first: bool) -> None:
        if name != "$seed":
            self.fail(
                f"`{name}` is not a table", event.start_mark, code="seed-format", hint="only `$seed` may begin so"
            )
        if not first:
            self.fail("`$seed` comes first in the file", event.start_mark, code="seed-format")
        place = Place(event.start_mark.line, event.start_mark.column)
        node = self._node(self._get(), 1)
        if not isinstance(node, Mapping):
            self.fail("`$seed` is a mapping", node.start_mark, code="seed-format", hint="write `$seed: {env: [local]}`")
        values: dict[str, tuple[str, ...]] = {}
        for key, value in node.pairs:
            if key.value not in {"env", "after"}:
                self.fail(
                    f"`$seed` has no `{key.value}`", key.start_mark, code="seed-format", hint="it has `env` and `after`"
                )
            values[str(key.value)] = self._words(value, f"$seed.{key.value}")
        self.header = Header(env=values.get("env"), after=values.get("after", ()), place=place)

    def _words(self, node: Node, what: str) -> tuple[str, ...]:
        items = node.items if isinstance(node, Sequence) else [node]
        words = []
        for item in items:
            if not isinstance(item, Scalar) or (item.style == "" and item.value in NULL_WORDS):
                self.fail(f"`{what}` is a name or a list of names", item.start_mark, code="seed-format")
            words.append(str(item.value))
        return tuple(words)

    def _open(self, name: str, key: Any) -> Table:
        """The value of a top-level key, up to where its rows begin."""
        place = Place(key.start_mark.line, key.start_mark.column)
        event = self._get()
        self._braced = False
        if type(event) is SequenceStartEvent:
            self._plain(event)
            self._inside = True
            return Table(name=name, place=place)
        if type(event) is not MappingStartEvent:
            self.fail(
                f"`{name}` has no rows",
                event.start_mark if type(event) is not Scalar or event.value else key.start_mark,
                code="seed-format",
                detail="expected a list of rows",
                hint=f"write the rows as a list, or `{name}: []`",
            )
        self._plain(event)
        self._braced = True
        return self._options(name, place, event)

    def _options(self, name: str, place: Place, start: Any) -> Table:
        seen: dict[str, Place] = {}
        found: dict[str, Any] = {}
        while True:
            event = self._get()
            if type(event) is MappingEndEvent:
                self.fail(
                    f"`{name}` has no `rows`", start.start_mark, code="seed-format", hint=_ONE_ROW + ", or add `rows:`"
                )
            option = self._key(event, seen)
            if option == "rows":
                break
            if option in _LATER_OPTIONS:
                self.fail(
                    f"`{option}` is not supported in this version",
                    event.start_mark,
                    code="not-supported",
                    width=len(option),
                )
            if option not in OPTIONS:
                near = difflib.get_close_matches(option, OPTIONS, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"options are {', '.join(OPTIONS)}; {_ONE_ROW}"
                self.fail(
                    f"`{name}` has no option `{option}`",
                    event.start_mark,
                    code="seed-format",
                    width=len(option),
                    hint=hint,
                )
            found[option] = self._node(self._get(), 1)
        event = self._get()
        if type(event) is not SequenceStartEvent:
            self.fail(f"`rows` of `{name}` is a list", event.start_mark, code="seed-format", hint=_ONE_ROW)
        self._plain(event)
        self._inside = True
        return self._table(name, place, seen, found)

    def _table(self, name: str, place: Place, seen: dict[str, Place], found: dict[str, Any]) -> Table:
        mode = "upsert"
        if "mode" in found:
            node = found["mode"]
            mode = self._words(node, "mode")[0]
            if mode in _LATER_MODES:
                self.fail(f"`mode: {mode}` is not supported in this version", node.start_mark, code="not-supported")
            if mode not in MODES:
                self.fail(
                    f"no mode is called `{mode}`",
                    node.start_mark,
                    code="seed-format",
                    width=len(mode),
                    hint=f"modes are {', '.join(MODES)}",
                )
        defaults = found.get("defaults")
        if defaults is not None and not isinstance(defaults, Mapping):
            self.fail("`defaults` is a mapping of columns to values", defaults.start_mark, code="seed-format")
        keep: tuple[tuple[str, Place], ...] = ()
        if "keep" in found:
            node = found["keep"]
            items = node.items if isinstance(node, Sequence) else [node]
            marks = [Place(item.start_mark.line, item.start_mark.column) for item in items]
            keep = tuple(zip(self._words(node, "keep"), marks, strict=True))
        return Table(
            name=name,
            place=place,
            key=self._words(found["key"], "key") if "key" in found else None,
            key_place=seen.get("key"),
            mode=mode,
            keep=keep,
            defaults=tuple(defaults.pairs) if defaults is not None else (),
        )

    # rows

    def rows(self) -> Iterator[Row]:
        """The rows of the table that `tables()` has just given."""
        get = self._get
        shapes = self._shapes
        while True:
            event = get()
            kind = type(event)
            if kind is MappingStartEvent and event.tag is None and event.anchor is None:
                line = event.start_mark.line
                keys: list[Scalar] = []
                cells: list[Node] = []
                while True:
                    key = get()
                    if type(key) is not Scalar:
                        if type(key) is MappingEndEvent:
                            break
                        self.fail("a key is a plain word or a quoted text", key.start_mark, code="yaml-key")
                    keys.append(key)
                    cell = get()
                    if type(cell) is Scalar and cell.tag is None and cell.anchor is None and (cell.value or cell.style):
                        cells.append(cell)
                    else:
                        cells.append(self._node(cell, 1))
                names = tuple([key.value for key in keys])
                self._events += len(names)
                if names not in shapes:
                    merged = self._merged(keys, cells)
                    if merged is not None:
                        names = tuple([key.value for key, _ in merged])
                        keys, cells = [key for key, _ in merged], [cell for _, cell in merged]
                    elif not NULL_WORDS & set(names):
                        shapes.add(names)
                yield Row(line, names, keys, cells)
            elif kind is SequenceEndEvent:
                break
            else:
                yield self._other_row(event)
        self._inside = False
        if self._braced and type(event := get()) is not MappingEndEvent:
            self.fail("`rows` comes last in a table's options", event.start_mark, code="seed-format")

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
        names = tuple([str(key.value) for key, _ in node.pairs])
        return Row(event.start_mark.line, names, [key for key, _ in node.pairs], [cell for _, cell in node.pairs])

    def _merged(self, keys: list[Scalar], cells: list[Node]) -> "list[tuple[Scalar, Node]] | None":
        """Check the keys of a mapping; its pairs with merge keys applied, or None where there is no merge key."""
        seen: dict[str, Place] = {}
        for key in keys:
            self._key(key, seen)
        if _MERGE not in seen or not any(key.value == _MERGE and key.style == "" for key in keys):
            return None
        pairs = [(key, cell) for key, cell in zip(keys, cells, strict=True) if key.value != _MERGE or key.style]
        taken = {key.value for key, _ in pairs}
        for key, cell in zip(keys, cells, strict=True):
            if key.value != _MERGE or key.style:
                continue
            for source in cell.items if isinstance(cell, Sequence) else [cell]:
                if not isinstance(source, Mapping):
                    self.fail("`<<` takes a mapping or a list of mappings", cell.start_mark, code="yaml-merge")
                self._expand(len(source.pairs), cell)
                for other, value in source.pairs:
                    if other.value not in taken:
                        taken.add(other.value)
                        pairs.append((other, value))
        return pairs

    # cells

    def _node(self, event: Any, depth: int) -> Node:
        """A value below a row, whole."""
        self._events += 1
        kind = type(event)
        if kind is AliasEvent:
            node = self._anchors.get(event.anchor)
            if node is None:
                self.fail(
                    f"no anchor `&{event.anchor}` stands before this alias",
                    event.start_mark,
                    code="yaml-alias",
                    width=len(event.anchor) + 1,
                )
            self._expand(1 if isinstance(node, Scalar) else node.size, event)
            return node
        self._plain(event)
        if kind is Scalar:
            if not event.value and not event.style:
                self._refuse_comment(event)
            found: Node = event
        elif depth > _DEPTH:
            self.fail(f"nested more than {_DEPTH} deep", event.start_mark, code="yaml-depth")
        elif kind is SequenceStartEvent:
            found = self._sequence(event, depth)
        else:
            found = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items: list[Node] = []
        size = 1
        while type(event := self._get()) is not SequenceEndEvent:
            item = self._node(event, depth + 1)
            size += 1 if isinstance(item, Scalar) else item.size
            items.append(item)
        return Sequence(items, start.start_mark, size)

    def _mapping(self, start: Any, depth: int) -> Mapping:
        keys: list[Scalar] = []
        cells: list[Node] = []
        while type(event := self._get()) is not MappingEndEvent:
            if type(event) is not Scalar:
                self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
            keys.append(event)
            cells.append(self._node(self._get(), depth + 1))
        merged = self._merged(keys, cells)
        pairs = merged if merged is not None else list(zip(keys, cells, strict=True))
        size = 1 + sum(1 if isinstance(cell, Scalar) else cell.size for _, cell in pairs)
        return Mapping(pairs, start.start_mark, size)

    def _expand(self, size: int, event: Any) -> None:
        """Count what aliases repeat: a bomb of them is a small file that means gigabytes."""
        self._expanded += size
        if self._expanded > _ALIAS_ALLOWANCE + _ALIAS_FACTOR * self._events:
            self.fail(
                "the aliases of this file repeat too much",
                event.start_mark,
                code="yaml-alias",
                detail=f"{self._expanded:,} values so far, from {self._events:,} that are written out",
                hint="write the values out",
            )

    def _refuse_comment(self, event: Any) -> None:
        """`colour: #00ff00` is NULL and a comment to YAML, and never what its writer meant."""
        mark = event.end_mark
        rest = self._input.line(mark.line)[mark.column :].lstrip(" \t")
        if rest.startswith("#") and len(rest) > 1 and rest[1] not in " \t#!":
            word = rest.split()[0]
            place = Place(mark.line, self._input.line(mark.line).index("#", mark.column))
            self.fail(
                f"`{word}` is a comment to YAML, so there is no value here",
                place,
                code="yaml-comment",
                width=len(word),
                hint=f'quote it: "{word}"; for a comment, put a space after the `#`',
            )


def _parser(stream: _Input) -> Any:
    try:
        from yaml.cyaml import CParser
    except ImportError as error:
        raise UnavailableError(
            "PyYAML is installed here without libyaml, which reads seed files",
            code="libyaml-missing",
            hint="install a wheel of it: `pip install --force-reinstall --only-binary pyyaml pyyaml`",
        ) from error
    return CParser(stream)


def _place_of_byte(path: Path, offset: int) -> Place:
    """Where a byte of a file stands; libyaml's reader gives offsets only."""
    with path.open("rb") as file:
        before = file.read(offset)
    start = before.rfind(b"\n") + 1
    text = before[start:].decode("utf-8", errors="replace")
    return Place(before.count(b"\n"), len(text.removeprefix("\ufeff")))


def read_header(path: Path, shown: str) -> Header:
    """The `$seed` header alone. Raises `InputError` for what YAML or the seed format refuses before the first row."""
    document = Document(path, shown)
    with closing(document.tables()) as tables:
        next(tables, None)
    return document.header


def read_table_names(path: Path, shown: str) -> list[str]:
    """The top-level keys, by reading all of the file; up to the place of an error, which the real reading reports."""
    names: list[str] = []
    try:
        for table in Document(path, shown).tables():
            names.append(table.name)
    except InputError:
        return names
    return names
