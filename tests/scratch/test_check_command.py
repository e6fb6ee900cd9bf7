"""`migrate check`: what files do from nothing, told as findings at the places that are to blame."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator import check
from migrator.config import Address, Config
from migrator.database.scratch import scratch
from migrator.errors import InputError
from migrator.events import Checking, Event, ignore
from migrator.events.verifying import VerifyResult
from migrator.migrating.planning.standing import read_all
from migrator.verifying.replaying.rehearsal import Rehearsal

Connection = asyncpg.Connection
Make = Callable[..., Config]
Left = Callable[[], list[str]]

USERS = {
    "migrations/0001.users.sql": "create table users (user_id int primary key, email text not null);\n",
    "migrations/0001.users.rollback.sql": "drop table users;\n",
    "seeds/users.yaml": "users:\n  - {user_id: 1, email: ada@example.com}\n",
}


def told(result: VerifyResult) -> list[tuple[str, str, str | None]]:
    """What `check` itself has found; the checks of the schema have tests of their own."""
    return [
        (each.code, each.message, None if each.where is None else str(each.where))
        for each in result.findings
        if each.code.startswith("V5")
    ]


def left_out(result: VerifyResult) -> list[tuple[str, str]]:
    return [(each.what, each.why) for each in result.not_compared if each.what != "checks that are about Supabase"]


async def test_a_project_that_works(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is applied, rolled back, applied again and loaded twice; the answer counts what there is."""
    monkeypatch.chdir(tmp_path)
    heard: list[Event] = []
    result = await check(unconnected(USERS), emit=heard.append)
    steps = [type(event).__name__ for event in heard if type(event).__name__ in {"Applied", "FileLoaded"}]
    parts = [event.part for event in heard if isinstance(event, Checking)]
    assert (told(result), left_out(result), result.failing) == ([], [], ())
    assert (dict(result.compared)["table"], dict(result.compared)["column"]) == (1, 2)
    assert (steps, parts) == (
        ["Applied", "Applied", "Applied", "FileLoaded", "FileLoaded"],
        ["migrations", "security", "rollbacks", "seeds"],
    )


async def test_rollbacks_that_do_too_little_or_too_much(
    unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What each rollback leaves, loses or changes is told once, at its own file, with a diff."""
    monkeypatch.chdir(tmp_path)
    more = {
        "migrations/0002.more.sql": "alter table users add note text;\ncreate index by_note on users (email);\n",
        "migrations/0002.more.rollback.sql": "-- the index is forgotten\nalter table users drop note;\n",
        "migrations/0003.other.sql": "create table other (id int);\n",
        "migrations/0003.other.rollback.sql": "drop table other;\nalter table users alter email drop not null;\n",
    }
    result = await check(unconnected({**USERS, **more}))
    assert told(result) == [
        (
            "V501",
            "the rollback of `0003.other` leaves the column `email` of `public.users` changed",
            "migrations/0003.other.rollback.sql:1:1",
        ),
        (
            "V501",
            "the rollback of `0002.more` leaves the index `public.by_note` on `public.users` behind",
            "migrations/0002.more.rollback.sql:2:1",
        ),
    ]
    first, second = (str(each.diff).splitlines() for each in result.findings if each.code == "V501")
    assert [line[0] for line in first if "not null" in line] == ["-"]
    assert [line for line in second if "CREATE INDEX" in line] == [
        "+  definition: CREATE INDEX by_note ON public.users USING btree (email)"
    ]
    assert left_out(result) == []  # the last rollback takes the table with all that was left of it


async def test_no_step_keeps_a_record(unconnected: Make, db: Connection):
    """Also where every migration has a rollback: to read the schema twice more in each is most of the time."""
    more = {"migrations/0002.more.sql": "create table a (b int primary key);\n"}
    config = unconnected({**USERS, **more})
    migrations = read_all(config)
    async with scratch(config, supabase=False, emit=ignore) as place:
        rehearsal = Rehearsal(place, migrations, ignore)
        for migration in migrations:
            await rehearsal.step_up(migration)
            assert await db.fetchval("select count(*) from migrator.snapshot") == 0


async def test_a_rollback_that_fails(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is told as `down` tells it; the migration is still applied, so that the seeds are loaded nevertheless."""
    monkeypatch.chdir(tmp_path)
    files = {
        **USERS,
        "migrations/0001.users.rollback.sql": "drop table\n  userz;\n",
        "seeds/users.yaml": "users: [{a: 1}]",
    }
    result = await check(unconnected(files))
    ((rollback, seed),) = [result.findings]
    assert told(result) == [
        (
            "V501",
            "the rollback of `0001.users` failed at statement 1 of 1",
            "migrations/0001.users.rollback.sql:1:1",
        ),
        ("V504", "`users` has no column `a`", "seeds/users.yaml:1:10"),
    ]
    assert (rollback.detail, rollback.hint, seed.name) == (
        'table "userz" does not exist (42P01)',
        "correct the file and run `migrate check` again",
        "seed_fails",
    )


async def test_a_migration_that_fails(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is a finding at its place, and what could not be asked because of it is said."""
    monkeypatch.chdir(tmp_path)
    broken = "create table orders (\n  id int,\n  user_id int refernces users\n);\n"
    result = await check(unconnected({**USERS, "migrations/0002.orders.sql": broken}))
    assert told(result) == [
        ("V503", "`0002.orders` failed at statement 1 of 1", "migrations/0002.orders.sql:3:15"),
    ]
    assert (result.findings[0].detail, left_out(result)) == (
        'syntax error at or near "refernces" (42601)',
        [
            ("rollbacks", "`0002.orders` has no rollback, so nothing is rolled back from there on"),
            ("the security checks", "a migration fails"),
            ("seeds", "a migration fails"),
        ],
    )


async def test_seeds_that_change_something_again(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of several scripts the one without a conflict clause is named, by what its tables hold afterwards."""
    monkeypatch.chdir(tmp_path)
    files = {
        "migrations/0001.all.sql": """
            create table log (line text);
            create table calm (id int primary key);
        """,
        "seeds/a.sql": "insert into calm values (1) on conflict do nothing;\n",
        "seeds/b.sql": "insert into log values ('again');\n",
    }
    scripts = await check(unconnected(files))
    assert told(scripts) == [
        ("V502", "loaded a second time, `seeds/b.sql` changes rows of `public.log`", "seeds/b.sql:1:1")
    ]


async def test_rows_that_a_trigger_rewrites(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A row that is not what its file says after it was loaded is written again each time: that is told."""
    monkeypatch.chdir(tmp_path)
    trigger = """create function lower_it() returns trigger language plpgsql as
        $$begin new.email := lower(new.email); return new; end$$;
        create trigger lower_it before insert or update on users for each row execute function lower_it();"""
    files = {
        "migrations/0001.users.sql": f"{USERS['migrations/0001.users.sql']}{trigger}",
        "seeds/users.yaml": "# people\nusers:\n  - {user_id: 1, email: Ada@example.com}\n",
    }
    result = await check(unconnected(files))
    assert told(result) == [
        ("V502", "loaded a second time, `seeds/users.yaml` updates 1 row of `users`", "seeds/users.yaml:2:1")
    ]


async def test_a_script_that_cannot_run_twice(unconnected: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Failing the second time is as bad as changing something."""
    monkeypatch.chdir(tmp_path)
    files = {**USERS, "seeds/users.yaml": "", "seeds/more.sql": "insert into users values (2, 'grace');\n"}
    result = await check(unconnected(files))
    assert [(each.code, each.detail, str(each.where)) for each in result.findings] == [
        (
            "V502",
            'duplicate key value violates unique constraint "users_pkey" (23505)\nKey (user_id)=(2) already exists.',
            "seeds/more.sql:1:1",
        )
    ]


async def test_everything_that_cannot_be_read_is_told_at_once(project: Make, tmp_path: Path, left: Left):
    """Migrations and seeds alike, before any server is started."""
    files = {
        "migrations/0001.a.sql": "select 'open;\n",
        "migrations/0002.b.sql": "-- depends: 0003.c\nselect 1;\n",
        "seeds/a.yaml": "users:\n  - {user_id: 1\n",
        "seeds/b.sql": "commit;\n",
    }
    with pytest.raises(InputError) as raised:
        await check(project(files, database=None))
    causes = [each.code for each in raised.value.causes]
    assert (raised.value.code, causes, left()) == (
        "unreadable-files",
        ["unterminated-string", "yaml-syntax", "seed-transaction"],
        [],
    )


async def test_roles_of_the_server(project: Make, left: Left):
    """Roles that nobody's migrations make are made on a server of ours, and told; so are `role` and `readers`."""
    files = {
        **USERS,
        "migrations/0002.grants.sql": 'grant select on users to "App Reader";\ngrant insert on users to writer;\n'
        "set local role somebody;\n",
    }
    result = await check(project(files, database=None, role="owner of all", readers=("ci",)))
    assert (told(result), left_out(result), left()) == (
        [],
        [
            ("rollbacks", "`0002.grants` has no rollback, so nothing is rolled back from there on"),
            ("what the role `App Reader` may do", "no migration makes it: it was made for this check"),
            ("what the role `writer` may do", "no migration makes it: it was made for this check"),
            ("what the role `somebody` may do", "no migration makes it: it was made for this check"),
        ],
        [],
    )


async def test_what_all_databases_share(project: Make, dsn: str, db: Connection):
    """On the server of the configured database no migration is tried out that would change more than its database."""
    files = {**USERS, "migrations/0002.role.sql": "-- alter role\nalter role postgres set work_mem = '8MB';\n"}
    refused = []
    for place in ("create", dsn.replace("/t_", "/other_t_")):
        with pytest.raises(InputError) as raised:
            await check(project(files, scratch=Address(place, "--scratch")))
        refused.append((raised.value.code, raised.value.where and raised.value.where.line))
    settings = await db.fetchval("select count(*) from pg_db_role_setting where setrole = 'postgres'::regrole")
    assert (refused, settings) == ([("scratch-shared", 2)] * 2, 0)


async def test_after_a_broken_rollback_the_seeds_get_another_database(project: Make, unconnected: Make, left: Left):
    """What a rollback has ruined is no reason to say nothing about seeds, unless there is no other database."""
    files = {
        **USERS,
        "migrations/0001.users.rollback.sql": "alter table users drop email;",
        "seeds/users.yaml": "users:\n  - {user_id: 1, email: ~}\n",
    }
    result = await check(project(files, database=None))
    assert [(each.code, each.subject) for each in result.findings] == [("V501", "0001.users"), ("V504", None)]
    result = await check(unconnected({}))
    assert ([each.code for each in result.findings], left_out(result)) == (
        ["V501"],
        [("seeds", "the rollbacks have left another schema, and there is no second scratch database")],
    )
    assert left() == []
