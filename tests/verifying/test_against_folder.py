"""`migrate verify --against DIR`: a committed folder as what the schema should be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from migrator import snapshot, up, verify
from migrator.config import Config
from migrator.errors import InputError
from migrator.events.verifying import VerifyResult
from migrator.schema import folder
from migrator.schema.objects import Schema
from migrator.verifying.snapshot import write

FILES: dict[str, str | bytes] = {
    "migrations/0001.users.sql": "create table users (id int primary key, email text)",
    "migrations/0002.view.sql": "create view emails as select email from users",
}


def told(result: VerifyResult) -> list[tuple[str, str | None, str | None]]:
    """What was found about the schema."""
    return [(each.code, each.kind, each.subject) for each in result.findings]


async def test_against_a_folder(project: Callable[..., Config], db: asyncpg.Connection, tmp_path: Path):
    """The folder alone counts, with a record or without: what differs is told, and what to do about it."""
    config, path = project(FILES), tmp_path / "schema"
    await up(config)
    await snapshot(config, path)
    await db.execute("truncate migrator.snapshot")
    same = await verify(config, against=path)
    assert (same.findings, same.untold, same.against) == ((), (), f"the snapshot in `{path}`")
    assert (same.compared["table"], same.compared["view"]) == (1, 1)
    await db.execute("alter table users add column name text; drop view emails; create table more (a int primary key)")
    found = await verify(config, against=path)
    assert told(found) == [
        ("V202", "column", "public.users.name"),
        ("V202", "table", "public.more"),
        ("V201", "view", "public.emails"),
    ]
    assert [each.message for each in found.findings] == [
        "column `name` of `public.users` should not be there",
        "table `public.more` should not be there, with 1 column, 1 constraint and 1 index",
        "view `public.emails` is missing: it should be there, with 1 column",
    ]
    assert found.findings[0].hint == (
        f"a migration that makes it so; or `migrate snapshot {path}`, where the schema is as it is meant to be"
    )


async def test_of_another_version(project: Callable[..., Config], db: asyncpg.Connection, tmp_path: Path):
    """Of a folder that another version of the server printed, a deparsed text alone is no drift, anything else is."""
    config, path = project(FILES), tmp_path / "schema"
    await up(config)
    await snapshot(config, path)
    held = folder.read(path)

    def changed(schema: Schema, key: tuple[str, str], old: str, new: str) -> Schema:
        assert old in schema.objects[key]
        return replace(schema, objects={**schema.objects, key: schema.objects[key].replace(old, new)})

    other = replace(held, server_version_num=140011)
    other = changed(other, ("view", "public.emails"), "SELECT", "select")
    write(path, changed(other, ("column", "public.users.email"), "text", "integer"))
    result = await verify(config, against=path)
    assert (told(result), result.platform) == ([("V203", "column", "public.users.email")], 1)


async def test_a_folder_that_says_nothing_here(project: Callable[..., Config], db: asyncpg.Connection, tmp_path: Path):
    """No folder is exit 2 before a connection; one of Supabase's, or of another version of ours, leaves it open: 3."""
    config, path = project(FILES), tmp_path / "schema"
    with pytest.raises(InputError, match="holds no snapshot"):
        await verify(replace(config, database=None), against=path)
    await up(config)
    await snapshot(config, path)
    write(path, replace(folder.read(path), supabase=True))
    result = await verify(config, against=path)
    assert ([error.code for error in result.untold], result.against, result.findings) == (["snapshot-scope"], None, ())
    head = path / "snapshot.txt"
    head.write_text(head.read_text(encoding="utf-8").replace("catalog: 1", "catalog: 99"), encoding="utf-8")
    result = await verify(config, against=path)
    assert [error.code for error in result.untold] == ["snapshot-version"]
