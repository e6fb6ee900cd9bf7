"""Every kind of file that yoyo knows, in turns: Python, post-apply, several folders, and names of every sort."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator import migrating
from migrator import project as whole
from migrator.config import Config
from migrator.errors import InputError, StateError

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Make = Callable[..., Config]
Yoyo = Callable[..., subprocess.Popen[str]]


def said(process: subprocess.Popen[str]) -> str:
    """What a `yoyo` command printed; it must have succeeded."""
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    return out


async def states(config: Config) -> dict[str, str]:
    """Our own status, by id."""
    return {migration.id: migration.state for migration in (await whole.status(config)).migrations}


async def applied(db: Connection) -> list[str]:
    """What is in the ledger, in the order in which it came there."""
    return [row[0] for row in await db.fetch("select migration_id from _yoyo_migration order by applied_at_utc")]


PYTHON = 'from yoyo import step\n\n__depends__ = {"0001.a"}\nsteps = [step("create table b ()", "drop table b")]\n'


async def test_python_migrations_belong_to_yoyo(project: Make, yoyo: Yoyo, db: Connection) -> None:
    """A pending `.py` file is refused with the way out, and so is rolling one back. Applied by `yoyo`, it is known by
    its id, stands in its place and is adopted by nobody; ours behind it are applied.
    """  # noqa: D205 - one sentence
    files = {
        "migrations/0001.a.sql": "create table a ();",
        "migrations/0002.b.py": PYTHON,
        "migrations/0003.c.sql": "-- depends: 0002.b\ncreate table c ();",
    }
    config = project(files)
    with pytest.raises(InputError) as caught:
        await migrating.up(config)
    assert (caught.value.code, caught.value.migration) == ("python-migration", "0002.b")
    assert [done.id for done in (await migrating.up(config, to="0001")).done] == ["0001.a"]
    assert (await whole.status(config)).migrations[1].note == "only `yoyo` can run it"
    said(yoyo("apply", "--revision", "0002.b"))
    assert await states(config) == {"0001.a": "applied", "0002.b": "applied", "0003.c": "pending"}
    assert [done.id for done in (await migrating.up(config)).done] == ["0003.c"]
    assert await db.fetchval("select count(*) from migrator.journal where migration_id = '0002.b'") == 0
    await migrating.mark(config, ("0003.c",), state="pending")
    with pytest.raises(InputError) as caught:
        await migrating.down(config)
    assert (caught.value.code, caught.value.hint) == (
        "python-migration",
        "roll it back with `yoyo rollback --revision 0002.b`",
    )
    said(yoyo("rollback", "--revision", "0002.b"))
    assert await states(config) == {"0001.a": "applied", "0002.b": "pending", "0003.c": "pending"}


async def test_a_late_python_migration_keeps_its_ending(
    project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rename that is printed for a late `.py` file is one of a `.py` file."""
    monkeypatch.chdir(tmp_path)
    await migrating.up(project({"migrations/0001.a.sql": "", "migrations/0003.c.sql": ""}))
    with pytest.raises(StateError) as caught:
        await migrating.up(project({"migrations/0002.b.py": PYTHON}))
    assert "`mv migrations/0002.b.py migrations/0004.b.py`" in str(caught.value.hint)


async def test_post_apply_files_run_for_both(project: Make, yoyo: Yoyo, db: Connection) -> None:
    """Both tools run post-apply files after what they apply, in the order of their names, and neither where it applies
    nothing; neither enters them into the ledger, and both log them.
    """  # noqa: D205 - one sentence
    files = {
        "migrations/0001.a.sql": "create table ran (n serial, what text);",
        "migrations/post-apply.sql": "insert into ran (what) values ('post-apply');",
        "migrations/post-apply-b.sql": "insert into ran (what) values ('post-apply-b');",
    }
    config = project(files)
    both = ["post-apply-b", "post-apply"]

    async def ran() -> list[str]:
        return [row[0] for row in await db.fetch("select what from ran order by n")]

    said(yoyo("apply"))
    assert await ran() == both
    assert (await migrating.up(config)).done == ()
    assert await ran() == both
    project({"migrations/0002.b.sql": "insert into ran (what) values ('0002.b');"})
    assert [done.id for done in (await migrating.up(config)).done] == ["0002.b", *both]
    said(yoyo("apply"))
    assert await ran() == [*both, "0002.b", *both]
    assert await applied(db) == ["0001.a", "0002.b"]
    logged = await db.fetch("select operation, migration_id from _yoyo_log order by created_at_utc")
    assert [tuple(row) for row in logged] == [
        ("apply", "0001.a"),
        *(("apply", id_) for id_ in both),
        ("apply", "0002.b"),
        *(("apply", id_) for id_ in both),
    ]


SHOP, CORE = ("shop of ours", "core")
SOURCES = {
    f"{SHOP}/0001.orders.sql": "-- depends: 0002.users\ncreate table orders (id int);",
    f"{SHOP}/0002.lines.sql": "create table lines (id int);",
    f"{CORE}/0001.people.sql": "create table people (id int);",
    f"{CORE}/0002.users.sql": "create table users (id int);",
}


@pytest.mark.parametrize("first", ["yoyo", "ours"])
async def test_several_folders(project: Make, tmp_path: Path, yoyo: Yoyo, db: Connection, first: str) -> None:
    """Folders with dependencies across them have one order for both tools, and what one has applied the other knows; a
    new file of any folder is no late one.
    """  # noqa: D205 - one sentence
    folders = (tmp_path / SHOP, tmp_path / CORE)
    config = project(SOURCES, migrations=folders)
    if first == "yoyo":
        said(yoyo("apply", folders=(SHOP, CORE)))
    else:
        await migrating.up(config)
    assert await applied(db) == ["0002.lines", "0001.people", "0002.users", "0001.orders"]
    assert set((await states(config)).values()) == {"applied"}
    listed = said(yoyo("list", folders=(SHOP, CORE)))
    assert [line.split()[:2] for line in listed.splitlines()[2:]] == [
        ["A", "0002.lines"],
        ["A", "0001.people"],
        ["A", "0002.users"],
        ["A", "0001.orders"],
    ]
    project({f"{SHOP}/0003.returns.sql": "", f"{CORE}/0003.pets.sql": "-- depends: 0003.returns\n"})
    assert [done.id for done in (await migrating.up(config)).done] == ["0003.returns", "0003.pets"]
    await db.execute("create table before as select * from _yoyo_log")
    said(yoyo("apply", folders=(SHOP, CORE)))
    assert await db.fetchval("select count(*) from (table _yoyo_log except table before) new") == 0


NAMES = (
    "123_größe",
    "1234567890_日本語",
    "20240101120000_with a space",
    "12345678901234567890_twenty digits",
)


@pytest.mark.parametrize("first", ["yoyo", "ours"])
async def test_names_of_every_sort(project: Make, tmp_path: Path, yoyo: Yoyo, db: Connection, first: str) -> None:
    """Three to twenty digits, spaces and letters of every script, also in identifiers and in the folder's name: one id
    and one hash for both tools, in the same order.
    """  # noqa: D205 - one sentence
    folder = "Ordner für alles"
    files = {f"{folder}/{name}.sql": f'create table "tab {name}" ("Spalte ß" int);' for name in NAMES}
    config = project(files, migrations=(tmp_path / folder,))
    if first == "yoyo":
        said(yoyo("apply", folders=(folder,)))
    else:
        await migrating.up(config)
    assert await states(config) == dict.fromkeys(NAMES, "applied")
    assert re.findall(r"^([AU])\s", said(yoyo("list", folders=(folder,))), re.MULTILINE) == ["A"] * 4
    said(yoyo("apply", folders=(folder,)))
    assert (await migrating.up(config)).done == ()
    assert await db.fetchval("select count(*) from pg_class where relname like 'tab %'") == 4


VERSIONS = {
    "migrations/V1_10_0__c.sql": "create table c ();",
    "migrations/V1_2_0__a.sql": "create table a ();",
    "migrations/V1_5_2__b.sql": "create table b ();",
}


async def test_versions_without_leading_zeros(project: Make, yoyo: Yoyo, db: Connection) -> None:
    """`V1_10_0` comes after `V1_5_2` for us and before `V1_2_0` for yoyo, which compares characters. Where yoyo came
    first all is applied, and no order is wrong; where it came half-way, what it left out is late, and told.
    """  # noqa: D205 - one sentence
    config = project(VERSIONS)
    ours = ["V1_2_0__a", "V1_5_2__b", "V1_10_0__c"]
    await migrating.up(config)
    assert await applied(db) == ours
    await migrating.mark(config, ("V1_2_0__a",), state="pending", until=True)
    assert await applied(db) == []
    await db.execute("drop table a, b, c")
    said(yoyo("apply", "--revision", "V1_10_0__c"))
    assert await states(config) == {"V1_2_0__a": "late", "V1_5_2__b": "late", "V1_10_0__c": "applied"}
    said(yoyo("apply"))
    assert await applied(db) == ["V1_10_0__c", "V1_2_0__a", "V1_5_2__b"]
    assert await states(config) == dict.fromkeys(ours, "applied")


async def test_depends_makes_one_order_of_versions(project: Make, yoyo: Yoyo, db: Connection) -> None:
    """With `-- depends:`, which `new` writes, both tools have one order whatever the names are."""
    chained = {
        **VERSIONS,
        "migrations/V1_5_2__b.sql": "-- depends: V1_2_0__a\ncreate table b ();",
        "migrations/V1_10_0__c.sql": "-- depends: V1_5_2__b\ncreate table c ();",
    }
    config = project(chained)
    said(yoyo("apply"))
    theirs = await applied(db)
    await migrating.mark(config, ("V1_2_0__a",), state="pending", until=True)
    await db.execute("drop table a, b, c")
    await migrating.up(config)
    assert await applied(db) == theirs == ["V1_2_0__a", "V1_5_2__b", "V1_10_0__c"]
