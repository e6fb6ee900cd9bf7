"""The form that seeds have for Supabase's `auth.users`, as JSON Schema: its columns, which are not the table's own."""

from migrator.seeding.books.tables import TableInfo
from migrator.seeding.describing.values import NULL, Schema, operator, scalar, value
from migrator.seeding.preparing.auth.persons import COLUMNS, is_auth_users

_SAID = {
    "id": "the user's id; made of the address or the number without it",
    "email": "what the person logs in with, or `phone`",
    "phone": "a telephone number with its country's code",
    "password": "stored as a bcrypt hash",
    "password_hash": "instead of `password`: a hash as the login reads it",
    "user_metadata": "what is known of the person",
    "app_metadata": "what the application decides; the providers are put into it",
    "confirmed": "whether address and number are the person's own; true without it",
    "role": "of the person's tokens; `authenticated` without it",
}


def person(table: TableInfo) -> dict[str, Schema]:
    """The cells of a person's row; nothing for a table that is not Supabase's."""
    if not is_auth_users(table):
        return {}
    cells: dict[str, Schema] = {}
    for name, said in _SAID.items():
        kind = table.columns[COLUMNS[name]].type
        if name == "confirmed":
            values: list[Schema] = [{"type": "boolean"}]
        else:
            values = value(kind) if kind.kind == "json" else [scalar(kind)]
            values += [operator(word) for word in ("$var", "$file")]
            values += [operator("$id")] if name == "id" else [operator("$json")] if kind.kind == "json" else []
        cells[name] = {"description": said, "anyOf": [*values, NULL]}
    return cells
