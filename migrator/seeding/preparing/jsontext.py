"""A YAML value as JSON: a number keeps its digits, words are those of YAML 1.2's core schema, the rest are strings."""

import json
import re

from migrator.seeding.files.nodes import NULL_WORDS, Mapping, Node, Sequence
from migrator.seeding.preparing.refusal import ValueRefusedError

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""A number of JSON: https://www.rfc-editor.org/rfc/rfc8259#section-6"""

_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS = {word: word.lower() for name in ("true", "false") for word in (name, name.title(), name.upper())}


def to_json(node: Node) -> str:
    """The value as JSON: a number keeps its digits, words are those of YAML 1.2, everything else is a string."""
    if isinstance(node, Sequence):
        return "[" + ", ".join([to_json(item) for item in node.items]) + "]"
    if isinstance(node, Mapping):
        return "{" + ", ".join([f"{_string(key.value)}: {to_json(value)}" for key, value in node.pairs]) + "}"
    return _json_scalar(node.value, node) if not node.style else _string(node.value)


def reads_as_text(text: str) -> bool:
    """A plain scalar of this text is a string, neither a number nor a word of JSON."""
    return not (text in NULL_WORDS or text in _WORDS or NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text))


def _json_scalar(text: str, node: Node) -> str:
    if text in NULL_WORDS:
        return "null"
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueRefusedError(f"JSON has no `{text}`", node, hint="quote it if it is a text")
    return text if NUMBER.fullmatch(text) else _string(text)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
