"""`yoyo` and `migrate` take turns on one database: each reads what the other has done, and nothing runs twice."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator import migrating
from migrator import project as whole
from migrator.config import Config

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Make = Callable[..., Config]
Yoyo = Callable[..., subprocess.Popen[str]]

BOTH = ["0001.create-users", "0002.add-name"]


@pytest.fixture
def config(project: Make, migrations: Path) -> Config:
    """The test's folder and database, as our own commands see them."""
    return project({}, migrations=(migrations,))


def said(process: subprocess.Popen[str]) -> str:
    """What a `yoyo` command printed; it must have succeeded."""
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    return out


def listed(yoyo: Yoyo) -> dict[str, str]:
    """The answer of `yoyo list`: A for applied or U for unapplied, by id."""
    return {id_: state for state, id_ in re.findall(r"^([AU])\s+(\S+)", said(yoyo("list")), re.MULTILINE)}


async def states(config: Config) -> dict[str, str]:
    """Our own status, by id."""
    return {migration.id: migration.state for migration in (await whole.status(config)).migrations}


async def columns(db: Connection) -> list[str]:
    """The columns of `users`: the migrations' effect."""
    query = "select attname from pg_attribute where attrelid = to_regclass('users') and attnum > 0 and not attisdropped"
    return [row[0] for row in await db.fetch(query)]


async def test_what_yoyo_applied_is_applied_for_us(config: Config, yoyo: Yoyo, db: Connection) -> None:
    """After `yoyo apply` the status says applied, and `up` has nothing to do and writes nothing."""
    said(yoyo("apply"))
    assert await states(config) == dict.fromkeys(BOTH, "applied")
    before = await db.fetch("select schemaname, relname from pg_stat_user_tables order by 1, 2")
    result = await migrating.up(config)
    assert (result.done, result.pending) == ((), ())
    assert await db.fetch("select schemaname, relname from pg_stat_user_tables order by 1, 2") == before


async def test_what_we_applied_is_applied_for_yoyo(config: Config, yoyo: Yoyo, db: Connection) -> None:
    """After `up`, `yoyo list` says A for both, and `yoyo apply` applies nothing."""
    result = await migrating.up(config)
    assert [done.id for done in result.done] == BOTH
    assert listed(yoyo) == dict.fromkeys(BOTH, "A")
    before = await db.fetch("select * from _yoyo_log order by created_at_utc")
    said(yoyo("apply"))
    assert await db.fetch("select * from _yoyo_log order by created_at_utc") == before
    assert await columns(db) == ["id", "name"]


async def test_yoyo_rolls_back_what_we_applied(config: Config, yoyo: Yoyo, db: Connection) -> None:
    """`yoyo rollback` undoes our migrations; our status then says pending, and `up` applies them anew."""
    await migrating.up(config)
    said(yoyo("rollback", "--revision", "0002.add-name"))
    assert await states(config) == {"0001.create-users": "applied", "0002.add-name": "pending"}
    assert await columns(db) == ["id"]
    assert [done.id for done in (await migrating.up(config)).done] == ["0002.add-name"]
    assert await columns(db) == ["id", "name"]


async def test_we_roll_back_what_yoyo_applied(config: Config, yoyo: Yoyo, db: Connection) -> None:
    """`down` undoes yoyo's migrations; `yoyo list` then says U, and `yoyo apply` applies them anew."""
    said(yoyo("apply"))
    result = await migrating.down(config, everything=True)
    assert [(done.id, done.direction) for done in result.done] == [(id_, "down") for id_ in reversed(BOTH)]
    assert listed(yoyo) == dict.fromkeys(BOTH, "U")
    assert await columns(db) == []
    said(yoyo("apply"))
    assert await columns(db) == ["id", "name"]
    assert await states(config) == dict.fromkeys(BOTH, "applied")


async def test_turns_on_one_folder(config: Config, yoyo: Yoyo, migrations: Path) -> None:
    """The first by yoyo, the next by us, the third by yoyo again: each tool applies only what is new."""
    later = migrations / "0002.add-name.sql"
    text = later.read_text(encoding="utf-8")
    later.unlink()
    said(yoyo("apply"))
    later.write_text(text, encoding="utf-8")
    assert [done.id for done in (await migrating.up(config)).done] == ["0002.add-name"]
    (migrations / "0003.add-city.sql").write_text("-- depends: 0002.add-name\nalter table users add column city text;")
    said(yoyo("apply"))
    assert await states(config) == dict.fromkeys([*BOTH, "0003.add-city"], "applied")


async def test_an_edit_between_yoyos_rollback_and_apply_is_no_modification(
    config: Config, yoyo: Yoyo, migrations: Path
) -> None:
    """Rolled back, edited and applied again by yoyo, a file of ours is not `modified`: our knowledge of it is stale."""
    await migrating.up(config)
    said(yoyo("rollback", "--revision", "0002.add-name"))
    (migrations / "0002.add-name.sql").write_text(
        "-- depends: 0001.create-users\nalter table users add column name int;"
    )
    said(yoyo("apply"))
    assert await states(config) == dict.fromkeys(BOTH, "applied")


async def test_marks_are_seen_both_ways(config: Config, yoyo: Yoyo, db: Connection) -> None:
    """What we mark as applied yoyo does not apply; what yoyo unmarks is pending for us."""
    await migrating.mark(config, ("0001.create-users",), state="applied")
    assert listed(yoyo) == {"0001.create-users": "A", "0002.add-name": "U"}
    assert await columns(db) == []
    said(yoyo("unmark", "--revision", "0001.create-users"))
    assert await states(config) == dict.fromkeys(BOTH, "pending")
