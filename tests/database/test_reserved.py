"""What is said of a statement that Supabase forbids in its own schemas, and that others keep their own way out."""

from pathlib import Path

import pytest

from migrator.database.supabase.reserved import RESERVED, refused_there, rows_refused_there
from migrator.errors import ServerReport

DOCS = Path(__file__).parents[2] / "docs"


def denied(message: str) -> ServerReport:
    return ServerReport(sqlstate="42501", message=message)


@pytest.mark.parametrize(
    ("message", "statement", "schema"),
    [
        ("permission denied for schema auth", "create table auth.mine (id int)", "auth"),
        ("must be owner of table users", "alter table auth.users add mine text", "auth"),
        ("must be owner of table objects", 'alter table "storage"."objects" enable row level security', "storage"),
        ("must be owner of relation messages", "drop table Realtime . messages", "realtime"),
        ("must be owner of schema auth", "drop schema auth cascade", "auth"),
        ("permission denied for table schema_migrations", "delete from auth.schema_migrations", "auth"),
        ("must be owner of table notes", "create policy p on notes using (auth.uid() = owner)", None),
        ("must be owner of table users", "alter table public.users add auth text", None),
        ("permission denied for schema billing", "create table billing.t (id int)", None),
        ("permission denied to create role", "create role auth", None),
    ],
)
def test_which_schema_is_meant(message: str, statement: str, schema: str | None):
    """The server names the schema, or a table that the statement names with it; calling `auth.uid()` is none."""
    told = refused_there(denied(message), statement)
    assert (told.split("`")[1] if told else None) == schema


def test_rows_of_the_platform():
    """A row that is refused in such a schema is told likewise; one in another schema is not."""
    report = denied("permission denied for table schema_migrations")
    found = rows_refused_there(report, "auth"), rows_refused_there(report, "public"), rows_refused_there(report, None)
    assert [text is not None for text in found] == [True, False, False]


def test_the_tables_stand_in_the_documentation():
    """A page lists the tables that the hint names."""
    page = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("supabase*.md"))
    rows = [f"| `{schema}` | {', '.join(f'`{table}`' for table in tables)} |" for schema, tables in RESERVED.items()]
    assert [row for row in rows if row not in page] == []
