"""Where an object was last named: the statement of a migration that made it what it is, by the files alone."""

import time
from pathlib import Path

import pytest

from migrator.migrating.files.folder import find
from migrator.migrating.files.migration import Migration, Script
from migrator.migrating.files.reading import read_migrations
from migrator.source import Source
from migrator.verifying.naming.named import Named

FILES = {
    "0001.users.sql": """\
-- create table orders (a int)
CREATE TABLE users (
    id int PRIMARY KEY,
    email text NOT NULL UNIQUE, -- not the name
    "Odd Name" text DEFAULT 'create policy own on users',
    org int REFERENCES orgs (id)
);
CREATE POLICY own ON users USING (email = current_user);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
begin
    -- alter table users add column hidden int
    create policy hidden on users using (true);
end $$;
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
""",
    "0002.shop.sql": """\
create schema shop;
set search_path to shop, public;
create table users (id int, total numeric, constraint positive check (total > 0));
create index by_total on users (total);
create index on users (id);
create type mood as enum ('a');
create view names as select id from users;
create materialized view shop."Sums" as select sum(total) from users;
reset search_path;
grant select on shop.users to reader;
comment on column shop.users.total is 'in cents';
""",
    "0003.later.sql": """\
alter table public.users add column if not exists note text, alter column email drop not null;
do $do$
begin
    if true then
        create domain price as numeric;
    end if;
    alter table users add column by_do int;
end
$do$;
alter policy own on users using (true);
alter table users owner to somebody;
insert into users (id, note) values (1, 'x');
create function shop.f(a int) returns int language sql as 'select 1';
""",
    "0004.end.sql": """\
drop trigger touched on users;
alter table shop.users rename column id to user_id;
alter table shop.users rename to people;
drop view shop.names, shop.others;
select set_config('search_path', 'shop', true);
create sequence counter;
""",
    "0005.rights.sql": """\
create publication news for table public.users (id, email);
grant usage on schema shop, public to reader;
grant select on public.users to reader;
revoke execute on function shop.f(int) from public;
create policy of_all on users to public using (true);
alter default privileges in schema shop revoke execute on functions from public;
""",
}

CASES = [
    (("table", "public.users"), (), "0003.later.sql:11:13"),
    (("table", "public.users"), ("row level security",), "0001.users.sql:9:13"),
    (("table", "public.users"), ("owner",), "0003.later.sql:11:13"),
    (("table", "shop.people"), (), "0004.end.sql:3:34"),
    (("table", "shop.users"), ("granted",), "0002.shop.sql:10:22"),
    (("column", "public.users.id"), (), "0001.users.sql:3:5"),
    (("column", "public.users.email"), (), "0001.users.sql:4:5"),
    (("column", "public.users.email"), ("not null",), "0003.later.sql:1:75"),
    (("column", 'public.users."Odd Name"'), (), "0001.users.sql:5:5"),
    (("column", "public.users.note"), (), "0003.later.sql:1:51"),
    (("column", "public.users.by_do"), (), "0003.later.sql:7:34"),
    (("column", "shop.users.total"), (), "0002.shop.sql:3:29"),
    (("column", "shop.users.user_id"), (), "0004.end.sql:2:44"),
    (("policy", "public.users.own"), (), "0003.later.sql:10:14"),
    (("policy", "public.users.hidden"), (), "0003.later.sql:11:13"),
    (("trigger", "public.users.touched"), (), "0004.end.sql:1:14"),
    (("constraint", "shop.users.positive"), (), "0002.shop.sql:3:55"),
    (("constraint", "public.users.users_pkey"), (), "0001.users.sql:3:12"),
    (("constraint", "public.users.users_email_key"), (), "0001.users.sql:4:5"),
    (("constraint", "public.users.users_org_fkey"), (), "0001.users.sql:6:5"),
    (("index", "shop.by_total"), (), "0002.shop.sql:4:14"),
    (("index", "shop.users_id_idx"), (), "0002.shop.sql:5:24"),
    (("type", "shop.mood"), (), "0002.shop.sql:6:13"),
    (("type", "public.price"), (), "0003.later.sql:5:23"),
    (("view", "shop.names"), (), "0004.end.sql:4:16"),
    (("materialized view", 'shop."Sums"'), (), "0002.shop.sql:8:31"),
    (("column", "shop.names.id"), (), "0002.shop.sql:7:29"),
    (("function", "shop.f(integer)"), (), "0003.later.sql:13:22"),
    (("function", "public.touch()"), (), "0001.users.sql:10:17"),
    (("schema", "shop"), (), "0002.shop.sql:1:15"),
    (("sequence", "shop.counter"), (), "0004.end.sql:6:17"),
    (("publication", "news"), (), "0005.rights.sql:1:20"),
    (("schema", "public"), ("granted",), "0005.rights.sql:2:29"),
    (("schema", "public"), ("owner",), "0005.rights.sql:2:29"),
    (("schema", "shop"), ("granted",), "0005.rights.sql:2:23"),
    (("comment", "column shop.users.total"), (), "0002.shop.sql:11:30"),
    (("comment", "table public.users"), (), "0003.later.sql:11:13"),
    (("column order", "public.users"), (), "0003.later.sql:11:13"),
    (("table", "public.orders"), (), None),
    (("table", "other.users"), (), None),
    (("column", "public.users.hidden"), (), "0003.later.sql:11:13"),
    (("extension", "vector"), (), None),
]


def named(folder: Path, files: dict[str, str]) -> Named:
    """The index over migrations with these texts."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return Named(read_migrations(find((folder,))))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Named:
    """That of `FILES`."""
    return named(tmp_path_factory.mktemp("migrations"), FILES)


TABLES = {"shop.by_total": "shop.users", "shop.users_id_idx": "shop.users"}


@pytest.mark.parametrize(("key", "attributes", "place"), CASES, ids=lambda value: str(value)[:40])
def test_each_object_has_its_place(index: Named, key: tuple[str, str], attributes: tuple[str, ...], place: str | None):
    """Quoted or not, with its schema or by the search_path, in a DO block, under a name that the server chose."""
    found = index.where(*key, table=TABLES.get(key[1]), attributes=attributes)
    assert (None if found is None else f"{Path(found.path).name}:{found.line}:{found.column}") == place


def test_what_no_migration_makes_has_no_place(index: Named):
    """Of an object that should not be there, nothing but a statement about it is told: its table explains nothing."""
    assert index.where("column", "public.users.by_hand", loosely=False) is None
    assert index.where("index", "public.by_hand", table="public.users", loosely=False) is None
    found = index.where("trigger", "public.users.touched", loosely=False)
    assert found is not None
    assert (found.line, found.excerpt) == (1, "drop trigger touched on users;")


def _migration(id_: str, text: str) -> Migration:
    script = Script(source=Source(path=f"{id_}.sql", text=text), statements=())
    return Migration(
        id=id_, path="", title="", depends=(), up=script, down=None, sha256=b"", sha256_without_comments=b""
    )


def test_a_thousand_migrations():
    """Are indexed in well under a second, and each further question is cheap."""
    columns = ", ".join(f"column_{number} text not null default 'x'" for number in range(20))
    texts = (
        f"create table t{number} ({columns});\ncreate policy p on t{number} using (true);\n" for number in range(1000)
    )
    big = Named(tuple(_migration(f"{number:04}.m", text) for number, text in enumerate(texts)))
    started = time.process_time()
    assert big.where("policy", "public.t7.p") is not None
    first = time.process_time() - started
    for number in range(100):
        assert big.where("column", f"public.t{number * 10}.column_3") is not None
    assert (first < 1, time.process_time() - started < 3) == (True, True)
