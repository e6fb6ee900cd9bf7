"""Which extension a statement creates."""

from migrator.sql.literals import identifier_name, is_word
from migrator.sql.statement import Statement


def created_extension(statement: Statement) -> str | None:
    """The name in a `CREATE EXTENSION [IF NOT EXISTS] name`; None for anything else."""
    tokens = statement.tokens()
    if tokens[:2] != ["CREATE", "EXTENSION"]:
        return None
    rest = tokens[5:] if tokens[2:5] == ["IF", "NOT", "EXISTS"] else tokens[2:]
    if not rest or not (is_word(rest[0]) or rest[0].endswith('"')):
        return None
    return identifier_name(rest[0])
