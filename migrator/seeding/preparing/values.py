"""A YAML value and the column it is for -> the text that PostgreSQL's own input function reads, in COPY's text format.

The column's type decides, not YAML's guess: a plain `01234` stays `01234` in a text column and is 1234 in an integer
one, because PostgreSQL reads the source text. Only a plain `null`, `~` or nothing is NULL.
"""

import difflib
from collections.abc import Callable
from dataclasses import replace

from migrator.seeding.books.tables import Column
from migrator.seeding.files.nodes import Mapping, Node, Scalar, Sequence, is_null
from migrator.seeding.preparing.forms import operator_of
from migrator.seeding.preparing.jsontext import NUMBER, to_json
from migrator.seeding.preparing.operators import Operators
from migrator.seeding.preparing.refusal import ValueRefusedError

NULL = r"\N"
"""COPY's NULL."""

Encoder = Callable[[Node], str]
"""A cell's text before COPY's escaping, or `NULL` itself (the same object: compare with `is`)."""

Checker = Callable[[str, bool], None]
"""Raises `ValueRefusedError` for a scalar, of which it is told the text and whether it is plain."""

_JSON_BEGINS = frozenset('{["')
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def escape(text: str) -> str:
    """A cell's text as COPY's text format wants it."""
    return text.translate(_ESCAPES)


def checker(column: Column) -> Checker | None:
    """What can be told about a scalar of this column; None when its text goes to the server as it is."""
    kind = column.type
    if kind.kind == "json":
        return lambda text, plain: _check_json(column, text) if plain else None
    if kind.labels:
        return lambda text, _: _check_label(column, text)
    if kind.length is not None:
        return lambda text, _: _check_length(column, text)
    return None


def _check_json(column: Column, text: str) -> None:
    if not NUMBER.fullmatch(text) and text not in {"true", "false"} and text[:1] not in _JSON_BEGINS:
        raise ValueRefusedError(
            f"`{column.name}` is {column.type.name}, and `{text}` is not JSON", None, hint=f"write {{$json: {text}}}"
        )


def _check_label(column: Column, text: str) -> None:
    labels = column.type.labels
    if text not in labels:
        near = difflib.get_close_matches(text, labels, 1)
        raise ValueRefusedError(
            f"`{text}` is not a value of the enum {column.type.name}",
            None,
            hint=f"did you mean `{near[0]}`?" if near else f"its values are {', '.join(labels)}",
        )


def _check_length(column: Column, text: str) -> None:
    most = column.type.length or 0
    if len(text) > most and text[most:].strip(" "):
        raise ValueRefusedError(
            f"`{column.name}` is {column.type.name}, and this text has {len(text):,} characters",
            None,
            hint="shorten it, or widen the column with a migration",
        )


def encoder(column: Column, operators: Operators) -> Encoder:
    """How a cell of this column becomes text. Raises `ValueRefusedError` when called on a value that cannot fit."""
    check = checker(column)

    def encode(node: Node) -> str:
        if isinstance(node, Sequence | Mapping):
            return nested(node, column, operators)
        if is_null(node):
            return NULL
        if check is not None:
            checked(check, node)
        return node.value

    return encode


def checked(check: Checker, node: Scalar) -> None:
    """Check a scalar; what is wrong with it is told at its place."""
    try:
        check(node.value, not node.style)
    except ValueRefusedError as error:
        raise ValueRefusedError(error.message, node, code=error.code, hint=error.hint) from None


def nested(node: Sequence | Mapping, column: Column, operators: Operators) -> str:
    """The literal of a list or a mapping, as its type's input function reads it."""
    kind = column.type
    if isinstance(node, Mapping) and operator_of(node) is not None:
        return operators.text(node, column)
    if kind.kind == "json":
        return to_json(node)
    if isinstance(node, Sequence):
        if kind.kind == "array" and kind.element is not None:
            return _array(node, replace(column, type=kind.element), operators)[0]
        if kind.kind == "vector":
            return f"[{','.join(_number(item, column) for item in node.items)}]"
    elif kind.kind == "composite":
        return _composite(node, column, operators)
    elif kind.kind == "pairs":
        return ", ".join(f"{_quoted(key.value)}=>{_pair(value, column)}" for key, value in node.pairs)
    what = "list" if isinstance(node, Sequence) else "mapping"
    raise ValueRefusedError(
        f"`{column.name}` is {kind.name}, which takes no {what}", node, hint="quote the text if it is one"
    )


def _array(node: Sequence, column: Column, operators: Operators) -> tuple[str, tuple[int, ...]]:
    """The literal of a list and its shape: lists in lists are dimensions, so they must be of one shape."""
    texts = []
    inner: tuple[int, ...] | None = None
    encode = encoder(column, operators)
    for item in node.items:
        shape: tuple[int, ...] = ()
        if isinstance(item, Sequence) and column.type.kind not in {"json", "vector"}:
            text, shape = _array(item, column, operators)
        else:
            value = encode(item)
            text = "NULL" if value is NULL else _quoted(value)
        if inner is not None and shape != inner:
            raise ValueRefusedError("the lists in this array have different lengths", item)
        inner = shape
        texts.append(text)
    if inner and inner[0] == 0:
        raise ValueRefusedError("an array has no empty lists inside", node, hint="write `[]` for the empty array")
    return "{" + column.type.delimiter.join(texts) + "}", (len(node.items), *(inner or ()))


def _composite(node: Mapping, column: Column, operators: Operators) -> str:
    """The literal of a composite type: its fields by name, NULL for one that is not there."""
    fields = dict(column.type.fields)
    given: dict[str, str] = {}
    for key, value in node.pairs:
        if key.value not in fields:
            near = difflib.get_close_matches(key.value, fields, 1)
            raise ValueRefusedError(
                f"{column.type.name} has no field `{key.value}`",
                key,
                code="unknown-column",
                hint=f"did you mean `{near[0]}`?" if near else f"its fields are {', '.join(fields)}",
            )
        given[key.value] = encoder(replace(column, type=fields[key.value]), operators)(value)
    cells = [given.get(name, NULL) for name in fields]
    return "(" + ",".join(["" if cell is NULL else _quoted(cell) for cell in cells]) + ")"


def _pair(node: Node, column: Column) -> str:
    """The value of a pair of hstore, which is a text or NULL."""
    if isinstance(node, Sequence | Mapping):
        raise ValueRefusedError(f"a value in `{column.name}`, which is {column.type.name}, is a text", node)
    return "NULL" if is_null(node) else _quoted(node.value)


def _number(node: Node, column: Column) -> str:
    if isinstance(node, Sequence | Mapping) or is_null(node) or node.style:
        raise ValueRefusedError(f"an element of `{column.name}`, which is {column.type.name}, is a number", node)
    return node.value


def _quoted(text: str) -> str:
    """A part of a literal, in quotes: arrays, composites and hstore read backslash escapes alike."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
