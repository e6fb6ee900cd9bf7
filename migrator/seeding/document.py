"""A seed file as tables and rows with places: libyaml's events, read once and never held. The only import of yaml.

Nothing is constructed from a tag and nothing is guessed from a scalar's looks: a cell is its source text, how it was
quoted, and where it stands. What a cell means is decided by the column that it is for, in `values`.
"""

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml import events

from migrator.errors import InputError, UnavailableError
from migrator.seeding import options
from migrator.seeding.nodes import (
    NULL_WORDS,
    Batch,
    Header,
    Mapping,
    Mark,
    MovedScalar,
    Node,
    Place,
    Row,
    Scalar,
    Sequence,
    Table,
    span,
)
from migrator.seeding.reader import MARKER, MisreadError, Reader
from migrator.seeding.runs import Templates

# libyaml's events; `Any`, because the stubs know no event that certainly has a place
SCALAR: Any = events.ScalarEvent
ALIAS: Any = events.AliasEvent
MAPPING_START: Any = events.MappingStartEvent
MAPPING_END: Any = events.MappingEndEvent
SEQUENCE_START: Any = events.SequenceStartEvent
SEQUENCE_END: Any = events.SequenceEndEvent
DOCUMENT_START: Any = events.DocumentStartEvent
DOCUMENT_END: Any = events.DocumentEndEvent
STREAM_END: Any = events.StreamEndEvent

_DEPTH = 200
_ALIAS_ALLOWANCE = 100_000
_ALIAS_FACTOR = 20
_MERGE = "<<"
_SPECIAL = NULL_WORDS | {_MERGE, MARKER}
_MISSES = 1000
_NOTHING = Reader(io.BytesIO(), fold=False)


class Document:
    """One reading of a seed file: `for table in document.tables(): for rows in document.rows(): ...`.

    Args:
        path: the file.
        shown: its name in errors.
        fold: read long runs of rows by template; `MisreadError` then asks for another reading without.

    Every method raises `InputError` at `path:line:column` for what YAML or the seed format refuses.
    """

    def __init__(self, path: Path, shown: str, *, fold: bool = False) -> None:
        self.path = path
        self.shown = shown
        self.header = Header()
        self._fold = fold
        self._anchors: dict[str, Node] = {}
        self._expanded = 0
        self._events = 0
        self._inside = False
        self._braced = False
        self._shapes: set[tuple[str, ...]] = set()
        self._templates = Templates()
        self._reader: Reader = _NOTHING

    def fail(self, message: str, mark: Mark, *, code: str, width: int = 1, **more: Any) -> NoReturn:
        """Raise `InputError` at a place of this file; `MisreadError` when another reading has to confirm it."""
        if self.folded:
            raise MisreadError
        where = span(self.path, self.shown, Place(mark.line, mark.column), width)
        raise InputError(message, code=code, where=where, outcome="nothing was loaded", **more)

    @property
    def folded(self) -> bool:
        """Some rows were kept from libyaml, so an error of this reading is not to be trusted."""
        return self._reader.folded

    def tables(self) -> Generator[Table, None, None]:
        """The tables of the file in order; the rows of each are read by `rows()` before the next."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise InputError(f"cannot read `{self.shown}`: {error.strerror}", code="unreadable-file") from error
        with file:
            self._refuse_other_encodings(file.read(4))
            file.seek(0)
            self._reader = Reader(file, fold=self._fold)
            parser = _parser(self._reader)
            self._get: Callable[[], Any] = parser.get_event
            try:
                yield from self._root()
            except yaml.YAMLError as error:
                raise self._refused(error) from error
            finally:
                parser.dispose()
        if self._reader.runs:
            raise MisreadError

    def digest(self) -> bytes:
        """The SHA-256 of the bytes that were read; of the whole file once `tables()` is exhausted."""
        return self._reader.digest()

    def _refuse_other_encodings(self, start: bytes) -> None:
        if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or start == b"\0\0\xfe\xff":
            self.fail(
                f"`{self.shown}` is not UTF-8",
                Place(0, 0),
                code="not-utf-8",
                detail="it begins with a byte order mark of UTF-16 or UTF-32",
                hint="save the file as UTF-8",
            )

    def _refused(self, error: yaml.YAMLError) -> InputError | MisreadError:
        """What libyaml says, at the place where it says it."""
        if self._reader.folded:
            return MisreadError()
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        if mark is not None:
            words = str(getattr(error, "problem", None) or "not YAML")
            context, begin = getattr(error, "context", None), getattr(error, "context_mark", None)
            if context and begin is not None and begin.line != mark.line:
                context = f"{context} that begins in line {begin.line + 1}"
            return InputError(
                f"`{self.shown}` is not valid YAML",
                code="yaml-syntax",
                where=span(self.path, self.shown, Place(mark.line, mark.column)),
                detail=f"{words} {context}" if context else words,
                outcome="nothing was loaded",
            )
        reason = str(getattr(error, "reason", error))
        control = "control characters" in reason
        return InputError(
            f"`{self.shown}` is not {'valid YAML' if control else 'UTF-8'}",
            code="yaml-syntax" if control else "not-utf-8",
            where=span(self.path, self.shown, _place_of_byte(self.path, int(getattr(error, "position", 0)))),
            detail=f"{reason}: {_character(error)}" if control else reason,
            outcome="nothing was loaded",
            hint='write it as an escape in double quotes, such as "\\e"' if control else "save the file as UTF-8",
        )

    # what stands at the top

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

    def _key(self, event: Any, seen: dict[str, Place]) -> str:
        """A key's text; refuses what cannot be one, and one that was seen."""
        if type(event) is not SCALAR:
            self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
        self._plain(event)
        if event.style == "" and event.value in NULL_WORDS:
            self.fail("a key cannot be null", event.start_mark, code="yaml-key", hint="quote it if it is a name")
        name = str(event.value)
        if name in seen:
            self.fail(
                f"`{name}` stands here twice",
                event.start_mark,
                code="yaml-key-twice",
                width=len(name),
                detail=f"first in line {seen[name].line + 1}",
            )
        seen[name] = Place(event.start_mark.line, event.start_mark.column)
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
        event = self._get()
        if type(event) is not SEQUENCE_START:
            self.fail(
                f"`rows` of `{name}` is a list", event.start_mark, code="seed-format", hint=options.ONE_ROW_IS_A_LIST
            )
        self._plain(event)
        self._inside, self._braced = True, True
        return options.table(self, name, place, seen, found)

    # rows

    def rows(self) -> Iterator[Row | Batch]:
        """The rows of the table that `tables()` has just given, in order."""
        try:
            yield from self._rows()
        except yaml.YAMLError as error:
            raise self._refused(error) from error

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
        outer = self._get
        parser = _parser(text)
        self._get = get = parser.get_event
        try:
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
        except (yaml.YAMLError, InputError) as error:
            raise MisreadError from error
        finally:
            self._get = outer
            parser.dispose()
        return Row(
            line + row.line,
            row.names,
            [_moved(key, line) for key in row.keys],
            [_move(cell, line) for cell in row.cells],
        )

    def _merged(self, keys: list[Any], cells: list[Any]) -> list[tuple[Scalar, Node]] | None:
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
                self._expand(len(source.pairs), cell.start_mark)
                for other, value in source.pairs:
                    if other.value not in taken:
                        taken.add(other.value)
                        pairs.append((other, value))
        return pairs

    # cells

    def _node(self, event: Any, depth: int) -> Node:
        """A value, whole."""
        self._events += 1
        kind = type(event)
        if kind is ALIAS:
            node = self._anchors.get(event.anchor)
            if node is None:
                self.fail(
                    f"no anchor `&{event.anchor}` stands before this alias",
                    event.start_mark,
                    code="yaml-alias",
                    width=len(event.anchor) + 1,
                )
            self._expand(_size(node), event.start_mark)
            return node
        self._plain(event)
        found: Node
        if kind is SCALAR:
            if not event.value and not event.style:
                self._refuse_comment(event)
            found = event
        elif depth > _DEPTH:
            self.fail(f"nested more than {_DEPTH} deep", event.start_mark, code="yaml-depth")
        elif kind is SEQUENCE_START:
            found = self._sequence(event, depth)
        else:
            found = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items: list[Node] = []
        while type(event := self._get()) is not SEQUENCE_END:
            items.append(self._node(event, depth + 1))
        return Sequence(items, start.start_mark, 1 + sum(map(_size, items)))

    def _mapping(self, start: Any, depth: int) -> Mapping:
        keys: list[Any] = []
        cells: list[Node] = []
        while type(event := self._get()) is not MAPPING_END:
            if type(event) is not SCALAR:
                self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
            keys.append(event)
            cells.append(self._node(self._get(), depth + 1))
        pairs = self._merged(keys, cells)
        if pairs is None:
            pairs = list(zip(keys, cells, strict=True))
        return Mapping(pairs, start.start_mark, 1 + sum(_size(cell) for _, cell in pairs))

    def _expand(self, size: int, mark: Mark) -> None:
        """Count what aliases repeat: a bomb of them is a small file that means gigabytes."""
        self._expanded += size
        if self._expanded > _ALIAS_ALLOWANCE + _ALIAS_FACTOR * self._events:
            self.fail(
                "the aliases of this file repeat too much",
                mark,
                code="yaml-alias-bomb",
                detail=f"they stand for {self._expanded:,} values so far; {self._events:,} are written out",
                hint="write the values out",
            )

    def _refuse_comment(self, event: Any) -> None:
        """`colour: #00ff00` is NULL and a comment to YAML, and never what its writer meant."""
        mark = event.end_mark
        line = self._reader.line(mark.line)
        rest = line[mark.column :].lstrip(" \t")
        if rest.startswith("#") and len(rest) > 1 and rest[1] not in " \t\r#!":
            word = rest.split()[0]
            self.fail(
                f"`{word}` is a comment to YAML, so there is no value here",
                Place(mark.line, line.index("#", mark.column)),
                code="yaml-comment",
                width=len(word),
                hint=f'quote it: "{word}"; for a comment, put a space after the `#`',
            )


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
        names.extend(table.name for table in Document(path, shown).tables())
    except InputError:
        return names
    return names


def _parser(stream: Reader | str) -> Any:
    try:
        from yaml import cyaml
    except ImportError as error:
        raise UnavailableError(
            "PyYAML is installed here without libyaml, which reads seed files",
            code="libyaml-missing",
            hint="install a wheel of it: `pip install --force-reinstall --only-binary pyyaml pyyaml`",
        ) from error
    return cyaml.CParser(stream)  # type: ignore[attr-defined]  # the stubs forget to export it


def _size(node: Node) -> int:
    return node.size if isinstance(node, Sequence | Mapping) else 1


def _move(node: Node, lines: int) -> Node:
    """A node that was read alone, at its place in the file."""
    if isinstance(node, Sequence):
        return Sequence([_move(item, lines) for item in node.items], _shift(node.start_mark, lines), node.size)
    if isinstance(node, Mapping):
        pairs = [(_moved(key, lines), _move(value, lines)) for key, value in node.pairs]
        return Mapping(pairs, _shift(node.start_mark, lines), node.size)
    return _moved(node, lines)


def _moved(scalar: Scalar, lines: int) -> Scalar:
    if isinstance(scalar, MovedScalar):
        return scalar
    return MovedScalar(scalar.value, scalar.style, _shift(scalar.start_mark, lines), _shift(scalar.end_mark, lines))


def _shift(mark: Mark, lines: int) -> Place:
    return Place(mark.line + lines, mark.column)


def _character(error: yaml.YAMLError) -> str:
    character = getattr(error, "character", None)
    return f"U+{character:04X}" if isinstance(character, int) else "a control character"


def _place_of_byte(path: Path, offset: int) -> Place:
    """Where a byte of a file stands; libyaml's reader gives offsets only, and those behind the first wrong byte."""
    before = path.read_bytes()[: offset + 4]
    try:
        before.decode()
        before = before[:offset]
    except UnicodeDecodeError as error:
        before = before[: min(error.start, offset)]
    start = before.rfind(b"\n") + 1
    text = before[start:].decode("utf-8", errors="replace")
    return Place(before.count(b"\n"), len(text.removeprefix("\ufeff")))
