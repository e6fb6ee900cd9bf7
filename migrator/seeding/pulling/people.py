"""Supabase's `auth.users`, which seeds fill in a form of its own: the rows of the table in the words of that form.

Hashes of passwords are left out: a seed file is kept in a repository, and people in a database are real ones.
"""

from migrator.seeding.books.tables import TableInfo
from migrator.seeding.preparing.auth.persons import COLUMNS, is_auth_users
from migrator.sql.names import quote

_HASH = COLUMNS["password"]
_CONFIRMED = COLUMNS["confirmed"]


def words(table: TableInfo) -> dict[str, str]:
    """What a file calls the columns of a table that have another name there; of `auth.users`, all that it shows."""
    if not is_auth_users(table):
        return {}
    return {column: word for word, column in COLUMNS.items() if column != _HASH}


def expressions(table: TableInfo) -> dict[str, str]:
    """What is shown instead of a column's own value, as SQL about `t`."""
    if not is_auth_users(table):
        return {}
    moments = [name for name in (_CONFIRMED, "phone_confirmed_at") if name in table.columns]
    return {_CONFIRMED: f"coalesce({', '.join(f't.{quote(name)}' for name in moments)}) is not null"}
