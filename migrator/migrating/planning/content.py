"""Whether a file is what was applied: the one place where content is compared with what a database knows of it. Pure.

Line ends and a byte order mark are no content (see `folder.digest`). Comments and white space are content of a lesser
kind: a file that differs in nothing else is the same migration, and deserves a word.
"""

from collections.abc import Iterable
from typing import TypeAlias

from migrator.migrating.books.ledger import LedgerEntry
from migrator.migrating.files import stored
from migrator.migrating.files.folder import digest
from migrator.migrating.files.migration import Migration
from migrator.migrating.files.stored import Likeness

Content: TypeAlias = tuple[bytes | None, bytes | None]
"""Keys of a content: of the whole of it, of its code alone. None where it is not known or says too little to know a
migration again by."""

EMPTY = digest(b"")


def likeness(entry: LedgerEntry, migration: Migration) -> Likeness:
    """How much a file is what was applied; `same` where the database does not know what was."""
    if entry.statements is not None:
        return stored.likeness(entry.statements, migration.up.source)
    whole, code = _applied(entry)
    if whole is None or whole == migration.sha256:
        return "same"
    return "comments" if code == migration.sha256_without_comments else "other"


def renamed(gone: Iterable[LedgerEntry], waiting: Iterable[Migration]) -> dict[str, Migration]:
    """Which of the `waiting` files is what was applied under the id of an entry whose file is `gone`.

    Only where there is no doubt: one entry and one file of that content. A whole file counts before code alone. Files
    that hold nothing are not taken for one another.
    """
    entries = {entry.id: _recognisable(_applied(entry)) for entry in gone}
    files = {each.id: each for each in waiting if not each.python}
    contents = {id_: _recognisable((each.sha256, each.sha256_without_comments)) for id_, each in files.items()}
    found: dict[str, Migration] = {}
    for level in (0, 1):
        olds, news = _by(entries, level), _by(contents, level)
        for key in olds.keys() & news.keys():
            (old, *others), (new, *rivals) = olds[key], news[key]
            if not others and not rivals:
                found[old] = files[new]
                del entries[old], contents[new]
    return found


def _applied(entry: LedgerEntry) -> Content:
    note = entry.journal
    if entry.statements is not None:
        return None, stored.code(entry.statements)
    return (None, None) if note is None else (note.sha256, note.sha256_without_comments)


def _recognisable(content: Content) -> Content:
    whole, code = content
    return None if whole == EMPTY else whole, None if code == EMPTY else code


def _by(contents: dict[str, Content], level: int) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for id_, content in contents.items():
        key = content[level]
        if key is not None:
            found.setdefault(key, []).append(id_)
    return found
