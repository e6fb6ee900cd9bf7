"""A script of SQL, split into its statements, each with its place in the file.

The rules are psql's: a semicolon ends a statement outside of literals, comments and parentheses. A routine written in
SQL itself (`CREATE FUNCTION ... BEGIN ATOMIC ...; ...; END`) is one statement; there we go by the server's grammar
(`routine_body_stmt_list` in PostgreSQL's gram.y), which is exact where psql counts BEGIN and CASE against END.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from migrator.source import Source
from migrator.sql import refusals
from migrator.sql.lexer import SPACE, Lexeme, Piece, UnterminatedError, lexeme_texts, lexemes, marks, next_statement
from migrator.sql.literals import upper
from migrator.sql.statement import Statement
from migrator.sql.text import refuse_nul

_CREATE = re.compile("create", re.IGNORECASE | re.ASCII)
_NOT_SIMPLE = re.compile(r"""["$\\]|--|/\*""")
_SIMPLE_LITERAL = re.compile("'[^']*'")


def split(source: Source) -> tuple[Statement, ...]:
    """Split a script into its statements; empty ones vanish. Takes time linear in the text.

    Raises `InputError` with the place for what is never closed (a literal, an identifier, a comment), for NUL, and for
    what only psql can run: its backslash commands, and `COPY` between the server and the client.
    """
    text = source.text
    refuse_nul(source)
    statements = []
    try:
        start = next_statement(text, 0)
        while start < len(text):
            end, stop = _end(text, start)
            statement = Statement(source=source, start=start, end=end)
            # first, because what follows COPY ... FROM STDIN is data, in which any quote or backslash would be blamed
            refusals.refuse_what_no_client_can_run(statement)
            if text.startswith("\\", stop):
                raise refusals.psql_command(source, stop)
            statements.append(statement)
            start = next_statement(text, stop)
    except UnterminatedError as error:
        raise refusals.unterminated(source, error) from None
    return tuple(statements)


def cut(source: Source) -> list[str]:
    """The script cut behind every semicolon that ends a statement: all of it, comments and empty statements, too.

    Raises `InputError` like `split`; takes time linear in the text.
    """
    text = source.text
    ends = [0]
    at = 0
    for start, end in (*((each.start, each.end) for each in split(source)), (len(text), len(text))):
        if text[at:start].strip(SPACE) == ";":
            ends.append(text.index(";", at) + 1)
        else:
            ends += [behind for lexeme, _, behind in marks(text, at, start) if lexeme is Lexeme.SEMICOLON]
        at = end
    return [text[start:end] for start, end in pairwise([*ends, len(text)])]


def without_comments(source: Source) -> str:
    """The script's code in one canonical form, for telling whether more than comments and layout changed.

    Its tokens as they are written, one space between two of them, without semicolons that end nothing. Raises
    `InputError` for what is never closed; takes time linear in the text.
    """
    try:
        tokens = lexeme_texts(source.text, 0, len(source.text))
    except UnterminatedError as error:
        raise refusals.unterminated(source, error) from None
    code = [token for before, token in pairwise([";", *tokens, ";"]) if (before, token) != (";", ";")]
    return " ".join(code)


def _end(text: str, start: int) -> tuple[int, int]:
    """Where the statement at `start` ends, comments aside, and where what ends it stands: `;`, a backslash, nothing."""
    end, stop = _simple_end(text, start) or _first_end(text, start, marks(text, start))
    if _CREATE.match(text, start) and "atomic" in text[start:end].lower() and _creates_routine(text, start):
        return _first_end(text, start, _routine(text, start))
    return end, stop


def _simple_end(text: str, start: int) -> tuple[int, int] | None:
    """The same for a statement that looks plain up to its first semicolon; None for one that has to be read.

    Most statements are plain, and so a file of 50,000 INSERTs takes a quarter of the time.
    """
    semicolon = text.find(";", start)
    stop = semicolon if semicolon >= 0 else len(text)
    code = text[start:stop]
    if _NOT_SIMPLE.search(code):
        return None
    outside = _SIMPLE_LITERAL.sub("", code)
    if "'" in outside or outside.count("(") > outside.count(")"):
        return None
    return start + len(code.rstrip(SPACE)), stop


def _first_end(text: str, start: int, pieces: Iterator[Piece]) -> tuple[int, int]:
    depth = 0  # below 0 there is one `)` too many, of which the server will tell
    end = start  # behind what is no comment
    gap = start  # behind the last comment
    for lexeme, at, behind in pieces:
        if lexeme is Lexeme.OPEN:
            depth += 1
        elif lexeme is Lexeme.CLOSE:
            depth -= 1
        elif lexeme is Lexeme.COMMENT:
            end = _inked(text, gap, at) or end
            gap = behind
        elif (lexeme is Lexeme.SEMICOLON and depth <= 0) or lexeme is Lexeme.BACKSLASH:
            return _inked(text, gap, at) or end, at
    return _inked(text, gap, len(text)) or end, len(text)


def _inked(text: str, start: int, end: int) -> int | None:
    """The offset behind the last character between the two that is not white; None if all of it is."""
    ink = text[start:end].rstrip(SPACE)
    return start + len(ink) if ink else None


def _creates_routine(text: str, start: int) -> bool:
    words = []
    for lexeme, at, behind in lexemes(text, start):
        if lexeme is Lexeme.WORD:
            words.append(upper(text[at:behind]))
        elif lexeme is not Lexeme.COMMENT:
            break
        match words:
            case ["CREATE", "FUNCTION" | "PROCEDURE"] | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE"]:
                return True
            case [_, _, _, _, *_]:
                break
    return False


def _routine(text: str, start: int) -> Iterator[Piece]:
    """The lexemes of a statement that creates a routine; a semicolon inside BEGIN ATOMIC ... END is just a sign there.

    The grammar puts a semicolon behind every statement of such a body, so the END that closes it is the one where a
    statement would begin; every other one belongs to a CASE or is a name. Such bodies do not nest: the server refuses
    to create a routine in one.
    """
    inside = fresh = False
    previous = ""
    depth = 0
    for lexeme, at, behind in lexemes(text, start):
        if lexeme is Lexeme.COMMENT:
            yield lexeme, at, behind
            continue
        word = upper(text[at:behind]) if lexeme is Lexeme.WORD else ""
        depth += {Lexeme.OPEN: 1, Lexeme.CLOSE: -1}.get(lexeme, 0)
        if inside and fresh and word == "END":
            inside = False
        opens = not inside and depth == 0 and (previous, word) == ("BEGIN", "ATOMIC")
        inside = inside or opens
        fresh = opens or lexeme is Lexeme.SEMICOLON
        previous = word
        yield (Lexeme.OTHER if inside and lexeme is Lexeme.SEMICOLON else lexeme), at, behind
