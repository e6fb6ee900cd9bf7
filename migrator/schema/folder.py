"""A schema as a folder of readable files, and such a folder read back: the same schema always gives the same bytes.

Every file of ours begins with the line `MARK`; another one is never touched. While files are written the head says so,
so that a folder of half a schema is not taken for a whole one.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from migrator.errors import InputError, UnavailableError
from migrator.schema import blocks
from migrator.schema.compare import ORDER
from migrator.schema.objects import CATALOG_VERSION, Key, Schema, definition
from migrator.schema.placing import SUFFIX, identifiers, places, subjects, unquoted
from migrator.source import Source, Span, shown

MARK = "# written by `migrate snapshot`; read by `migrate verify --against`"
HEAD = "snapshot.txt"
ROOMS = ("database", "schemas")
"""The folders that files of objects are in."""

UNFINISHED = "unfinished: yes"

NOT_OURS = "restore it; or, where it is somebody else's, put it elsewhere: `migrate snapshot` leaves it as it is"

RANKS = ("column order", "column", "constraint", "index", "trigger", "rule", "policy")
"""The order in which what belongs to a table stands behind it."""

_SERVER = re.compile(r"server: PostgreSQL \S+ \(([1-9]\d{4,6})\)")
_CATALOG = re.compile(r"catalog: (\d+)")
_SUPABASE = re.compile(r"supabase: (yes|no)")


def files(schema: Schema) -> dict[PurePosixPath, str]:
    """Every file and its text. Pure."""
    about = subjects(schema.objects.keys())
    by_place: dict[PurePosixPath, list[Key]] = {}
    for key, place in places(schema.objects).items():
        by_place.setdefault(place, []).append(key)
    found = {PurePosixPath(HEAD): head(schema)}
    for place in sorted(by_place):
        told = [
            "\n".join(blocks.block(key, _attributes(schema, key))) for key in _ordered(schema, by_place[place], about)
        ]
        found[place] = "\n\n".join([MARK, *told]) + "\n"
    return found


def head(schema: Schema, *, unfinished: bool = False) -> str:
    """The text of the file that says which server this is of."""
    number = schema.server_version_num
    lines = [
        MARK,
        "",
        f"server: PostgreSQL {number // 10000}.{number % 10000} ({number})",
        f"catalog: {CATALOG_VERSION}",
        f"supabase: {'yes' if schema.supabase else 'no'}",
        *([UNFINISHED] if unfinished else []),
    ]
    return "\n".join(lines) + "\n"


def _attributes(schema: Schema, key: Key) -> dict[str, Any]:
    """What is told of an object, its numbers digit for digit."""
    found: dict[str, Any] = json.loads(schema.objects[key], parse_float=Decimal)
    return found


def _ordered(schema: Schema, keys: Iterable[Key], about: Mapping[Key, Key]) -> list[Key]:
    """The object itself, then what belongs to it, columns as they follow; a comment behind what it is about."""
    orders = [identity for kind, identity in keys if kind == ORDER]
    position = {
        (table, name): number
        for table in orders
        for number, name in enumerate(schema.attributes((ORDER, table))["columns"])
    }

    def rank(key: Key) -> tuple[int, int, str, str, str]:
        kind, identity = about.get(key, key)
        place = 0
        if kind == "column":
            *table, name = identifiers(identity)[0]
            place = position.get((".".join(table), unquoted(name)), 0)
        remark = key if key in about else ("", "")
        return RANKS.index(kind) + 1 if kind in RANKS else 0, place, identity, *remark

    return sorted(keys, key=rank)


def read(folder: Path) -> Schema:
    """The schema that a folder holds.

    Raises:
        InputError: there is no snapshot in it, or a file of it is damaged.
        UnavailableError: another version of the program wrote it, which saw other things.
    """
    if not (folder / HEAD).is_file():
        raise InputError(
            f"`{shown(folder)}` holds no snapshot of a schema: there is no `{HEAD}` in it",
            code="snapshot-folder",
            hint=f"`migrate snapshot {shown(folder)}` writes one",
        )
    version, supabase = _read_head(_source(folder / HEAD), folder)
    objects: dict[Key, str] = {}
    seen: dict[Key, Span] = {}
    for path in _texts(folder):
        for found in blocks.read(_source(path), start=1):
            if found.key in seen:
                kind, identity = found.key
                raise blocks.damaged(f"{kind} `{identity}` is told here and at {seen[found.key]}", found.where)
            objects[found.key] = definition(found.attributes)
            seen[found.key] = found.where
    return Schema(objects=dict(sorted(objects.items())), server_version_num=version, supabase=supabase)


def _read_head(source: Source, folder: Path) -> tuple[int, bool]:
    server, catalog, supabase = (each.search(source.text) for each in (_SERVER, _CATALOG, _SUPABASE))
    if server is None or catalog is None or supabase is None:
        raise blocks.damaged("the file does not say which server the snapshot is of", source.span(0))
    if UNFINISHED in source.text.split("\n"):
        raise blocks.damaged("the snapshot was not written whole", source.span(source.text.index(UNFINISHED)))
    if int(catalog[1]) != CATALOG_VERSION:
        raise UnavailableError(
            f"the snapshot in `{shown(folder)}` is one of another version of `migrate`, which saw other things",
            code="snapshot-version",
            where=source.span(catalog.start()),
            outcome="nothing was compared",
            hint="use the version that wrote it; or, where the schema of the database is as it should be, "
            f"`migrate snapshot {shown(folder)}`",
        )
    return int(server[1]), supabase[1] == "yes"


def _texts(folder: Path) -> Iterator[Path]:
    for room in ROOMS:
        for place, rooms, names in os.walk(folder / room):
            rooms.sort()
            yield from (Path(place, name) for name in sorted(names) if name.endswith(SUFFIX))


def _source(path: Path) -> Source:
    """A file's text, which must be one of ours and whole."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise InputError(
            f"`{shown(path)}` cannot be read: {error.strerror or error}", code="snapshot-damaged", hint="its rights"
        ) from None
    except UnicodeDecodeError:
        raise blocks.damaged("the file is not UTF-8", Source(path=shown(path), text="").span(0)) from None
    source = Source(path=shown(path), text=text)
    if (place := _conflict(source)) is not None:
        raise blocks.damaged("a merge conflict is not resolved here", place)
    if not text.startswith(f"{MARK}\n"):
        raise blocks.damaged(
            "`migrate snapshot` did not write this file: its first line is another one", source.span(0), hint=NOT_OURS
        )
    return source


def _conflict(source: Source) -> Span | None:
    """The place of the first mark of a merge that somebody has to decide; None where there is none."""
    offset = 0
    for line in source.text.split("\n"):
        if line.startswith(("<<<<<<< ", ">>>>>>> ", "||||||| ")) or line == "=======":
            return source.span(offset)
        offset += len(line) + 1
    return None
