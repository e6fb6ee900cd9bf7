"""The files that a configuration comes from: `migrator.toml`, `[tool.migrator]` of a pyproject.toml, and `.env`.

They are only found and read here, with the places of their keys for error messages; what a value means is told in
`migrator.settings`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError
from migrator.settings import IGNORE, IGNORE_KEYS, SETTINGS
from migrator.source import Source, Span

OWN_FILE = "migrator.toml"
SHARED_FILE = "pyproject.toml"
SECTION = "tool.migrator"
VARIABLES_FILE = ".env"

_BYTE_ORDER_MARK = "\ufeff"
ADDRESSES = frozenset({"database", "scratch"})
"""Keys whose values may hold a password."""

_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_.-]+)["']?\s*=\s*""")
_HEADER = re.compile(r"\s*\[{1,2}\s*([^\]]*?)\s*\]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """A file that configures us.

    Attributes:
        path: the file, absolute.
        source: its text, under the name that the user knows it by; what may hold a password is masked.
        section: the table that is ours; empty for a file that is ours altogether.
        values: the keys and values of that table.
    """

    path: Path
    source: Source
    section: str
    values: Mapping[str, object]

    def origin(self, key: str) -> str:
        """Where a value came from, as people say it."""
        name = Path(self.source.path).name
        return f"[{self.section}] {key} in {name}" if self.section else f"{key} in {name}"

    def place(self, key: str) -> Span | None:
        """Where a key of our table stands; None where it is written in an uncommon way."""
        section = ""
        offset = 0
        table = ".".join(filter(None, (self.section, key)))
        name = re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*=""")
        for line in self.source.text.splitlines(keepends=True):
            header = _HEADER.match(line)
            if header:
                section = header[1]
            if section == self.section and (found := name.match(line)):
                start = offset + len(line) - len(line.lstrip())
                return self.source.span(start, offset + len(found[0].rstrip("= \t")))
            if header and f"{section}.".startswith(f"{table}."):
                return self.source.span(offset, offset + len(line.rstrip()))
            offset += len(line)
        return None

    def entry(self, number: int, key: str | None = None) -> Span | None:
        """Where the entry of a number from 0 of `[[ignore]]` stands, or a key of it; see `place`."""
        heading = ".".join(filter(None, (self.section, IGNORE)))
        name = None if key is None else re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*=""")
        seen, offset, current = -1, 0, ""
        head: Span | None = None
        for line in self.source.text.splitlines(keepends=True):
            header = _HEADER.match(line)
            if header:
                current = header[1]
                seen += current == heading
                if current == heading and seen == number:
                    head = self.source.span(offset, offset + len(line.rstrip()))
            elif name is not None and seen == number and current == heading and (found := name.match(line)):
                start = offset + len(line) - len(line.lstrip())
                return self.source.span(start, offset + len(found[0].rstrip("= \t")))
            offset += len(line)
        return head or self.place(IGNORE)


def find(folder: Path, current: Path) -> ConfigurationFile | None:
    """The nearest configuration from `folder` upward: `migrator.toml`, or a pyproject.toml that has our table.

    Raises `InputError` when one of them cannot be read.
    """
    for parent in (folder, *folder.parents):
        if (parent / OWN_FILE).is_file():
            return read(parent / OWN_FILE, current)
        if (parent / SHARED_FILE).is_file():
            found = read(parent / SHARED_FILE, current)
            if found.values or _has_section(found):
                return found
    return None


def _has_section(file: ConfigurationFile) -> bool:
    return f"[{SECTION}]" in file.source.text


def read(path: Path, current: Path) -> ConfigurationFile:
    """Read one file; raises `InputError` with the place of what is wrong in it."""
    import tomllib

    shown = shorten(path, current)
    try:
        text = path.read_bytes().decode().removeprefix(_BYTE_ORDER_MARK)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(
            f"cannot read the configuration `{shown}`: {reason}",
            code="configuration-unreadable",
            hint="`--config` names another file",
        ) from None
    section = SECTION if path.name == SHARED_FILE else ""
    source = Source(path=str(shown), text=_masked(text, section))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(source, str(error)) from None
    for part in filter(None, section.split(".")):
        values = values.get(part, {})
        if not isinstance(values, dict):
            raise InputError(f"`{SECTION}` in `{shown}` is not a table", code="configuration-value")
    return ConfigurationFile(path=path, source=source, section=section, values=values)


def _masked(text: str, section: str) -> str:
    """The text to show, every character at its place: of our table only the values of keys that hold no secret.

    A misspelled key, an unfinished text, a comment: each may be an address.
    """
    lines: list[str] = []
    current = ""
    for line in text.splitlines(keepends=True):
        header = _HEADER.fullmatch(line.rstrip())
        current = header[1] if header else current
        key = _KEY.match(line)
        ours = not section or f"{current}.".startswith(f"{section}.") or "migrator" in line.partition("=")[0]
        plain = IGNORE_KEYS if ours and current.rpartition(".")[2] == IGNORE else SETTINGS.keys() - ADDRESSES
        known = key is not None and key[1] in plain
        lines.append(line if header or known or not ours else _mask(line, key.end() if key else 0))
    return "".join(lines)


def _mask(line: str, start: int) -> str:
    content = line.rstrip("\r\n")
    if not content[start:].strip():
        return line
    width = len(content) - start
    return content[:start] + "***"[:width].ljust(width) + line[len(content) :]


def _broken(source: Source, message: str) -> InputError:
    found = re.search(r" \((?:at line (\d+), column (\d+)|at end of document)\)$", message)
    offset = len(source.text)
    if found and found[1]:
        lines = source.text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
    detail = message[: found.start()] if found else message
    return InputError(
        f"`{source.path}` is not valid TOML",
        code="configuration-syntax",
        where=source.span(offset),
        detail=detail[:1].lower() + detail[1:],
    )


def read_variables(folder: Path, current: Path) -> dict[str, str]:
    """The variables of the `.env` file in a folder; none when there is no such file.

    Raises `InputError` when it cannot be read. Its lines are never shown: they hold secrets.
    """
    path = folder / VARIABLES_FILE
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        return {key: value for key, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read `{shorten(path, current)}`: {reason}", code="configuration-unreadable") from None


def shorten(path: Path, current: Path) -> Path:
    """The path as the user would write it from the current folder: relative where it lies beneath, else absolute."""
    try:
        return path.relative_to(current)
    except ValueError:
        return path


def usual_folders(root: Path, standing: Path, *, configured: bool) -> tuple[Path, Path, str | None]:
    """The folders of migrations and of seeds where nobody names any, and why those, where it is worth a word.

    `configured`: there is a configuration file.
    """
    ours, supabase = root / "migrations", root / "supabase" / "migrations"
    # not Path.is_dir(), which some versions of Python end with an error where a folder may not be read
    take_supabase = not os.path.isdir(ours) and os.path.isdir(supabase)  # noqa: PTH112
    reason = None
    if take_supabase:
        reason = f"there is no `{shorten(ours, standing)}`, and no `migrations` is configured"
    elif os.path.isdir(supabase):  # noqa: PTH112
        reason = f"it comes before `{shorten(supabase, standing)}`, and no `migrations` is configured"
    elif not configured:
        reason = f"there is no {OWN_FILE}, and no {SHARED_FILE} with `[tool.migrator]`"
    return shorten(supabase if take_supabase else ours, standing), shorten(root / "seeds", standing), reason
