"""One statement of a script: its place, its text, and its tokens, from which everything else about it is told."""

from dataclasses import dataclass, field
from itertools import islice, takewhile

from migrator.source import Source, Span
from migrator.sql.lexer import Lexeme, lexeme_texts, lexemes
from migrator.sql.literals import is_word, upper

_KEYWORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a script.

    Attributes:
        source: the script.
        start: the offset of its first character, counted in characters from 0, behind whitespace and comments.
        end: the offset behind its last one, before trailing comments and the semicolon; `;` may follow its text.
    """

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        """The statement as written, with the comments inside it, without the semicolon."""
        return self.source.text[self.start : self.end]

    @property
    def span(self) -> Span:
        """The place of its first line."""
        return self.source.span(self.start, self.end)

    def at(self, offset: int) -> Span:
        """The place of the word that begins so many characters behind the statement's start."""
        return self.source.word(self.start + offset, self.end)

    @property
    def keywords(self) -> tuple[str, ...]:
        """The bare words that it begins with, at most four, in capitals: `("CREATE", "INDEX", "CONCURRENTLY", "I")`."""
        text = self.source.text
        pieces = lexemes(text, self.start, self.end)
        tokens = (text[at:behind] for lexeme, at, behind in pieces if lexeme is not Lexeme.COMMENT)
        return tuple(map(upper, islice(takewhile(is_word, tokens), _KEYWORDS)))

    def tokens(self) -> list[str]:
        """Its tokens without the comments: bare words in capitals, everything else as it is written.

        So a token is a word if `literals.is_word` says so, a literal if `literals.is_literal` does, a quoted identifier
        if it ends in `"`, and else a number or a sign.
        """
        found = lexeme_texts(self.source.text, self.start, self.end)
        return [upper(token) if is_word(token) else token for token in found]
