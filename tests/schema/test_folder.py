"""A schema as a folder: the same bytes for the same schema, read back as it was; only files of ours are touched."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riches import SCOPE

from migrator import snapshot
from migrator.config import Config
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.errors import InputError, UnavailableError
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.schema import reading
from migrator.schema.compare import compare
from migrator.schema.folder import files, read
from migrator.schema.objects import Schema, definition
from migrator.schema.placing import places
from migrator.verifying.snapshot import write

SCHEMA = Schema(
    objects={
        ("column", 'public.orders."Total"'): '{"type": "numeric"}',
        ("column", "public.orders.id"): '{"type": "integer", "not null": true}',
        ("column order", "public.orders"): '{"columns": ["id", "Total"]}',
        ("comment", "column public.orders.id"): '{"text": "which"}',
        ("comment", "table public.orders"): '{"text": "what was\\nbought"}',
        ("function", "public.total(integer,text)"): '{"owner": "postgres", "definition": "CREATE FUNCTION\\n"}',
        (
            "index",
            "public.orders_pkey",
        ): '{"definition": "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)"}',
        ("setting", "statement_timeout"): '{"value": "1s"}',
        ("table", "public.orders"): '{"owner": "postgres", "granted": {"PUBLIC": "SELECT"}}',
    },
    server_version_num=170004,
)

ORDERS = """\
# written by `migrate snapshot`; read by `migrate verify --against`

table: public.orders
  granted:
    PUBLIC: SELECT
  owner: postgres

comment: table public.orders
  text: |-
    what was
    bought

column order: public.orders
  columns:
    - id
    - Total

column: public.orders.id
  not null: true
  type: integer

comment: column public.orders.id
  text: which

column: public.orders."Total"
  type: numeric

index: public.orders_pkey
  definition: CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)
"""


def told(folder: Path) -> dict[str, str]:
    """Every file of a folder and its text."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_the_files(tmp_path: Path):
    """A file for each top-level object with all that belongs to it, and one that says which server it is of."""
    done = write(tmp_path / "schema", SCHEMA)
    assert (done.written, done.unchanged, done.removed) == (4, 0, 0)
    found = told(tmp_path / "schema")
    assert sorted(found) == [
        "database/setting.txt",
        "schemas/public/function/total-integer-text.txt",
        "schemas/public/table/orders.txt",
        "snapshot.txt",
    ]
    assert found["schemas/public/table/orders.txt"] == ORDERS
    assert found["snapshot.txt"] == (
        "# written by `migrate snapshot`; read by `migrate verify --against`\n\n"
        "server: PostgreSQL 17.4 (170004)\ncatalog: 1\nsupabase: no\n"
    )


def test_written_again(tmp_path: Path):
    """The same schema writes nothing; another one changes its own files alone, and takes away what is gone."""
    write(tmp_path, SCHEMA)
    (tmp_path / "README.md").write_text("ours", encoding="utf-8")
    (tmp_path / "schemas" / "note.txt").write_text("ours, too", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.txt")}
    done = write(tmp_path, SCHEMA)
    assert (done.written, done.unchanged, done.removed) == (0, 4, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.txt")} == before
    objects = {key: text for key, text in SCHEMA.objects.items() if key[0] not in {"function", "setting"}}
    changed = {**objects, ("column", "public.orders.id"): '{"type": "bigint"}', ("view", "app.v"): '{"query": "x"}'}
    done = write(tmp_path, replace(SCHEMA, objects=changed))
    assert (done.written, done.unchanged, done.removed) == (2, 1, 2)
    assert sorted(told(tmp_path)) == [
        "README.md",
        "schemas/app/view/v.txt",
        "schemas/note.txt",
        "schemas/public/table/orders.txt",
        "snapshot.txt",
    ]
    assert not (tmp_path / "database").exists()


def test_folders_that_are_not_ours(tmp_path: Path):
    """What somebody else has put where a file of ours would be is never written over, nor is a link followed."""
    taken = tmp_path / "schemas" / "public" / "table" / "orders.txt"
    taken.parent.mkdir(parents=True)
    taken.write_text("ours", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        write(tmp_path, SCHEMA)
    assert (raised.value.code, raised.value.message) == (
        "snapshot-folder",
        f"`{taken}` is in the way: `migrate snapshot` did not write it",
    )
    assert told(tmp_path) == {"schemas/public/table/orders.txt": "ours"}
    taken.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    taken.parent.rmdir()
    taken.parent.symlink_to(elsewhere)
    with pytest.raises(InputError, match="is in the way"):
        write(tmp_path, SCHEMA)
    assert [*elsewhere.iterdir()] == []


def test_a_folder_that_was_not_written_whole(tmp_path: Path):
    """A writing that is cut off leaves a folder that is refused, until it is written whole."""
    write(tmp_path, SCHEMA)
    (tmp_path / "schemas" / "app").write_text("a file where a folder has to be", encoding="utf-8")
    more = {**SCHEMA.objects, ("view", "app.v"): '{"query": "x"}'}
    with pytest.raises(InputError, match="is in the way"):
        write(tmp_path, replace(SCHEMA, objects=more))
    assert read(tmp_path).objects == SCHEMA.objects
    (tmp_path / "schemas" / "app").unlink()
    head = tmp_path / "snapshot.txt"
    head.write_text(head.read_text(encoding="utf-8") + "unfinished: yes\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read(tmp_path)
    assert (raised.value.code, raised.value.message) == ("snapshot-damaged", "the snapshot was not written whole")
    write(tmp_path, SCHEMA)
    assert read(tmp_path) == SCHEMA


@pytest.mark.parametrize(
    ("file", "change", "place", "message"),
    [
        (
            "schemas/public/table/orders.txt",
            lambda text: text.replace(
                "  type: integer\n", "<<<<<<< HEAD\n  type: integer\n=======\n  type: bigint\n>>>>>>> b\n"
            ),
            "20:1",
            "a merge conflict is not resolved here",
        ),
        (
            "schemas/public/table/orders.txt",
            lambda text: text.replace("column: public.orders.id", 'column: public.orders."Total"'),
            "25:1",
            'column `public.orders."Total"` is told here and at {0}/schemas/public/table/orders.txt:18:1',
        ),
        (
            "database/setting.txt",
            lambda text: "x" + text,
            "1:1",
            "`migrate snapshot` did not write this file: its first line is another one",
        ),
        (
            "snapshot.txt",
            lambda text: text.replace("170004", "x"),
            "1:1",
            "the file does not say which server the snapshot is of",
        ),
    ],
)
def test_damaged_files_say_where(tmp_path: Path, file: str, change: Callable[[str], str], place: str, message: str):
    """What a merge or a hand has broken is an error at its line, never a schema that lacks something."""
    write(tmp_path, SCHEMA)
    path = tmp_path / file
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read(tmp_path)
    assert raised.value.code == "snapshot-damaged"
    assert (str(raised.value.where), raised.value.message) == (f"{path}:{place}", message.format(tmp_path))


def test_a_file_of_somebody_else(tmp_path: Path):
    """It is left as it is, so that writing the folder anew is no way out of it, and the hint names another."""
    write(tmp_path, SCHEMA)
    theirs = tmp_path / "schemas" / "public" / "notes.txt"
    theirs.write_text("mine", encoding="utf-8")
    write(tmp_path, SCHEMA)
    with pytest.raises(InputError) as raised:
        read(tmp_path)
    assert (str(raised.value.where), raised.value.hint) == (
        f"{theirs}:1:1",
        "restore it; or, where it is somebody else's, put it elsewhere: `migrate snapshot` leaves it as it is",
    )


def test_other_folders_and_versions(tmp_path: Path):
    """A folder without a snapshot is no empty schema, and one of another version of ours cannot be compared."""
    with pytest.raises(InputError) as raised:
        read(tmp_path)
    assert raised.value.code == "snapshot-folder"
    write(tmp_path, SCHEMA)
    head = tmp_path / "snapshot.txt"
    head.write_text(head.read_text(encoding="utf-8").replace("catalog: 1", "catalog: 2"), encoding="utf-8")
    with pytest.raises(UnavailableError) as unreadable:
        read(tmp_path)
    assert (unreadable.value.code, unreadable.value.exit_code) == ("snapshot-version", 3)


def test_line_ends_of_another_system(tmp_path: Path):
    """A checkout with CR LF, or with a byte order mark, is the same schema."""
    write(tmp_path, SCHEMA)
    for path in tmp_path.rglob("*.txt"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(tmp_path) == SCHEMA


names = st.sampled_from(["a", "A", "orders", "con", '"Odd ""x"', '"a.b"', '"é"', '"x/../y"', '"a\nb"', '"a: b"'])
identities = st.builds(".".join, st.lists(names, min_size=1, max_size=3))
kinds = st.sampled_from(["table", "view", "column", "index", "function", "extension", "comment", "schema", "new kind"])
values = st.recursive(
    st.text(max_size=8) | st.integers() | st.booleans() | st.sampled_from([" x", "a\n", "\na\r\n", "|", "- a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(st.tuples(kinds, identities), st.dictionaries(st.text(max_size=6), values, max_size=3)))
def test_whatever_a_schema_holds_is_read_back(tmp_path_factory: Any, objects: dict[tuple[str, str], dict[str, Any]]):
    """Any classes, names and attributes: what is written and read is the same schema, and writes the same bytes."""
    folder = tmp_path_factory.mktemp("schema")
    texts = {key: definition(objects[key]) for key in sorted(objects)}
    schema = Schema(objects=texts, server_version_num=180001, supabase=True)
    write(folder, schema)
    assert read(folder) == schema
    assert files(read(folder)) == files(replace(schema, objects=dict(reversed(texts.items()))))


async def test_every_class_is_read_back(session: Session, tmp_path: Path):
    """A database with objects of every class is read back to the letter, and what belongs to a table is in its file."""
    live = await reading.read(session, SCOPE)
    write(tmp_path, live)
    held = read(tmp_path)
    assert held.objects == live.objects
    assert (held.server_version_num, held.supabase) == (live.server_version_num, False)
    alone = {kind for (kind, _), place in places(live.objects).items() if place.parts[2:3] == (kind.replace(" ", "_"),)}
    assert alone & {"column", "column order", "constraint", "index", "trigger", "rule", "policy", "comment"} == set()


async def test_a_real_schema(project: Callable[..., Config], db: asyncpg.Connection, tmp_path: Path):
    """What PostgreSQL prints is read back to the letter; a change by hand is one file of the folder."""
    config = project({})
    await db.execute(RICH)
    folder = tmp_path / "schema"
    result = await snapshot(config, folder)
    assert (result.removed, result.unchanged, result.objects["table"]) == (0, 0, 3)
    held = read(folder)
    async with connect(config) as session:
        live = await reading.read(session, scope(config, await ledger.read(session, config)))
    assert held.objects == live.objects
    before = told(folder)
    again = await snapshot(config, folder)
    assert (again.written, again.removed, again.unchanged) == (0, 0, len(before))
    await db.execute("alter table app.orders add note text; drop function app.total(int, text)")
    changed = await snapshot(config, folder)
    assert (changed.written, changed.removed) == (1, 1)
    now = told(folder)
    assert [name for name in before if now.get(name) != before[name]] == [
        "schemas/app/function/total-integer-text.txt",
        "schemas/app/table/orders.txt",
    ]
    differences = compare(held, read(folder)).differences
    assert [(each.kind, each.identity, each.change) for each in differences] == [
        ("column", "app.orders.note", "extra"),
        ("function", "app.total(integer,text)", "missing"),
    ]
    assert json.dumps(held.attributes(("function", 'app."Odd f"(integer)'))["definition"]).count("\\r") == 1


RICH = """
create schema app;
create schema "Odd/../Schema";
create type app.mood as enum ('sad', 'so: so', ' happy', '');
create domain app.positive as int check (value > 0);
create table app.orders (id int generated always as identity primary key, mood app.mood default 'sad',
    total numeric(10, 2) not null default 0.50, "Odd ""x" text default E'a\\\\b\\nc', check (total >= 0));
create index orders_total on app.orders (total) where total > 10;
alter table app.orders enable row level security;
create policy "own rows" on app.orders for select using (total > 0);
comment on table app.orders is E'first\\n\\nthird \\u202e\\n';
create table "Odd/../Schema"."CON" (a int);
create table "Odd/../Schema".con (a int);
create view app.totals as select mood, sum(total) as total from app.orders group by mood;
create function app.total(a int, b text default 'x: y') returns int language sql as $$ select 1; $$;
create function app.total(a int) returns int language sql as $$
select 1
$$;
create function app."Odd f"(a int) returns int language sql as E'select 1;\\r\\n-- \\u00a0\\n';
create procedure app.touch() language plpgsql as $$ begin null; end $$;
create aggregate app.summed(int) (sfunc = int4pl, stype = int, initcond = '0');
create sequence app.counter maxvalue 9223372036854775807;
grant select on app.orders to public;
"""
