"""The mark that protects a database: a row of our table `setting`, honoured by every job that can lose data.

It is in the database and not in a file, so that it holds for whoever comes, from whatever folder.
"""

from migrator.database.sessions.session import Session
from migrator.errors import ProtectedError, ServerError, UnavailableError
from migrator.sql.names import literal, quote

PROTECTED_MEANWHILE = "MGP01"
"""The SQLSTATE that ends a transaction whose database was marked after the job had looked."""

_ABSENT = {"42P01", "3F000"}


def is_protected(schema: str) -> str:
    """An SQL expression: whether the mark is there. Our `schema` must exist."""
    return f"exists (select from {quote(schema, 'setting')} where name = 'protected')"


def marking(schema: str, *, on: bool) -> str:
    """SQL that sets the mark or takes it away; does nothing where that is so already."""
    setting = quote(schema, "setting")
    if on:
        return f"insert into {setting} (name, value) values ('protected', 'true') on conflict (name) do nothing"
    return f"delete from {setting} where name = 'protected'"


def stop_if_protected(schema: str) -> str:
    """A statement that fails with `PROTECTED_MEANWHILE` where the mark is there; for a job's own transaction."""
    refusal = f"raise exception 'protected meanwhile' using errcode = '{PROTECTED_MEANWHILE}'"
    return f"do {literal(f'begin if {is_protected(schema)} then {refusal}; end if; end')}"


def refuse(session: Session, database: str, command: str, *, protected: bool, confirmed: str | None) -> None:
    """Raise `ProtectedError` where `database` is protected and `confirmed` is not its name."""
    if protected and confirmed != database:
        raise ProtectedError(command, database=database, address=str(session.target), confirmed=confirmed)


async def look(session: Session, schema: str) -> tuple[str, bool]:
    """The database's name, and whether it is protected. One round trip; no transaction may be open.

    Raises `UnavailableError` for a role that may not know: it must not go on as if nothing were protected.
    """
    query = f"select jsonb_build_array(current_database(), {is_protected(schema)})"
    try:
        ((database, protected),) = await session.read(query)
    except ServerError as error:
        if error.report.sqlstate in _ABSENT:
            return "", False
        if error.report.sqlstate != "42501":
            raise
        raise UnavailableError(
            f"this role may not read `{schema}.setting`, which tells whether the database is protected",
            code="missing-rights",
            sqlstate="42501",
            outcome="nothing was changed",
            hint="its owner must grant `usage` on its schema and `select` on it",
        ) from error
    return str(database), bool(protected)


async def admit(session: Session, schema: str, command: str, *, confirmed: str | None) -> None:
    """Raise `ProtectedError` where the database is protected and `confirmed` is not its name; see `look`."""
    database, protected = await look(session, schema)
    refuse(session, database, command, protected=protected, confirmed=confirmed)
