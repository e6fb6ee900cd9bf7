"""A seed file as libyaml's events with places, and what YAML itself refuses. The only import of yaml."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml import events

from migrator.errors import InputError, UnavailableError
from migrator.seeding.files.nodes import Mark, Place, span
from migrator.seeding.files.reader import MisreadError, Reader

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

_NOTHING = Reader(io.BytesIO(), fold=False)


class Document:
    """One reading of a file, event by event.

    Args:
        path: the file.
        shown: its name in errors.
        fold: keep long runs of rows from libyaml; `MisreadError` then asks for another reading without.
    """

    def __init__(self, path: Path, shown: str, *, fold: bool = False) -> None:
        self.path = path
        self.shown = shown
        self._fold = fold
        self._reader: Reader = _NOTHING
        self._get: Callable[[], Any] = no_event
        self._first_line = 0

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

    def digest(self) -> bytes:
        """The SHA-256 of the bytes that were read; of the whole file once `tables()` is exhausted."""
        return self._reader.digest()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Have the file's events at hand. Raises `InputError` for a file that cannot be read or is not UTF-8."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise InputError(f"cannot read `{self.shown}`: {error.strerror}", code="unreadable-file") from error
        with file:
            self._refuse_other_encodings(file.read(4))
            file.seek(0)
            self._reader = Reader(file, fold=self._fold)
            with self._parsing(self._reader), self.translated():
                yield
        if self._reader.runs:
            raise MisreadError

    @contextmanager
    def _parsing(self, stream: Reader | str, first_line: int = 0) -> Iterator[None]:
        """Take events from this stream while the block runs, then from where they came before."""
        outer = self._get, self._first_line
        parser = _parser(stream)
        self._get, self._first_line = parser.get_event, first_line
        try:
            yield
        finally:
            self._get, self._first_line = outer
            parser.dispose()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what libyaml raises into `InputError` at its place."""
        try:
            yield
        except yaml.YAMLError as error:
            raise self._refused(error) from error

    def _refuse_other_encodings(self, start: bytes) -> None:
        if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or start == b"\0\0\xfe\xff":
            self.fail(
                f"`{self.shown}` is not UTF-8",
                Place(0, 0),
                code="not-utf8",
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
            code="yaml-syntax" if control else "not-utf8",
            where=span(self.path, self.shown, _place_of_byte(self.path, int(getattr(error, "position", 0)))),
            detail=f"{reason}: {_character(error)}" if control else reason,
            outcome="nothing was loaded",
            hint='write it as an escape in double quotes, such as "\\e"' if control else "save the file as UTF-8",
        )

    def _plain(self, event: Any) -> None:
        """No tag constructs anything, so a tag is always a mistake."""
        if event.tag is not None:
            self.fail(
                f"a tag has no meaning in a seed file: `{event.tag}`",
                event.start_mark,
                code="yaml-tag",
                hint="remove it: the column's type decides what a value is; quote the text if `!` belongs to it",
            )

    def _refuse_comment(self, event: Any) -> None:
        """`colour: #00ff00` is NULL and a comment to YAML, and never what its writer meant."""
        mark = event.end_mark
        line = self._reader.line(self._first_line + mark.line)
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


def no_event() -> NoReturn:
    """What a document gives that is not open."""
    message = "the document is not open"
    raise RuntimeError(message)


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
