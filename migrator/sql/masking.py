"""Other people's SQL, fit to be shown: one short line that holds no secret.

A statement that another session runs may be `alter role ... password '...'` or carry a customer's data. So no literal
of it is ever shown, whatever the statement is.
"""

import re

SHOWN = 120
"""Characters of a statement that are shown."""

_PARTS = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<name> "(?:[^"]|"")*(?:"|\Z) )
  | (?P<literal>
        (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)
      | '(?:[^'\\]|'')*'
      | '.*                                         # cut off, or a backslash that may or may not escape
      | (?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=tag)|\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)

_SECRET = re.compile(r"(?i)((?:[\w.]*(?:passw|pwd|secret|token|key)[\w.]*)\"?\s*(?:=|\bto\b)\s*)[^\s,;)'(]+")
"""A value without quotes, as in `set app.secret_key to abc`."""


def masked(sql: str) -> str:
    """The statement on one line, without comments, with `'…'` for every string literal, cut to `SHOWN` characters."""

    def part(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            return " "
        return found[0] if found["name"] is not None else "'…'"

    line = " ".join(_PARTS.sub(part, sql).split())
    line = _SECRET.sub(r"\1…", line).removesuffix(";").rstrip()
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
