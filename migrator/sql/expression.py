"""One expression of SQL that a user wrote into a file of another kind, before it goes into a statement of ours."""

from migrator.sql.lexer import SPACE, Lexeme, UnterminatedError, lexemes

_WHAT_IS_WRONG = {
    Lexeme.SEMICOLON: "it holds a semicolon",
    Lexeme.BACKSLASH: "it holds a backslash outside of a literal",
}


def fault(text: str) -> str | None:
    """Why a text cannot stand in parentheses as one expression; None where it can, as far as its lexemes tell.

    Whether it means anything is for the server to say. What is found here would end the parentheses around it and go
    on as a part of our statement.
    """
    depth = 0
    inked = False
    try:
        for lexeme, _, _ in lexemes(text):
            if lexeme in _WHAT_IS_WRONG:
                return _WHAT_IS_WRONG[lexeme]
            if lexeme is Lexeme.OPEN:
                depth += 1
            elif lexeme is Lexeme.CLOSE:
                depth -= 1
            if depth < 0:
                return "it closes a parenthesis that it does not open"
            inked = inked or lexeme is not Lexeme.COMMENT
    except UnterminatedError:
        return "a literal, a quoted name or a comment in it is never closed"
    if depth:
        return "a parenthesis in it is never closed"
    return None if inked and text.strip(SPACE) else "it is empty"


def in_parentheses(text: str) -> str:
    """The expression as a part of a statement; a comment at its end cannot swallow what follows."""
    return f"({text}\n)"
