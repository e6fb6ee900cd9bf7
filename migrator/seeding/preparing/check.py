"""Everything wrong with a seed file that can be told before the first write, and all of it at once."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.errors import InputError, MigratorError
from migrator.seeding.books.tables import Column, Key, TableInfo
from migrator.seeding.files.nodes import Document, Place, Table, line_of, span
from migrator.seeding.preparing.shapes import TableLoad

_CAST = re.compile(r"\((\w+)\)::text|(?<=\w)::text")
"""What PostgreSQL puts around a varchar in `lower(email)`."""

MOST_ERRORS = 100
"""How many errors one report tells; more do not help anybody."""

KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "c": "a type"}
"""What else than a table a name may be, by `pg_class.relkind`."""


@dataclass(slots=True)
class Problems:
    """What is wrong in all files of a run."""

    found: list[MigratorError] = field(default_factory=list)
    more: int = 0

    def add(self, error: MigratorError) -> None:
        """Remember one more; beyond `MOST_ERRORS` only its number."""
        if len(self.found) < MOST_ERRORS:
            self.found.append(error)
        else:
            self.more += 1

    def mark(self) -> tuple[int, int]:
        """How much is known now, for `back_to`."""
        return len(self.found), self.more

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget what was added since."""
        del self.found[mark[0] :]
        self.more = mark[1]

    def raise_any(self) -> None:
        """Raise the one error, or one `InputError` with all of them as `causes`, in the order of files and lines."""
        if not self.found:
            return
        if len(self.found) == 1:
            raise self.found[0]
        causes = sorted(self.found, key=lambda error: (error.where.path, error.where.line) if error.where else ("", 0))
        paths = {error.where.path for error in causes if error.where}
        for error in causes:
            error.outcome = None  # said once, by the report
        total = len(causes) + self.more
        raise InputError(
            f"{total} errors in {len(paths)} seed file{'s' if len(paths) != 1 else ''}",
            code="bad-seeds",
            outcome="nothing was loaded",
            detail=f"the first {MOST_ERRORS} of them" if self.more else None,
            causes=tuple(causes),
        )


def nearest(word: str, words: Iterable[str]) -> str | None:
    """A hint that names the word which was probably meant."""
    near = difflib.get_close_matches(word, list(words), 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else None


def unknown_table(document: Document, table: Table, names: Iterable[str]) -> InputError:
    """The error for a table that does not exist."""
    return InputError(
        f"there is no table `{table.name}`",
        code="unknown-table",
        where=span(document.path, document.shown, table.place, len(table.name)),
        outcome="nothing was loaded",
        hint=nearest(table.name, names) or "create it with a migration: `migrate up` comes before `migrate seed`",
    )


def no_table_for_csv(document: Document, name: str, names: Iterable[str]) -> InputError:
    """The error for a CSV file that is called after no table."""
    return InputError(
        f"there is no table `{name}`, after which `{document.shown}` is called",
        code="unknown-table",
        where=span(document.path, document.shown, Place(0, 0)),
        outcome="nothing was loaded",
        hint=nearest(name, names) or "a CSV file in the folder of seeds has the name of its table",
    )


def table_options(document: Document, table: Table, info: TableInfo) -> Iterable[InputError]:
    """What is wrong with the table itself and the options that name its columns."""
    where = span(document.path, document.shown, table.place, len(table.name))
    if info.kind not in {"r", "p"}:
        yield InputError(f"`{table.name}` is {KINDS.get(info.kind, 'no table')}", code="not-a-table", where=where)
    named = [(name, place, "keep") for name, place in table.keep]
    if named_key(table, info) is None:
        named += [(name, table.key_place or table.place, "key") for name in table.key or () if "(" not in name]
    for name, place, option in named:
        if name not in info.columns:
            yield InputError(
                f"`{option}` names `{name}`, and `{table.name}` has no such column",
                code="unknown-column",
                where=span(document.path, document.shown, place, len(option if option == "key" else name)),
                hint=nearest(name, info.columns),
            )
    columns = {name for name in table.key or () if "(" not in name}
    if table.key is not None and columns <= info.columns.keys() and named_key(table, info) is None:
        yield InputError(
            f"`{table.name}` has no unique constraint on ({', '.join(table.key)})",
            code="key-not-unique",
            where=span(document.path, document.shown, table.key_place or table.place, 3),
            hint="its unique keys are " + "; ".join(map(_written, known))
            if (known := (*info.keys, *info.special_keys))
            else "it has no unique key at all: add one with a migration",
        )


def no_rows_to_sync(document: Document, table: Table) -> InputError:
    """The error for a synced table whose rows have all gone: a mistake would empty the table."""
    return InputError(
        f"`{table.name}` has `mode: sync` and no rows",
        code="sync-empty",
        where=span(document.path, document.shown, table.place, len(table.name)),
        detail="every row within its `where` would be deleted",
        outcome="nothing was loaded",
        hint="delete the rows with a migration and take the table out of the file, if that is what you mean",
    )


def _written(key: Key) -> str:
    condition = f" where {key.predicate}" if key.predicate else ""
    return f"({', '.join(key.expressions or key.columns)}){condition}"


def named_key(table: Table, info: TableInfo) -> Key | None:
    """The unique key that `key:` names."""
    wanted = {_spelled(word) for word in table.key or ()}
    plain = next((key for key in info.keys if {_spelled(name) for name in key.columns} == wanted), None)
    special = (key for key in info.special_keys if {_spelled(identifier(part)) for part in key.parts} == wanted)
    return plain or next(special, None)


def _spelled(part: str) -> str:
    """A part of a key without the blanks and casts that PostgreSQL writes into expressions."""
    return _CAST.sub(lambda found: found[1] or "", part).replace(" ", "")


def identifier(part: str) -> str:
    """A part of an index as people write it: a quoted column without its quotes."""
    return part[1:-1].replace('""', '"') if part.startswith('"') and part.endswith('"') else part


def columns(
    document: Document, table: Table, info: TableInfo, names: Iterable[tuple[str, Place]]
) -> Iterable[InputError]:
    """What is wrong with the column names of a row."""
    for name, place in names:
        column = info.columns.get(name)
        if column is None:
            yield InputError(
                f"`{table.name}` has no column `{name}`",
                code="unknown-column",
                where=span(document.path, document.shown, place, len(name)),
                outcome="nothing was loaded",
                hint=nearest(name, info.columns) or f"its columns are {', '.join(info.columns)}",
            )
        elif column.generated:
            yield InputError(
                f"`{table.name}.{name}` is a generated column",
                code="generated-column",
                where=span(document.path, document.shown, place, len(name)),
                outcome="nothing was loaded",
                hint="remove it: PostgreSQL computes it",
            )


def infer_key(
    document: Document, table: Table, info: TableInfo, shapes: Iterable[frozenset[str]]
) -> Key | InputError | None:
    """The key by which rows are found again: as named, else the primary key, else the one unique key of all rows.

    None when no key covers every row: such a table is filled once, with plain inserts.
    """
    covered = list(shapes)
    where = span(document.path, document.shown, table.place, len(table.name))
    if table.key is not None:
        key = named_key(table, info)
        needed = key.columns if key is not None else table.key
        missing = [name for name in needed if not all(name in names for names in covered)]
        if missing:
            return InputError(
                f"`{table.name}` has rows without `{missing[0]}`, which is in its key",
                code="row-without-key",
                where=where,
            )
        return key
    usable = [key for key in info.keys if all(set(key.columns) <= names for names in covered)]
    if usable and usable[0].primary:
        return usable[0]
    distinct = {frozenset(key.columns): key for key in usable}
    if len(distinct) > 1:
        choices = " or ".join(f"`key: [{', '.join(key.columns)}]`" for key in distinct.values())
        return InputError(
            f"`{table.name}` has several unique keys that its rows could be found by",
            code="ambiguous-key",
            where=where,
            hint=f"say which: {choices}",
        )
    if not distinct and table.mode != "upsert":
        return InputError(
            f"`mode: {table.mode}` needs a key, and no unique key of `{table.name}` is in every row",
            code="no-key",
            where=where,
            hint="write the key's columns in every row",
        )
    return next(iter(distinct.values()), None)


def null_refused(
    document: Document, table: Table, column: Column, place: Place, width: int, *, key: bool
) -> InputError:
    """The error for a NULL where none may be."""
    return InputError(
        f"`{table.name}.{column.name}` is in the key, so it cannot be null"
        if key
        else f"`{table.name}.{column.name}` cannot be null",
        code="null-in-key" if key else "not-null",
        where=span(document.path, document.shown, place, width),
        outcome="nothing was loaded",
        hint='write a value; an empty text is ""',
    )


def computed_key(document: Document, table: Table, column: str, line: int) -> InputError:
    """The error for a key that an expression would make anew in every run."""
    return InputError(
        f"`{table.name}.{column}` is in the key, so `$sql` cannot compute it",
        code="bad-value",
        where=span(document.path, document.shown, _begin(document, line)),
        outcome="nothing was loaded",
        hint="write its value; `{$id: label}` is a uuid that stays the same",
    )


def values_missing(document: Document, load: TableLoad) -> Iterable[InputError]:
    """Columns that a new row needs and rows leave out, where every row is sure to be new: a table without a key."""
    for shape in load.shapes:
        present = {column.name for column in shape.columns}
        for column in load.info.columns.values():
            if column.required and column.name not in present:
                yield InputError(
                    f"a row of `{load.table.name}` needs a value for `{column.name}`",
                    code="not-null",
                    where=span(document.path, document.shown, _begin(document, shape.line)),
                    detail=f"`{column.name}` is not null and has no default",
                    outcome="nothing was loaded",
                    hint=f"write `{column.name}` in every row, or in `defaults`",
                )


def _begin(document: Document, line: int) -> Place:
    text = line_of(document.path, line - 1)
    return Place(line - 1, len(text) - len(text.lstrip(" -{")))
