"""What the Supabase CLI does to a database, done by hand: its table, its rows, its transaction.

The facts are those of https://github.com/supabase/cli, `pkg/migration/history.go` and `file.go`.
"""

from collections.abc import Callable

import asyncpg
import pytest

from migrator.config import Config

Connection = asyncpg.Connection
Cli = Callable[..., object]
Files = Callable[..., Config]


@pytest.fixture
def files(project, tmp_path) -> Files:
    """A project with a Supabase folder: `files({"1_a": "select 1"})`; a name with a `/` is a path of its own."""

    def make(contents: dict[str, str | bytes] | None = None, **options: object) -> Config:
        paths = {
            (name if "/" in name else f"supabase/migrations/{name}.sql"): content
            for name, content in (contents or {}).items()
        }
        return project(paths, **{"migrations": (tmp_path / "supabase/migrations",), **options})

    return make


@pytest.fixture
def cli(db: Connection) -> Cli:
    """Applies one migration as the CLI does: a version, a name, its statements."""

    async def apply(version: str, name: str | None, statements: list[str] | None) -> None:
        for sql in (
            "create schema if not exists supabase_migrations",
            "create table if not exists supabase_migrations.schema_migrations (version text not null primary key)",
            "alter table supabase_migrations.schema_migrations add column if not exists statements text[]",
            "alter table supabase_migrations.schema_migrations add column if not exists name text",
        ):
            await db.execute(sql)
        async with db.transaction():
            for statement in statements or []:
                await db.execute(statement)
            await db.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)",
                version,
                name,
                statements,
            )

    return apply


@pytest.fixture
async def api_roles(db: Connection):
    """The roles behind the keys that browsers hold, and the rights that Supabase gives them on whatever is new."""
    names = ("anon", "authenticated")
    for name in names:
        await db.execute(f"create role {name} login password '{name}'")
    await db.execute("alter default privileges grant all on tables to anon, authenticated")
    await db.execute("alter default privileges grant usage on schemas to anon, authenticated")
    yield names
    for name in names:
        await db.execute(f"drop owned by {name} cascade; drop role {name}")
