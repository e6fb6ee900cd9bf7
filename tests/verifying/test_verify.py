"""`migrate verify` from its questions to its answer: each family on a real database, and what it needs for a yes."""

from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

from migrator import accept, seed, status, up, verify
from migrator.config import Config
from migrator.errors import WorkError
from migrator.events.verifying import VerifyResult
from migrator.schema import reading

Project = Callable[..., Config]
Connection = asyncpg.Connection

FILES: dict[str, str | bytes] = {
    "migrations/0001.users.sql": "create table users (id int primary key, email text not null)",
    "migrations/0002.orders.sql": "create table orders (id int primary key, user_id int references users);"
    "create index on orders (user_id)",
    "migrations/0003.view.sql": "create view emails as select email from users",
}


async def test_well(project: Project, db: Connection):
    """After `up`, and with its record, nothing is found; the answer says how many objects of each class there are."""
    config = project(FILES)
    await up(config)
    result = await verify(config)
    assert (result.findings, result.untold, result.against) == ((), (), "the record of 0003.view")
    assert (result.compared["table"], result.compared["view"]) == (2, 1)
    assert result.database is not None
    assert (result.database.supabase, result.fail_on, result.failing) == (False, "error", ())
    assert [(each.what, each.why) for each in result.not_compared] == [
        (
            "checks of Supabase's API",
            "the roles `anon` and `authenticated` do not exist: this is not a Supabase database",
        )
    ]


async def test_every_state_of_the_ledger(project: Project, db: Connection):
    """Each state that is wrong to `status --check` is a finding at its file, with the same way out; `ahead` is none."""
    config = project({**FILES, "migrations/0005.later.sql": "select 5"}, out_of_order=True)
    await up(config)
    folder = config.root / "migrations"
    (folder / "0004.half.sql").write_text("-- transactional: false\nselect 1;\nselect 1/0;")
    with pytest.raises(WorkError):
        await up(config)
    (folder / "0000.late.sql").write_text("select 0")
    (folder / "0001.users.sql").write_text("create table users (id bigint primary key)")
    (folder / "0002.orders.sql").rename(folder / "0002.purchases.sql")
    (folder / "0003.view.sql").unlink()
    for id_ in ("0003x.theirs", "0007.newer"):
        await db.execute("insert into _yoyo_migration values ($1, $1, now())", id_)
    result = await verify(replace(config, out_of_order=False))
    told = [
        (each.name, each.subject, each.where and f"{each.where.path[-16:]}:{each.where.line}")
        for each in result.findings
    ]
    assert told == [
        ("late", "0000.late", "ns/0000.late.sql:1"),
        ("modified", "0001.users", "s/0001.users.sql:1"),
        ("renamed", "0002.orders", "02.purchases.sql:1"),
        ("file_missing", "0003.view", None),
        ("unknown", "0003x.theirs", None),
        ("partial", "0004.half", "ns/0004.half.sql:1"),
    ]
    status_says = {each.id: each.hint for each in (await status(replace(config, out_of_order=False))).migrations}
    hints = {str(each.subject): each.hint for each in result.findings}
    assert hints == {id_: status_says[id_] for id_ in hints}
    assert None not in hints.values()
    assert [error.code for error in result.untold] == ["record-outdated"]


async def test_the_record_has_to_be_of_this_state(project: Project, db: Connection):
    """Where the record says nothing about the schema of now, that is an answer that is missing, and never drift."""
    config = project(FILES)
    await up(config)
    codes = []

    async def verified() -> VerifyResult:
        result = await verify(config)
        codes.extend(error.code for error in result.untold)
        assert (result.findings, result.compared, result.against) == ((), {}, None)
        return result

    await db.execute("delete from migrator.snapshot")
    # no later run of `up` would make one
    assert (await verified()).untold[0].hint == (
        "`migrate accept` records the schema as it is now, after showing what that changes"
    )
    await accept(config)
    await db.execute("insert into _yoyo_migration values ('x', '0004.theirs', now())")
    result = await verified()
    assert result.untold[0].message == (
        "the record of the schema is of another state of the ledger: its newest migration was `0003.view`, now it is "
        "`0004.theirs`"
    )
    await db.execute("delete from _yoyo_migration where migration_hash = 'x'")
    await db.execute("update migrator.snapshot set supabase = true")
    await verified()
    await db.execute("update migrator.snapshot set catalog_version = 0")
    await verified()
    await db.execute("update migrator.snapshot set catalog_version = 1, supabase = false")
    assert (await verify(config)).against == "the record of 0003.view"
    await db.execute("alter table migrator.snapshot rename to elsewhere")
    await verified()
    assert codes == ["record-missing", "record-outdated", "record-scope", "record-version", "record-missing"]


async def test_what_was_changed_by_hand(project: Project, db: Connection):
    """An object that is missing, one that is extra and one that is changed are findings; all are counted."""
    config = project(FILES)
    await up(config)
    await db.execute(
        "drop view emails; create index by_hand on users (email); alter table orders alter user_id set not null"
    )
    result = await verify(config)
    found = [(each.code, each.kind, each.subject) for each in result.findings]
    assert found == [
        ("V203", "column", "public.orders.user_id"),
        ("V202", "index", "public.by_hand"),
        ("V201", "view", "public.emails"),
    ]
    assert result.compared["view"] == 1


async def test_a_locked_table_is_busy(project: Project, db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Where another session holds a table of a view, the schema is not told, and what the ledger says stays."""
    monkeypatch.setattr(reading, "PATIENCE", 0.1)
    config = project(FILES)
    await up(config)
    (config.root / "migrations/0004.new.sql").write_text("select 4")
    async with db.transaction():
        await db.execute("lock table users in access exclusive mode")
        result = await verify(config)
    assert [(each.code, each.subject, each.hint) for each in result.findings] == [
        ("V101", "0004.new", "`migrate up` applies it")
    ]
    assert [error.code for error in result.untold] == ["schema-busy"]
    assert [error.exit_code for error in result.untold] == [3]


async def test_seeds_when_asked(project: Project, db: Connection):
    """With `check_seeds` a row that differs is a finding at its place, and a seed of SQL is named as not compared."""
    files = {**FILES, "seeds/users.yaml": "users:\n  - {id: 1, email: a@b.c}\n  - {id: 2, email: d@e.f}\n"}
    config = project({**files, "seeds/z.sql": "select 1"})
    await up(config)
    await seed(config)
    assert (await verify(config, check_seeds=True)).findings == ()
    await db.execute("update users set email = 'x' where id = 1; delete from users where id = 2")
    assert (await verify(config)).findings == ()
    result = await verify(config, check_seeds=True)
    place = config.root / "seeds/users.yaml"
    assert [(each.code, each.message, each.where and each.where.line) for each in result.findings] == [
        ("V401", f"`users` differs in `email` from the row of `{place}`, line 2", 2),
        ("V401", f"`users` does not have the row of `{place}`, line 3", 3),
    ]
    assert [each.what for each in result.not_compared if each.what.startswith("seed")] == [
        f"seed `{config.root / 'seeds/z.sql'}`"
    ]
    assert len({each.fingerprint for each in result.findings}) == 2
