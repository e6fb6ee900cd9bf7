"""A look at a seed file without reading its rows: does it apply here, which tables does it name?

Rows are most of a file, so neither question goes through YAML where the text alone answers it for certain.
"""

import re
from pathlib import Path

from migrator.seeding.files.folders import SeedFile

_PLAIN_KEY = re.compile(rb"([A-Za-z_$][A-Za-z0-9_$.]*)[ \t]*:(?=[ \t\r\n]|\Z)")
_NOT_A_KEY = (b" ", b"\t", b"#", b"\n", b"\r", b"- ", b"-\n", b"-\r")
_HEADER = b"$seed"
_PEEK = 1 << 16


def may_have_header(path: Path) -> bool:
    """Whether a file can begin with `$seed`; False is certain."""
    with path.open("rb") as file:
        return _HEADER in file.read(_PEEK)


def applies(file: SeedFile, env: str) -> bool:
    """Whether a file is for this environment. Reads no YAML where there is no header.

    Raises `InputError` for a header that cannot be read.
    """
    if file.is_script:
        from migrator.seeding.files.scripts import environments

        names = environments(file.path, file.shown)
        return names is None or env in names
    if file.table is not None or not may_have_header(file.path):
        return True
    from migrator.seeding.files.rows import read_header

    header = read_header(file.path, file.shown)
    return header.env is None or env in header.env


def table_names(file: SeedFile) -> list[str]:
    """The top-level keys of a file: at least its tables. Raises `InputError` for what YAML refuses before them."""
    if not file.has_tables:
        return [file.table] if file.table is not None else []
    names = _names_by_line(file.path)
    if names is None:
        from migrator.seeding.files.rows import read_tables

        names = [table.name for table in read_tables(file.path, file.shown)]
    return names


def _names_by_line(path: Path) -> list[str] | None:
    """What begins at the left margin, where all of it is plain keys, comments and list items; else None.

    In a file whose first key stands at the margin, every other key of the top level does too, and whatever else could
    stand there (quotes, flow brackets, anchors, document marks) is left to YAML.
    """
    found: dict[str, None] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
            if text.startswith(_NOT_A_KEY):
                if not found and text[:1] in b" \t" and text.strip() and not text.lstrip().startswith(b"#"):
                    return None
                continue
            key = _PLAIN_KEY.match(text)
            if key is None:
                return None
            found[key[1].decode()] = None
    return list(found)
