"""The words of the seed format: the `$seed` header and the options of a table, from YAML nodes to values."""

import difflib
from typing import Any, NoReturn, Protocol, get_args

from migrator.seeding.files.folders import CSV_SUFFIXES
from migrator.seeding.files.nodes import (
    NOWHERE,
    Header,
    Mapping,
    Mark,
    Mode,
    Node,
    Place,
    Sequence,
    Table,
    is_null,
    place_of,
    width_of,
)
from migrator.sql.expression import fault

MODES: tuple[Mode, ...] = get_args(Mode)
OPTIONS = ("key", "mode", "where", "keep", "defaults", "rows", "file")
ONE_ROW_IS_A_LIST = "one row is still a list: write `- ` before it"


class Refuse(Protocol):
    """A document, as far as it raises errors."""

    def fail(self, message: str, mark: Mark, *, code: str, width: int = 1, **more: Any) -> NoReturn:
        """Raise `InputError` at a place of the file."""


def header(document: Refuse, node: Node, key: Any) -> Header:
    """The value of `$seed`."""
    if not isinstance(node, Mapping):
        document.fail("`$seed` is a mapping", node.start_mark, code="seed-format", hint="write `$seed: {env: [local]}`")
    values: dict[str, tuple[str, ...]] = {}
    for name, value in node.pairs:
        if name.value not in {"env", "after"}:
            document.fail(
                f"`$seed` has no `{name.value}`",
                name.start_mark,
                code="seed-format",
                width=len(name.value),
                hint="it has `env` and `after`",
            )
        values[name.value] = words(document, value, f"$seed.{name.value}")
    return Header(
        env=values.get("env"),
        after=values.get("after", ()),
        place=Place(key.start_mark.line, key.start_mark.column),
    )


def words(document: Refuse, node: Node, what: str) -> tuple[str, ...]:
    """A name, or a list of names."""
    found = []
    for item in node.items if isinstance(node, Sequence) else [node]:
        if isinstance(item, Sequence | Mapping) or is_null(item):
            document.fail(f"`{what}` is a name or a list of names", item.start_mark, code="seed-format")
        found.append(item.value)
    return tuple(found)


def no_rows(document: Refuse, name: str, mark: Mark) -> NoReturn:
    """A table's mapping has ended without `rows`."""
    hint = f"add `rows:` or `file:`, or {ONE_ROW_IS_A_LIST}"
    document.fail(f"`{name}` has no `rows`", mark, code="seed-format", hint=hint)


def known(document: Refuse, name: str, word: str, mark: Mark) -> None:
    """Refuse an option that there is not."""
    if word not in OPTIONS:
        near = difflib.get_close_matches(word, OPTIONS, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"options are {', '.join(OPTIONS)}; {ONE_ROW_IS_A_LIST}"
        document.fail(f"`{name}` has no option `{word}`", mark, code="seed-format", width=len(word), hint=hint)


def table(document: Refuse, name: str, place: Place, seen: dict[str, Place], found: dict[str, Node]) -> Table:
    """A table from the options that stand before its rows."""
    defaults = found.get("defaults")
    if defaults is not None and not isinstance(defaults, Mapping):
        document.fail("`defaults` is a mapping of columns to values", defaults.start_mark, code="seed-format")
    keep: tuple[tuple[str, Place], ...] = ()
    if "keep" in found:
        node = found["keep"]
        places = [place_of(item) for item in (node.items if isinstance(node, Sequence) else [node])]
        keep = tuple(zip(words(document, node, "keep"), places, strict=True))
    file = _file(document, found["file"]) if "file" in found else None
    mode = _mode(document, found["mode"]) if "mode" in found else "upsert"
    where = _where(document, found["where"]) if "where" in found else None
    if (mode == "sync") != (where is not None):
        at = found["mode" if where is None else "where"]
        document.fail(
            "`mode: sync` needs `where`" if where is None else f"`where` belongs to `mode: sync`, and this is `{mode}`",
            at.start_mark,
            code="seed-format",
            width=width_of(at),
            detail="it deletes the rows that are not in the file, so it has to know which ones are its own"
            if where is None
            else None,
            hint="write a condition on columns of the table, such as `where: managed_by = 'seeds'`"
            if where is None
            else "write `mode: sync`, or take `where` out",
        )
    return Table(
        name=name,
        place=place,
        key=words(document, found["key"], "key") if "key" in found else None,
        key_place=seen.get("key"),
        mode=mode,
        file=file,
        file_place=place_of(found["file"]) if file is not None else NOWHERE,
        where=where,
        where_place=place_of(found["where"]) if where is not None else NOWHERE,
        keep=keep,
        defaults=tuple(defaults.pairs) if defaults is not None else (),
    )


def _mode(document: Refuse, node: Node) -> Mode:
    given = words(document, node, "mode")
    mode = next((mode for mode in MODES if given == (mode,)), None)
    if mode is None:
        word = ", ".join(given)
        document.fail(
            f"no mode is called `{word}`",
            node.start_mark,
            code="seed-format",
            width=len(word),
            hint=f"modes are {', '.join(MODES)}",
        )
    return mode


def _file(document: Refuse, node: Node) -> str:
    """The CSV file that has the rows."""
    if isinstance(node, Sequence | Mapping) or is_null(node) or not node.value.endswith(CSV_SUFFIXES):
        document.fail(
            "`file` is the path of a CSV file, from the folder of this one",
            node.start_mark,
            code="seed-format",
            width=width_of(node),
            hint="its name ends in `.csv` or `.csv.gz`",
        )
    return node.value


def _where(document: Refuse, node: Node) -> str:
    """The condition of `sync`, which becomes a part of our statements."""
    if isinstance(node, Sequence | Mapping) or is_null(node):
        document.fail("`where` is a condition in SQL", node.start_mark, code="seed-format")
    wrong = fault(node.value)
    if wrong is not None:
        document.fail(
            "`where` is not one condition in SQL",
            node.start_mark,
            code="seed-format",
            width=width_of(node),
            detail=wrong,
        )
    return node.value
