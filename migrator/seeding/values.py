"""A YAML value and the column it is for -> the text that PostgreSQL's own input function reads, in COPY's text format.

The column's type decides, not YAML's guess: a plain `01234` stays `01234` in a text column and is 1234 in an integer
one, because PostgreSQL reads the source text. Only a plain `null`, `~` or nothing is NULL.
"""

import difflib
import json
import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import NoReturn

from migrator.errors import InputError
from migrator.seeding.document import NULL_WORDS, Mapping, Node, Sequence
from migrator.seeding.tables import Column, ColumnType

NULL = r"\N"
"""COPY's NULL."""

Encoder = Callable[[Node], str]
"""A cell's text before COPY's escaping, or `NULL` itself (the same object: compare with `is`)."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS = {word: word.lower() for name in ("true", "false") for word in (name, name.title(), name.upper())}
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


class ValueRefusedError(Exception):
    """A value does not fit its column. `node` is where; `message`, `detail` and `hint` are as in `MigratorError`."""

    def __init__(self, message: str, node: Node, *, code: str = "bad-value", hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.code = code
        self.hint = hint


def escape(text: str) -> str:
    """A cell's text as COPY's text format wants it."""
    return text.translate(_ESCAPES)


def is_null(node: Node) -> bool:
    """A plain `null`, `~` or nothing."""
    return type(node) is not Sequence and type(node) is not Mapping and not node.style and node.value in NULL_WORDS


def is_free(kind: ColumnType) -> bool:
    """A scalar's text goes to the server as it is, and nothing about it can be told beforehand."""
    return kind.kind in {"text", "composite"} and not kind.labels and kind.length is None


def encoder(column: Column, environ: Map[str, str]) -> Encoder:
    """How a cell of this column becomes text. Raises `ValueRefusedError` when called on a value that cannot fit."""
    kind = column.type

    def encode(node: Node) -> str:
        if isinstance(node, Mapping):
            if any(key.value.startswith("$") and not key.style for key, _ in node.pairs):
                return _operator(node, column, environ)
            if kind.kind == "json":
                return to_json(node)
            raise ValueRefusedError(
                f"`{column.name}` is {kind.name}, which takes no mapping", node, hint="quote the text if it is one"
            )
        if isinstance(node, Sequence):
            if kind.kind == "json":
                return to_json(node)
            if kind.kind == "array":
                return _array(node, kind)
            raise ValueRefusedError(
                f"`{column.name}` is {kind.name}, which takes no list", node, hint="quote the text if it is one"
            )
        if not node.style and node.value in NULL_WORDS:
            return NULL
        return _scalar(node, column)

    return encode


def _scalar(node: Node, column: Column) -> str:
    text = str(node.value)  # type: ignore[union-attr] - callers have told scalars from the rest
    kind = column.type
    if kind.kind == "json" and not node.style:  # type: ignore[union-attr] - likewise
        if not _NUMBER.fullmatch(text) and text not in {"true", "false"} and text[:1] not in {"{", "[", '"'}:
            raise ValueRefusedError(
                f"`{column.name}` is {kind.name}, and `{text}` is not JSON", node, hint=f"write {{$json: {text}}}"
            )
    elif kind.labels and text not in kind.labels:
        near = difflib.get_close_matches(text, kind.labels, 1)
        raise ValueRefusedError(
            f"`{text}` is not a value of the enum {kind.name}",
            node,
            hint=f"did you mean `{near[0]}`?" if near else f"its values are {', '.join(kind.labels)}",
        )
    elif kind.length is not None and len(text) > kind.length and text[kind.length :].strip(" "):
        raise ValueRefusedError(
            f"`{column.name}` is {kind.name}, and this text has {len(text)} characters",
            node,
            hint="shorten it, or widen the column with a migration",
        )
    return text


def _operator(node: Mapping, column: Column, environ: Map[str, str]) -> str:
    """A mapping with a `$` key: one of ours, and nothing else."""
    key, value = next((key, value) for key, value in node.pairs if key.value.startswith("$"))
    if len(node.pairs) != 1:
        raise ValueRefusedError(
            f"`{key.value}` must be the only key of its mapping", node, hint=f'quote its value: {{{key.value}: "..."}}'
        )
    if key.value == "$json":
        if column.type.kind != "json":
            raise ValueRefusedError(f"`{column.name}` is {column.type.name}, not json or jsonb", node)
        return to_json(value)
    if key.value == "$var":
        return _variable(value, environ)
    known = {"$sql", "$file", "$id", "$ref", "$generate", "$pick", "$choice"}
    raise ValueRefusedError(
        f"`{key.value}` is not supported in this version"
        if key.value in known
        else f"there is no operator `{key.value}`",
        key,
        code="not-supported" if key.value in known else "bad-value",
        hint=None if key.value in known else "quote the key if it is data",
    )


def _variable(node: Node, environ: Map[str, str]) -> str:
    name = _text(node)
    if name is None:
        raise ValueRefusedError("`$var` takes the name of an environment variable", node)
    if name not in environ:
        raise ValueRefusedError(f"the environment variable `{name}` is not set", node, code="no-variable")
    return environ[name]


def _text(node: Node) -> str | None:
    return None if isinstance(node, Sequence | Mapping) or is_null(node) else str(node.value)


# arrays


def _array(node: Sequence, kind: ColumnType) -> str:
    element = kind.element
    if element is None:
        raise ValueRefusedError(f"{kind.name} takes no list", node)
    literal, _ = _dimension(node, element, kind.delimiter)
    return literal


def _dimension(node: Sequence, element: ColumnType, delimiter: str) -> tuple[str, tuple[int, ...]]:
    """The array literal of a list and its shape: lists in lists are dimensions, so they must be of one shape."""
    texts = []
    inner: tuple[int, ...] | None = None
    for item in node.items:
        shape: tuple[int, ...] = ()
        if isinstance(item, Sequence) and element.kind != "json":
            text, shape = _dimension(item, element, delimiter)
        else:
            text = _element(item, element)
        if inner is not None and shape != inner:
            raise ValueRefusedError("the lists in this array have different lengths", item)
        inner = shape
        texts.append(text)
    if inner and inner[0] == 0:
        raise ValueRefusedError("an array has no empty lists inside", node, hint="write `[]` for the empty array")
    return "{" + delimiter.join(texts) + "}", (len(node.items), *(inner or ()))


def _element(node: Node, element: ColumnType) -> str:
    if element.kind == "json" and (isinstance(node, Sequence | Mapping)):
        text = to_json(node)
    elif isinstance(node, Sequence | Mapping):
        raise ValueRefusedError(f"an element of this array is {element.name}, which takes no mapping", node)
    elif is_null(node):
        return "NULL"
    else:
        text = str(node.value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# JSON


def to_json(node: Node) -> str:
    """The value as JSON: a number keeps its digits, words are those of YAML 1.2, everything else is a string."""
    if isinstance(node, Sequence):
        return "[" + ", ".join([to_json(item) for item in node.items]) + "]"
    if isinstance(node, Mapping):
        return "{" + ", ".join([f"{_string(str(key.value))}: {to_json(value)}" for key, value in node.pairs]) + "}"
    text = str(node.value)
    if node.style:
        return _string(text)
    if text in NULL_WORDS:
        return "null"
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueRefusedError(f"JSON has no `{text}`", node, hint="quote it if it is a text")
    return _string(text)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def refuse(error: ValueRefusedError, fail: Callable[..., NoReturn]) -> NoReturn:
    """Raise the `InputError` of a refused value through a document's `fail`."""
    mark = error.node.start_mark
    fail(error.message, mark, code=error.code, hint=error.hint)


__all__ = ["NULL", "Encoder", "InputError", "ValueRefusedError", "encoder", "escape", "is_free", "is_null", "to_json"]
