"""Identifiers and literals, quoted so that any text is safe inside SQL."""


def quote(*parts: str) -> str:
    """A possibly qualified identifier: `quote("public", "users")` is `"public"."users"`.

    Always quoted, so that neither case, spaces nor keywords matter. Raises ValueError for NUL, which no identifier has.
    """
    if any("\0" in part for part in parts):
        message = "an identifier cannot contain NUL"
        raise ValueError(message)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str | None) -> str:
    """A string literal that means the same whatever `standard_conforming_strings` is; `NULL` for None.

    Raises ValueError for NUL, which no PostgreSQL text holds.
    """
    if text is None:
        return "NULL"
    if "\0" in text:
        message = "a string literal cannot contain NUL"
        raise ValueError(message)
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return " E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"
