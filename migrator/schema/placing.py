"""Where the text of an object stands in a folder: a file for each top-level object, with all that belongs to it. Pure.

Names are made for every file system: those that fold case, that have reserved names or short ones, or that spell
accented letters in their own way. A plain name is its file's; any other one is spelled as far as that goes and told
apart by a hash. Nothing is found again by its file's name: what a file holds says whose it is.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import PurePosixPath

from migrator.schema.objects import Key

BELONGING = frozenset({"column", "constraint", "trigger", "rule", "policy"})
"""Classes whose identity is that of their table with a name behind it, and which stand in its file."""

INDEX = "index"
"""The class whose definition tells its table, in whose file it stands, too."""

BESIDE = frozenset({"column order"})
"""Classes whose identity is that of their table, in whose file they stand."""

ABOUT = frozenset({"comment", "security label"})
"""Classes whose identity is class and identity of their object, and which stand in its file."""

RELATIONS = ("table", "view", "materialized view", "foreign table", "composite type", "type")
"""Classes that others belong to; a domain has constraints."""

QUALIFIED = (
    *("schema", "sequence", "function", "procedure", "aggregate", "operator", "operator class", "operator family"),
    *("conversion", "collation", "statistics", "text search configuration", "text search dictionary"),
    *("text search parser", "text search template"),
)
"""Other classes that a comment may be about."""

UNQUALIFIED = frozenset(
    {
        *(
            "database",
            "extension",
            "extension version",
            "event trigger",
            "publication",
            "subscription",
            "foreign data wrapper",
            "server",
        ),
        *("user mapping", "cast", "transform", "access method", "language", "default privileges", "setting"),
    }
)
"""Classes whose objects are in no schema."""

SHARED = {
    "database": "database",
    "extension": "extension",
    "extension version": "extension",
    "user mapping": "user_mapping",
    "cast": "cast",
    "transform": "transform",
    "default privileges": "default_privileges",
    "setting": "setting",
}
"""Classes of small objects, and the file in which all of them stand."""

SUFFIX = ".txt"

LONGEST = 80
"""Characters of a file's name before its hash: an overloaded function may have a hundred arguments."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_ARGUMENT = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_NAME = r'(?:"(?:[^"]|"")*"|[^" .(]+)'
_INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX {_NAME} ON (?:ONLY )?({_NAME}\.{_NAME}) ")
_IDENTIFIER = re.compile(r'"(?:[^"]|"")*"|[^".(]+')


def subjects(keys: Collection[Key]) -> dict[Key, Key]:
    """What each comment and each label is about."""
    classes = sorted(
        {kind for kind, _ in keys} | {*RELATIONS, *BELONGING, INDEX, *QUALIFIED, *UNQUALIFIED}, key=len, reverse=True
    )
    found: dict[Key, Key] = {}
    for key in keys:
        if key[0] in ABOUT:
            for kind in classes:
                if key[1].startswith(f"{kind} ") and kind not in ABOUT:
                    found[key] = kind, key[1][len(kind) + 1 :]
                    break
    return found


def places(objects: Mapping[Key, str]) -> dict[Key, PurePosixPath]:
    """The file of each object, as a path in the folder; `objects` as a `Schema` has them."""
    kinds = {identity: kind for kind, identity in objects if kind in RELATIONS}
    about = subjects(objects.keys())
    definitions = {key: json.loads(text).get("definition") for key, text in objects.items() if key[0] == INDEX}
    tables = {key: table for key, text in definitions.items() if (table := indexed(str(text)))}
    found: dict[Key, PurePosixPath] = {}
    for key in objects:
        subject = about.get(key, key)
        kind, identity = subject
        table = tables.get(subject) or _table(kind, identity)
        if table is not None:
            schema, name = identifiers(table)[0]
            found[key] = _in_schema(schema, kinds.get(table, "table"), name)
        else:
            found[key] = _alone(kind, identity)
    return found


def indexed(definition: str) -> str | None:
    """The table of an index, which its name does not tell, from its definition; None for what is none."""
    found = _INDEX.match(definition)
    return None if found is None else found[1]


def _table(kind: str, identity: str) -> str | None:
    """The identity of the table in whose file an object stands; None for one with a file of its own."""
    names, _ = identifiers(identity)
    belongs = (kind in BELONGING and len(names) > 2) or (kind in BESIDE and len(names) == 2)  # noqa: PLR2004 - likewise
    return ".".join(names[:2]) if belongs else None


def _alone(kind: str, identity: str) -> PurePosixPath:
    names, rest = identifiers(identity)
    if kind == "schema" and len(names) == 1:
        return PurePosixPath("schemas", file_name(unquoted(names[0])), f"schema{SUFFIX}")
    if kind in UNQUALIFIED or kind in ABOUT or len(names) < 2:  # noqa: PLR2004 - schema, name
        return _database(kind, identity)
    return _in_schema(names[0], kind, names[1], rest)


def _database(kind: str, identity: str) -> PurePosixPath:
    if kind in SHARED:
        return PurePosixPath("database", f"{SHARED[kind]}{SUFFIX}")
    folder = file_name(kind.replace(" ", "_"))
    names, rest = identifiers(identity)
    name = file_name(unquoted(names[0])) if len(names) == 1 and not rest else file_name(identity)
    return PurePosixPath("database", folder, f"{name}{SUFFIX}")


def _in_schema(schema: str, kind: str, name: str, arguments: str = "") -> PurePosixPath:
    folder = PurePosixPath("schemas", file_name(unquoted(schema)), file_name(kind.replace(" ", "_")))
    return folder / f"{file_name(unquoted(name), arguments)}{SUFFIX}"


@cache
def file_name(name: str, arguments: str = "") -> str:
    """A name as that of a file, without its ending: `orders`, `total-integer-text`, `we_ird.5f1c09a3`.

    Args:
        name: an identifier without its quotes.
        arguments: of a routine, as in `(integer, text)`; part of what tells it from others.
    """
    types = [part for part in re.split(r", ?", arguments.strip("()")) if part]
    spelled = "-".join([name, *types])
    plain = _PLAIN.fullmatch(name) and all(map(_ARGUMENT.fullmatch, types)) and not _RESERVED.fullmatch(name)
    if plain and len(spelled) <= LONGEST:
        return spelled
    known = hashlib.sha256(f"{name}{arguments}".encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9-]+", "_", spelled.lower())[: LONGEST - 20].strip("_-")
    return f"{slug}.{known}" if slug else known


def identifiers(identity: str) -> tuple[list[str], str]:
    """The names that an identity begins with, each as it is spelled there, and what follows: `(integer, text)`."""
    names: list[str] = []
    at = 0
    while found := _IDENTIFIER.match(identity, at):
        names.append(found[0])
        at = found.end()
        if identity[at : at + 1] != ".":
            break
        at += 1
    return names, identity[at:]


def unquoted(name: str) -> str:
    """A name without the quotes that it may have."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
