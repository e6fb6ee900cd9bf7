"""An expression that PostgreSQL has written out, such as one of an index, about the columns of a certain row."""

from collections.abc import Mapping

from migrator.sql.lexer import Lexeme, lexemes
from migrator.sql.literals import identifier_name

_NAMES = frozenset({Lexeme.WORD, Lexeme.QUOTED_IDENTIFIER})


def qualified(expression: str, columns: Mapping[str, str]) -> str:
    """Replace every column's name by what it is there, such as `t.email`; everything else stays as it is.

    Args:
        expression: as pg_get_indexdef and pg_get_expr give it: columns are unqualified, types follow `::`, collations
            `COLLATE`, and a function's name is followed by a parenthesis.
        columns: what stands for each column.
    """
    pieces = [(lexeme, expression[start:end], start, end) for lexeme, start, end in lexemes(expression)]
    out: list[str] = []
    done = 0
    for index, (lexeme, text, start, end) in enumerate(pieces):
        if lexeme not in _NAMES:
            continue
        before = pieces[index - 1][1].upper() if index else ""
        after = pieces[index + 1][1] if index + 1 < len(pieces) else ""
        name = identifier_name(text)
        if name not in columns or before in {"::", ".", "COLLATE"} or after in {"(", "."}:
            continue
        out += [expression[done:start], columns[name]]
        done = end
    return "".join([*out, expression[done:]])
