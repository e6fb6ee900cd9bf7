"""An expression that PostgreSQL has written out, such as one of an index, about the columns of a certain row."""

from collections.abc import Mapping

from migrator.sql.lexer import Lexeme, lexemes
from migrator.sql.literals import identifier_name

_NAMES = frozenset({Lexeme.WORD, Lexeme.QUOTED_IDENTIFIER})


def qualified(expression: str, columns: Mapping[str, str]) -> str:
    """Replace every column's name by what it is there, such as `t.email`; everything else stays as it is.

    Args:
        expression: as pg_get_indexdef and pg_get_expr give it: columns are unqualified and in lower case or quoted,
            keywords in capitals; types follow `::`, a function's name is followed by a parenthesis, an argument's by
            `=>`, and the field of `EXTRACT(year FROM ...)` is bare.
        columns: what stands for each column.
    """
    pieces = [(lexeme, expression[start:end], start, end) for lexeme, start, end in lexemes(expression)]
    texts = [text for _, text, _, _ in pieces]
    out: list[str] = []
    done = index = 0
    while index < len(pieces):
        lexeme, text, start, end = pieces[index]
        index += 1
        if text == "::":
            index = behind_type(texts, index)
        if lexeme not in _NAMES or (lexeme is Lexeme.WORD and text != text.lower()):
            continue
        name = identifier_name(text)
        before, after = texts[max(0, index - 3) : index - 1], texts[index] if index < len(texts) else ""
        if name not in columns or before[-1:] in (["."], ["COLLATE"]) or after in {"(", ".", "=>"}:
            continue
        if before == ["EXTRACT", "("] and after == "FROM":
            continue
        out += [expression[done:start], columns[name]]
        done = end
    return "".join([*out, expression[done:]])


def behind_type(texts: list[str], at: int) -> int:
    """Behind a type's name, such as `timestamp(3) without time zone` or `"my types".kind[]`."""
    while at < len(texts):
        text = texts[at]
        if text == "(" and texts[at + 1 : at + 2] != [] and texts[at + 1].isdigit():
            at = texts.index(")", at)
        elif not (text in {".", "[", "]"} or text.startswith('"') or (text == text.lower() and text[0].isalpha())):
            break
        at += 1
    return at
