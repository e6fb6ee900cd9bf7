"""What seeding tests share: tables to seed, files to write, and one call that seeds them."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from migrator.config import Config
from migrator.events.seeding import Counts, SeedOutcome
from migrator.seeding import seed
from migrator.seeding.pull import pull

Connection = asyncpg.Connection
Seed = Callable[..., Awaitable[dict[str, SeedOutcome]]]


@pytest.fixture
def run(project: Callable[..., Config]) -> Seed:
    """Write `{name: text}` into the folder of seeds and seed them; gives the outcomes by the file's name."""

    async def go(files: dict[str, str | bytes] | None = None, *, force: bool = False, **options: object):
        config = project({f"seeds/{name}": text for name, text in (files or {}).items()}, **options)
        result = await seed(config, force=force)
        return {outcome.path.rpartition("/seeds/")[2]: outcome for outcome in result.files}

    return go


@pytest.fixture
async def users(db: Connection) -> Connection:
    """The `users` table of the seed article."""
    await db.execute(
        "create table users (user_id int primary key, first_name text not null, last_name text, email text unique)"
    )
    return db


Pull = Callable[..., Awaitable[str]]


@pytest.fixture
def pulled(project: Callable[..., Config]) -> Pull:
    """The text that pulling tables gives."""

    async def go(*names: str, where: str | None = None, **options: object) -> str:
        parts: list[str] = []
        await pull(project({}, **options), names, where=where, write=parts.append)
        return "".join(parts)

    return go


@pytest.fixture
def returns(db: Connection, pulled: Pull, run: Seed) -> Callable[..., Awaitable[str]]:
    """Pull tables, empty them, seed what was pulled, and seed it again: the rows are the same, and then unchanged.

    `drawn` are columns whose values the database may draw anew. Gives the text.
    """

    async def go(*names: str, drawn: tuple[str, ...] = (), where: str | None = None) -> str:
        text = await pulled(*names, where=where)
        columns: dict[str, str] = {}
        for number, name in enumerate(names):
            found = await db.fetch(
                "select quote_ident(attname) as name from pg_attribute where attrelid = $1::text::regclass "
                "and attnum > 0 and not attisdropped and attname <> all ($2::text[]) order by attnum",
                name,
                drawn,
            )
            columns[name] = ", ".join(row["name"] for row in found)
            await db.execute(f"drop table if exists before_{number}")
            await db.execute(f"create temporary table before_{number} as select {columns[name]} from {name}")
        await db.execute(f"truncate {', '.join(names)} restart identity cascade")
        (loaded,) = (await run({"pulled.yaml": text}, force=True)).values()
        for number, name in enumerate(names):
            mine, theirs = (f"(select {columns[name]} from {table}) _" for table in (name, f"before_{number}"))
            missing = await db.fetchval(
                f"select count(*) from {theirs} where not exists (select from {mine.replace(' _', ' o')} "
                "where record_image_eq(o, _))"
            )
            rows = await db.fetchval(f"select count(*) from before_{number}")
            assert (name, missing, loaded.tables.get(name, Counts()).inserted) == (name, 0, rows), text
            await db.execute(f"drop table before_{number}")
        (again,) = (await run(force=True)).values()
        for name, counts in again.tables.items():
            assert (name, counts.inserted, counts.updated, counts.deleted) == (name, 0, 0, 0), text
        assert await pulled(*names, where=where) == text
        return text

    return go
