"""What seeding promises about more than plain rows: triggers, partitions, deferrable keys, sequences, statistics."""

import asyncpg
import pytest

from migrator.errors import WorkError

Connection = asyncpg.Connection


def counts(outcome) -> dict[str, tuple[int, int, int, int]]:
    """Rows inserted, updated, unchanged and deleted, by table."""
    return {
        name: (count.inserted, count.updated, count.unchanged, count.deleted) for name, count in outcome.tables.items()
    }


async def test_triggers_that_write_other_seeded_tables(run, db: Connection):
    """What a trigger writes is found by the files that come after it, and a second load changes nothing."""
    await db.execute(
        "create table account (id int primary key, name text, posts int not null default 0);"
        "create table profile (account_id int primary key references account, bio text);"
        "create table post (id int primary key, account_id int not null references account);"
        "create function made() returns trigger language plpgsql as "
        "$$ begin insert into profile values (new.id, 'none'); return new; end $$;"
        "create trigger made after insert on account for each row execute function made();"
        "create function counted() returns trigger language plpgsql as "
        "$$ begin update account set posts = posts + 1 where id = new.account_id; return new; end $$;"
        "create trigger counted after insert on post for each row execute function counted()"
    )
    files = {
        "a-post.yaml": "post:\n  - {id: 1, account_id: {name: Ada}}\n  - {id: 2, account_id: 1}\n",
        "b-profile.yaml": "profile:\n  mode: update\n  rows:\n  - {account_id: {name: Ada}, bio: maths}\n",
        "c-account.yaml": "account:\n  - {id: 1, name: Ada}\n  - {id: 2, name: Eve}\n",
    }
    await run(files)
    assert [tuple(row) for row in await db.fetch("select id, posts from account order by 1")] == [(1, 2), (2, 0)]
    assert [tuple(row) for row in await db.fetch("select * from profile order by 1")] == [(1, "maths"), (2, "none")]
    again = await run(files, force=True)
    assert {name: counts(outcome) for name, outcome in again.items()} == {
        "a-post.yaml": {"post": (0, 0, 2, 0)},
        "b-profile.yaml": {"profile": (0, 0, 1, 0)},
        "c-account.yaml": {"account": (0, 0, 2, 0)},
    }
    assert await db.fetchval("select sum(posts) from account") == 2


async def test_triggers_and_constraints_stay_enabled(run, db: Connection):
    """Whatever a load meets, no trigger is switched off and no constraint is skipped."""
    await db.execute(
        "create table log (what text); create table t (id int primary key, up int references t);"
        "create function logged() returns trigger language plpgsql as "
        "$$ begin insert into log values (current_setting('session_replication_role')); return new; end $$;"
        "create trigger logged before insert or update on t for each row execute function logged()"
    )
    await run({"t.yaml": "t:\n  - {id: 1, up: 3}\n  - {id: 2, up: 1}\n  - {id: 3, up: 2}\n"})
    assert [row[0] for row in await db.fetch("select what from log")] == ["origin"] * 3
    with pytest.raises(WorkError) as raised:
        await run({"t.yaml": "t:\n  - {id: 1, up: 3}\n  - {id: 4, up: 9}\n"})
    assert (raised.value.sqlstate, raised.value.where.line) == ("23503", 3)


async def test_partitioned_tables(run, db: Connection):
    """Rows find their partitions, also when an update moves them; one of its partitions may be seeded by itself."""
    await db.execute(
        "create table m (id int, day date, note text, primary key (id, day)) partition by range (day);"
        "create table m1 partition of m for values from ('2026-01-01') to ('2026-02-01');"
        "create table m2 partition of m for values from ('2026-02-01') to ('2026-03-01');"
        "create table p (id int primary key, kind text not null) partition by list (id);"
        "create table p1 partition of p for values in (1, 2, 3)"
    )
    await run({"m.yaml": "m:\n  - {id: 1, day: 2026-01-05, note: a}\n  - {id: 1, day: 2026-02-05, note: b}\n"})
    text = "m:\n  - {id: 1, day: 2026-01-05, note: c}\n  - {id: 1, day: 2026-02-05, note: b}\n"
    outcome = await run({"m.yaml": text, "p.yaml": "p:\n  - {id: 1, kind: x}\np1:\n  - {id: 2, kind: y}\n"})
    assert counts(outcome["m.yaml"]) == {"m": (0, 1, 1, 0)}
    assert [tuple(row) for row in await db.fetch("select tableoid::regclass::text, note from m order by 1")] == [
        ("m1", "c"),
        ("m2", "b"),
    ]
    assert await db.fetchval("select string_agg(kind, '' order by id) from p") == "xy"
    with pytest.raises(WorkError) as raised:
        await run({"n.yaml": "m:\n  - {id: 1, day: 2026-01-05, note: c}\n  - {id: 9, day: 2027-01-05, note: b}\n"})
    assert raised.value.sqlstate == "23514"


async def test_keys_that_are_deferrable(run, db: Connection):
    """A deferrable unique constraint is a key like any other, and its values may be swapped between rows."""
    await db.execute(
        "create table place (code text not null unique deferrable initially deferred, "
        "rank int not null constraint ranks unique deferrable)"
    )
    text = "place:\n  key: code\n  rows:\n  - {code: a, rank: 1}\n  - {code: b, rank: 2}\n"
    await run({"p.yaml": text})
    outcome = await run({"p.yaml": text.replace("rank: 1", "rank: 0").replace("rank: 2", "rank: 1").replace("0", "2")})
    assert counts(outcome["p.yaml"]) == {"place": (0, 2, 0, 0)}
    assert [tuple(row) for row in await db.fetch("select * from place order by 1")] == [("a", 2), ("b", 1)]


async def test_sequences_only_move_up(run, db: Connection):
    """A sequence that is further stays where it is; unchanged rows and refused files move none."""
    await db.execute(
        "create table s (id serial primary key, code text unique); create table i (id int generated by default as "
        "identity primary key, code text unique); select setval('s_id_seq', 100)"
    )
    files = {"s.yaml": "s:\n  - {id: 5, code: a}\n  - {id: 7, code: b}\ni:\n  - {id: 40, code: a}\n"}
    await run(files)
    assert await db.fetchval("select array[nextval('s_id_seq'), nextval('i_id_seq')]") == [101, 41]
    await run(files, force=True)
    await run({"t.yaml": "s:\n  key: code\n  rows:\n  - {code: a}\n  - {code: b}\n"})
    assert await db.fetchval("select array[nextval('s_id_seq'), nextval('i_id_seq')]") == [102, 42]


async def test_statistics_are_renewed(run, db: Connection):
    """After a load of a thousand rows the planner knows how many there are."""
    await db.execute("create table big (id int primary key); create table small (id int primary key)")
    text = "".join(f"  - {{id: {number}}}\n" for number in range(1500))
    await run({"big.yaml": f"big:\n{text}", "small.yaml": "small:\n  - {id: 1}\n"})
    assert await db.fetchval("select reltuples from pg_class where relname = 'big'") == 1500


async def test_many_rows_of_a_chain_in_any_order(run, db: Connection):
    """A row may refer to one that stands anywhere in the file, however long the chain is."""
    await db.execute("create table n (id int primary key, up int references n)")
    text = "n:\n" + "".join(f"  - {{id: {number}, up: {number + 1}}}\n" for number in range(1, 2000))
    outcome = await run({"n.yaml": text + "  - {id: 2000, up: ~}\n"})
    assert counts(outcome["n.yaml"]) == {"n": (2000, 0, 0, 0)}


@pytest.mark.parametrize("kind", ["view", "materialized view"])
async def test_what_is_no_table(run, db: Connection, kind):
    """Views of either kind are refused by name before anything is written."""
    await db.execute(f"create table t (id int primary key); create {kind} v as select * from t")
    with pytest.raises(Exception, match=f"`v` is a {kind}"):
        await run({"v.yaml": "v:\n  - {id: 1}\n"})


async def test_nothing_to_load_needs_little(project, start, db: Connection):
    """A run whose files are all in the database reads no YAML and imports nothing that loads."""
    await db.execute("create table t (id int primary key)")
    project({"seeds/t.yaml": "t:\n  - {id: 1}\n"})
    heavy = {"yaml", "migrator.seeding.loading", "migrator.seeding.preparing.reading", "bcrypt"}
    found = []
    for _ in range(2):
        process = start("seed", PYTHONPROFILEIMPORTTIME="1")
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        imported = {line.rpartition("|")[2].strip() for line in told.splitlines() if "|" in line}
        found.append(sorted(heavy & imported))
    assert found == [["migrator.seeding.loading", "migrator.seeding.preparing.reading", "yaml"], []]
