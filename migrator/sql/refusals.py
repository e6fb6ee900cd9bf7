"""What no run can do with a script, in the words that the user reads: every error that reading SQL can raise."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from migrator.errors import InputError
from migrator.source import Source
from migrator.sql.kinds import CopyDirection, copy_through_client
from migrator.sql.lexer import UnterminatedError
from migrator.sql.settings import is_on, is_utf8, settings
from migrator.sql.statement import Statement

_PSQL_COMMAND = re.compile(r"\\(?:[A-Za-z_]+|[!?;:.]|\S?)")
_PSQL_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "\\restrict": "remove this line and its `\\unrestrict`: `pg_dump` writes them for psql only",
        "\\unrestrict": "remove this line and its `\\restrict`: `pg_dump` writes them for psql only",
        "\\connect": "remove it: a migration runs in the database that `--database` names",
        "\\c": "remove it: a migration runs in the database that `--database` names",
        "\\copy": "write the rows as `INSERT` statements, or load them as a seed file",
        "\\i": "put the text of that file here, or make it a migration of its own",
        "\\ir": "put the text of that file here, or make it a migration of its own",
        "\\include": "put the text of that file here, or make it a migration of its own",
        "\\set": "write the value where it is used: variables are a feature of psql",
        "\\gset": "use a `DO` block: variables are a feature of psql",
        "\\gexec": "use a `DO` block with `EXECUTE`",
        "\\if": "use a `DO` block with `IF`",
        "\\echo": "use `DO $$ begin raise notice '...'; end $$`, or a comment",
        "\\.": "write the rows as `INSERT` statements, or load them as a seed file",
        "\\;": "write `;`",
    }
)
_OPENED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "'": (
            "unterminated-string",
            "this string is never closed",
            "close it with `'`; inside it a quote is written `''`",
        ),
        '"': ("unterminated-identifier", "this quoted identifier is never closed", 'close it with `"`'),
        "/*": (
            "unterminated-comment",
            "this comment is never closed",
            "close it with `*/`; comments nest, so each `/*` needs one",
        ),
    }
)


def unterminated(source: Source, error: UnterminatedError) -> InputError:
    """The error for what `error` says is opened and never closed; it points at the opening."""
    code, message, hint = _OPENED.get(
        error.opened,
        (
            "unterminated-dollar-quote",
            f"this `{error.opened}` is never closed",
            f"close it with another `{error.opened}`",
        ),
    )
    return InputError(message, code=code, where=source.span(error.start, error.start + len(error.opened)), hint=hint)


def psql_command(source: Source, backslash: int) -> InputError:
    """The error for a backslash outside of literals and comments, which only psql knows what to do with."""
    match = _PSQL_COMMAND.match(source.text, backslash)
    command = match.group() if match else "\\"
    return InputError(
        f"`{command}` is a command of psql, not SQL",
        code="psql-command",
        where=source.span(backslash, backslash + len(command)),
        hint=_PSQL_HINTS.get(command, "remove it, or write it as SQL"),
    )


def refuse_what_no_client_can_run(statement: Statement) -> None:
    """Raise `InputError` for a statement after which the connection would hang or misread everything that follows.

    That is a `COPY` between server and client; a client encoding other than UTF-8, in which the server's answers could
    not be read any more; and `standard_conforming_strings = off`, which changes where literals end. Inside a body that
    is a string (`DO`, functions) nothing is seen; the server forbids such a `COPY` there.
    """
    if direction := copy_through_client(statement):
        raise _copy(statement, direction)
    for setting in settings(statement):
        if setting.name == "client_encoding" and not is_utf8(setting.value):
            raise InputError(
                "a migration cannot change `client_encoding`: files and answers are UTF-8",
                code="client-encoding",
                where=statement.span,
                hint="remove this statement, and save the file as UTF-8",
            )
        if setting.name == "standard_conforming_strings" and not is_on(setting.value):
            raise InputError(
                "`standard_conforming_strings` must stay on: without it literals in this file would end elsewhere",
                code="standard-conforming-strings",
                where=statement.span,
                hint="remove this statement, and write a literal that has backslash escapes as `E'...'`",
            )


def _copy(statement: Statement, direction: CopyDirection) -> InputError:
    if direction == "from":
        return InputError(
            "`COPY ... FROM STDIN` reads rows that only psql can send",
            code="copy-from-stdin",
            where=statement.span,
            hint="write the rows as `INSERT` statements, or load them as a seed file with `migrate seed`",
        )
    return InputError(
        "`COPY ... TO STDOUT` writes rows that only psql can receive",
        code="copy-to-stdout",
        where=statement.span,
        hint="remove this statement, or copy to a file of the server",
    )
