"""`migrate pull`: which columns and references a pulled file shows, and that loading it gives the same rows."""

import asyncio
import re
import tracemalloc

import asyncpg
import pytest

from migrator.errors import InputError, MigratorError, UnavailableError
from migrator.events import Noticed
from migrator.seeding.pull import pull

SHOP = """
create table users (user_id serial primary key, email text not null unique, name text, zip text default '00000');
create table teams (team_id int generated always as identity primary key, name text not null unique,
                    parent_id int references teams, loud text generated always as (upper(name)) stored);
create table members (user_id int references users, team_id int references teams, since date not null default now(),
                      primary key (user_id, team_id));
insert into users values (7, 'ada@example.com', 'Ada'), (3, 'grace@example.com', null), (5, 'alan@example.com', null);
insert into teams (name) values ('Research');
insert into teams (name, parent_id) values ('Compilers', 1), ('Analysis', 1);
insert into members values (7, 2, '2020-01-01'), (3, 1, '2021-01-01');
"""

SHOP_PULLED = """\
users:
  - {email: ada@example.com, name: Ada}
  - {email: alan@example.com, name: null}
  - {email: grace@example.com, name: null}
teams:
  - {name: Analysis, parent_id: {name: Research}}
  - {name: Compilers, parent_id: {name: Research}}
  - {name: Research, parent_id: null}
members:
  - {user_id: {email: ada@example.com}, team_id: {name: Compilers}, since: 2020-01-01}
  - {user_id: {email: grace@example.com}, team_id: {name: Research}, since: 2021-01-01}
"""


def rows(text: str) -> str:
    """A pulled file without its comments."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


async def test_drawn_keys_are_left_out_and_looked_up(returns, db):
    """What a sequence drew is not shown; references look rows up by what people chose; defaults of all rows go."""
    await db.execute(SHOP)
    text = await returns("users", "teams", "members", drawn=("user_id", "team_id", "parent_id"))
    assert rows(text) == SHOP_PULLED


async def test_a_file_says_where_it_comes_from(pulled, db):
    """Comments name the address without its password and the command; the same rows always give the same file."""
    await db.execute("create table t (id int primary key, v text); insert into t values (2, 'b'), (1, 'a')")
    text = await pulled("t", where="id < 3 /* all of\nthem */")
    address, command, *rest = text.splitlines()
    assert address.startswith("# pulled from postgresql://")
    assert command == '# migrate pull t --where "id < 3 /* all of\\nthem */"'
    assert rest == ["t:", "  - {id: 1, v: a}", "  - {id: 2, v: b}"]
    assert await pulled("t", where="id < 3 /* all of\nthem */") == text


DEFAULTS = """
create domain named as text default 'nobody';
create table t (
    id int primary key, always text default 'x', often text default 'x', never int, once timestamptz default now(),
    amount numeric default 1.10, other numeric default 1.10, tags text[] default '{}', doc jsonb default '{"a": 1}',
    who named, sum int generated always as (id + 1) stored, flag boolean not null default false,
    today date default now()
);
insert into t (id, often, other, who) values (1, 'x', 1.1, null), (2, 'y', 1.1, null);
"""


async def test_only_a_default_of_every_row_that_never_changes_is_left_out(returns, pulled, db):
    """A column goes where all rows have what a literal says; `1.10` is not `1.1`, and `now()` is another every time."""
    await db.execute(DEFAULTS)
    text = await returns("t")
    once = await db.fetchval("select (once at time zone 'UTC')::text from t where id = 1")
    today = await db.fetchval("select today::text from t where id = 1")
    assert rows(text) == (
        f"t:\n  - {{id: 1, often: x, once: {once}+00, other: 1.1, who: null, today: {today}}}\n"
        f"  - {{id: 2, often: y, once: {once}+00, other: 1.1, who: null, today: {today}}}\n"
    )


KEPT = """
create table authors (id serial primary key, name text);
create table books (id serial primary key, title text not null unique, author_id int not null references authors);
create table copies (id uuid primary key default gen_random_uuid(), book_id int not null references books,
                     shelf text not null, unique (book_id, shelf));
create table loans (copy_id uuid not null references copies, day date not null, primary key (copy_id, day));
insert into authors (name) values ('Ada'), ('Ada');
insert into books (title, author_id) values ('Notes', 2);
insert into copies (book_id, shelf) values (1, 'A'), (1, 'B');
insert into loans select id, '2026-01-31' from copies where shelf = 'B';
"""


async def test_references_go_through_other_references(returns, db):
    """A key that holds a reference is looked up through it; an id that nothing else tells is shown, and kept."""
    await db.execute(KEPT)
    text = await returns("authors", "books", "copies", "loans", drawn=("id", "book_id", "copy_id"))
    assert rows(text) == (
        "authors:\n  - {id: 1, name: Ada}\n  - {id: 2, name: Ada}\n"
        "books:\n  - {title: Notes, author_id: 2}\n"
        "copies:\n  - {book_id: {title: Notes}, shelf: A}\n  - {book_id: {title: Notes}, shelf: B}\n"
        "loans:\n  - {copy_id: {book_id: {title: Notes}, shelf: B}, day: 2026-01-31}\n"
    )


COMPOSITE = """
create table tenants (id int primary key, slug text not null unique);
create table users (tenant_id int references tenants, id int generated by default as identity, email text not null,
                    primary key (tenant_id, id), unique (tenant_id, email));
create table notes (nr int primary key, owner_tenant int, owner_id int, foreign key (owner_tenant, owner_id) references
                    users (tenant_id, id));
create table shared (tenant_id int references tenants, user_id int, nr int primary key,
                     foreign key (tenant_id, user_id) references users);
insert into tenants values (1, 'acme'), (2, 'umbrella');
insert into users (tenant_id, email) values (1, 'a@x.org'), (2, 'a@x.org');
insert into notes values (1, 1, 1), (2, null, null), (3, 2, null);
"""


async def test_keys_of_several_columns(returns, db):
    """A foreign key of several columns is one lookup; where a part of it is NULL, its parts are shown."""
    await db.execute(COMPOSITE)
    text = await returns("tenants", "users", "notes", drawn=("id", "owner_id"))
    assert rows(text) == (
        "tenants:\n  - {id: 1, slug: acme}\n  - {id: 2, slug: umbrella}\n"
        "users:\n  - {tenant_id: 1, email: a@x.org}\n  - {tenant_id: 2, email: a@x.org}\n"
        "notes:\n  - {nr: 1, owner_tenant: {tenant_id: 1, email: a@x.org}}\n"
        "  - {nr: 2, owner_tenant: null, owner_id: null}\n  - {nr: 3, owner_tenant: 2, owner_id: null}\n"
    )


async def test_what_is_referred_to_by_its_own_number_keeps_it(returns, db):
    """A column in two foreign keys cannot be a lookup of both, so its values stay, and the rows that they mean, too."""
    await db.execute(COMPOSITE + "insert into shared values (1, 1, 1);")
    text = await returns("users", "shared", "tenants", "notes")
    assert "users:\n  - {tenant_id: 1, id: 1, email: a@x.org}\n" in text
    assert "shared:\n  - {tenant_id: 1, user_id: 1, nr: 1}\n" in text


async def test_the_key_is_named_where_seeding_would_ask(returns, db):
    """Two unique keys in every row: `key` says by which one; the shorter, then the one that nobody draws."""
    await db.execute(
        "create table t (id serial primary key, code text not null unique, alt text not null unique, "
        "ref uuid not null unique default gen_random_uuid()); insert into t (code, alt) values ('a', 'x'), ('b', 'w')"
    )
    text = await returns("t", drawn=("id",))
    assert rows(text).startswith("t:\n  key: alt\n  rows:\n    - {code: b, alt: w, ref: ")
    await db.execute("create table u (a int not null, b int not null, c int unique nulls not distinct, unique (b, a))")
    await db.execute("insert into u values (1, 2, null)")
    assert rows(await returns("u")) == "u:\n  key: c\n  rows:\n    - {a: 1, b: 2, c: null}\n"


async def test_a_key_that_may_be_null_serves_where_it_is_not(returns, pulled, db):
    """Without a primary key a unique column serves as long as every row has it."""
    await db.execute("create table t (code text unique, v int); insert into t values ('a', 1)")
    assert rows(await returns("t")) == "t:\n  - {code: a, v: 1}\n"
    await db.execute("insert into t values (null, 2), (null, 3)")
    with pytest.raises(InputError) as caught:
        await pulled("t")
    assert (caught.value.code, caught.value.detail) == (
        "no-key",
        "its only unique keys may be NULL, and 2 rows have no (code)",
    )
    assert rows(await pulled("t", where="code is not null")) == "t:\n  - {code: a, v: 1}\n"


ODD = """
create schema "my schema";
create table "my schema"."Odd: table" ("a b" int primary key, "$sql" text, "<<" text, "null" text, "é" text, ":" text);
insert into "my schema"."Odd: table" values (1, 'a', 'b', 'c', 'd', 'e');
create table "$t" (id int primary key, v int); insert into "$t" values (1, 2);
create table parted (id int, day date, primary key (id, day)) partition by range (day);
create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
insert into parted values (1, '2026-05-05');
create table parent (id int primary key, v text); create table child (w text) inherits (parent);
insert into parent values (1, 'a'); insert into child values (2, 'b', 'c');
create table empty (id int primary key, v text);
"""


async def test_tables_of_every_kind_and_name(returns, pulled, db):
    """Names that YAML or the format would misread are quoted; partitioned tables are whole, parents alone."""
    await db.execute(ODD)
    assert rows(await pulled("my schema.Odd: table")) == (
        '"my schema.Odd: table":\n  - {"a b": 1, "$sql": a, "<<": b, "null": c, "é": d, ":": e}\n'
    )
    assert rows(await pulled("$t")) == '"public.$t":\n  - {id: 1, v: 2}\n'
    assert rows(await returns("parted")) == "parted:\n  - {id: 1, day: 2026-05-05}\n"
    assert rows(await pulled("parent", "parent")) == "parent:\n  - {id: 1, v: a}\n"
    assert rows(await pulled("empty", "public.empty")) == "empty: []\n"


async def test_an_odd_name_comes_back(pulled, run, db):
    """The file of a table with the oddest names is a seed file."""
    await db.execute(ODD)
    text = await pulled("my schema.Odd: table", "$t")
    await db.execute('truncate "my schema"."Odd: table", "$t"')
    await run({"odd.yaml": text})
    found = await db.fetchrow('select * from "my schema"."Odd: table"')
    assert (tuple(found), await db.fetchval('select v from "$t"')) == ((1, "a", "b", "c", "d", "e"), 2)


WRONG = {
    "user": ("unknown-table", "there is no table `user`", "did you mean `users`?"),
    "nothing.like_it": ("unknown-table", "there is no table `nothing.like_it`", None),
    "seen": ("not-a-table", "`seen` is a view, and seeds fill tables alone", "pull the tables that it reads from"),
    "logs": ("no-key", "`logs` has no key by which `migrate seed` could find these rows again", None),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_pulled(pulled, users, name):
    """A table that is not there is told with the nearest one, a view and a table without a key as what they are."""
    await users.execute("create view seen as select * from users; create table logs (at timestamptz, what text)")
    with pytest.raises(InputError) as caught:
        await pulled(name)
    code, message, hint = WRONG[name]
    assert (caught.value.code, caught.value.message, caught.value.outcome) == (code, message, "nothing was written")
    assert hint is None or caught.value.hint == hint


async def test_all_wrong_tables_are_told_at_once(pulled, users):
    """Two wrong names are two errors of one report."""
    with pytest.raises(InputError) as caught:
        await pulled("user", "users", "pg_tables")
    assert (caught.value.code, [cause.code for cause in caught.value.causes]) == (
        "bad-tables",
        ["unknown-table", "not-a-table"],
    )


CONDITIONS = {
    "user_id = 1) or (true": "it closes a parenthesis that it does not open",
    "true; drop table users": "it holds a semicolon",
    " ": "it is empty",
    "user_id = 'x'": 'invalid input syntax for type integer: "x" (22P02)',
    "nope = 1": 'column "nope" does not exist (42703)',
}


@pytest.mark.parametrize("where", CONDITIONS)
async def test_a_condition_is_one_condition(pulled, users, where):
    """What would end our statement, and what the server does not understand, is refused in its words."""
    with pytest.raises(InputError) as caught:
        await pulled("users", where=where)
    assert (caught.value.code, caught.value.detail) == ("bad-where", CONDITIONS[where])
    assert await users.fetchval("select to_regclass('users') is not null")


async def test_a_condition_is_about_one_table(pulled, users):
    """With several tables nobody knows whose columns it names."""
    with pytest.raises(InputError) as caught:
        await pulled("users", "other", where="true")
    assert caught.value.code == "bad-where"


async def test_a_condition_may_ask_other_tables(pulled, db):
    """Its columns are those of the table, also where lookups join others that have the same names."""
    await db.execute(SHOP)
    text = await pulled("teams", where="name in (select t.name from teams t where t.parent_id is not null)")
    assert rows(text) == (
        "teams:\n  - {name: Analysis, parent_id: {name: Research}}\n"
        "  - {name: Compilers, parent_id: {name: Research}}\n"
    )


async def test_row_level_security_is_told(project, db, roles, address_as):
    """Rows that it hides are missing, and a warning says so; what a hidden row is referred to by stays its value."""
    await roles("reader")
    await db.execute(SHOP)
    await db.execute(
        "grant select on all tables in schema public to reader; alter table users enable row level security;"
        "create policy own on users using (email like 'ada%')"
    )
    told: list[object] = []
    parts: list[str] = []
    config = project({}, database=address_as("reader"))
    await pull(config, ["users", "members"], write=parts.append, emit=told.append)
    assert [event.message for event in told if isinstance(event, Noticed)] == [
        "row level security applies to this role on `users`: rows that it hides are not pulled"
    ]
    assert rows("".join(parts)) == (
        "users:\n  - {email: ada@example.com, name: Ada}\n"
        "members:\n  - {user_id: {email: ada@example.com}, team_id: {name: Compilers}, since: 2020-01-01}\n"
        "  - {user_id: 3, team_id: {name: Research}, since: 2021-01-01}\n"
    )


async def test_what_may_not_be_read(project, db, roles, address_as):
    """A table that the role may not read is exit 3, with the server's words."""
    await roles("stranger")
    await db.execute(SHOP)
    with pytest.raises(UnavailableError) as caught:
        await pull(project({}, database=address_as("stranger")), ["users"], write=str)
    assert (caught.value.code, caught.value.message) == ("missing-rights", "permission denied for table users")


async def test_the_configured_role_reads(project, db, roles, address_as):
    """`role` is who reads, as it is who seeds."""
    await roles("owner_of_it")
    await db.execute("create schema s; create table s.t (id int primary key); alter table s.t owner to owner_of_it")
    await db.execute("grant usage on schema s to owner_of_it; insert into s.t values (1)")
    parts: list[str] = []
    await pull(project({}, role="owner_of_it"), ["s.t"], write=parts.append)
    assert rows("".join(parts)) == "s.t:\n  - {id: 1}\n"


async def test_a_locked_table_is_not_waited_for_for_ever(project, dsn, db):
    """An exclusive lock ends the attempt after `lock_timeout`, and nothing is written."""
    await db.execute("create table t (id int primary key)")
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("begin; lock table t")
        parts: list[str] = []
        with pytest.raises(UnavailableError) as caught:
            await pull(project({}, lock_timeout=0.1), ["t"], write=parts.append)
        assert (caught.value.code, parts) == ("lock-timeout", [])
    finally:
        await other.close()


async def test_nothing_is_written_when_reading_fails(project, db):
    """A row that the server cannot read ends it without half a file."""
    await db.execute(
        "create function boom(int) returns boolean language plpgsql as $$begin return 1 / ($1 - 50000) is not null; "
        "end$$; create table t (id int primary key); insert into t select generate_series(1, 60000)"
    )
    parts: list[str] = []
    with pytest.raises(MigratorError):
        await pull(project({}), ["t"], where="boom(id)", write=parts.append)
    assert parts == []


async def test_all_tables_are_of_one_moment(project, dsn, db):
    """Rows that are committed while one table is read do not appear in the next one."""
    await db.execute("create table a (id int primary key); create table b (id int primary key)")
    other = await asyncpg.connect(dsn)
    parts: list[str] = []
    try:
        await other.execute("begin; lock table b; insert into a values (1); insert into b values (1)")
        reading = asyncio.create_task(pull(project({}), ["a", "b"], write=parts.append))
        while not await db.fetchval("select exists (select from pg_locks where not granted)"):
            assert not reading.done()
            await asyncio.sleep(0.01)
        await other.execute("commit")
        await reading
    finally:
        await other.close()
    assert rows("".join(parts)) == "a: []\nb: []\n"


async def test_memory_does_not_grow_with_the_table(project, db):
    """40 MB of rows take a few MB of ours."""
    await db.execute(
        "create table t (id int primary key, v text);"
        "insert into t select i, repeat('x', 2000) || i from generate_series(1, 20000) i"
    )
    size = 0

    def count(text: str) -> None:
        nonlocal size
        size += len(text)

    tracemalloc.start()
    try:
        await pull(project({}), ["t"], write=count)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 40_000_000
    assert peak < 8_000_000


async def test_no_password_is_in_the_file(project, db, roles, address_as):
    """The address in the comment is redacted."""
    await roles("s3cret")
    await db.execute("create table t (id int primary key); grant select on t to s3cret")
    parts: list[str] = []
    await pull(project({}, database=address_as("s3cret")), ["t"], write=parts.append)
    assert ":s3cret@" not in "".join(parts)


PEOPLE = """
create schema auth;
create table auth.users (
    instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255) unique,
    encrypted_password varchar(255), email_confirmed_at timestamptz, confirmation_token varchar(255),
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz,
    phone varchar(15), phone_confirmed_at timestamptz
);
create table profiles (id uuid primary key references auth.users, name text);
"""

HASH = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

PEOPLE_SEED = """\
auth.users:
  - {id: {$id: ada}, email: ada@example.com, password_hash: HASH, user_metadata: {name: Ada, age: 1.10}}
  - {id: {$id: alan}, phone: "420123456789", confirmed: false, app_metadata: {plan: pro}}
profiles:
  - {id: {$id: ada}, name: Ada}
"""


async def test_people_of_supabase_are_pulled_in_their_form(pulled, run, db):
    """`auth.users` comes in the words that seeds have for it, without hashes; loading that changes nothing."""
    await db.execute(PEOPLE)
    await run({"people.yaml": PEOPLE_SEED.replace("HASH", HASH)})
    before = await db.fetch("select * from auth.users order by id")
    text = await pulled("auth.users", "profiles")
    lines = dict(re.findall(r"- \{id: ([0-9a-f-]+), (.*)\}", text.partition("profiles:")[0]))
    alan, ada = [row["id"] for row in await db.fetch("select id::text from auth.users order by email nulls first")]
    assert lines == {
        ada: "email: ada@example.com, phone: null, user_metadata: {age: 1.10, name: Ada}, "
        "app_metadata: {provider: email, providers: [email]}, confirmed: true, role: authenticated",
        alan: "email: null, phone: 420123456789, user_metadata: {}, "
        "app_metadata: {plan: pro, provider: phone, providers: [phone]}, confirmed: false, role: authenticated",
    }
    assert f"profiles:\n  - {{id: {ada}, name: Ada}}\n" in text
    assert "$2a$" not in text
    (again,) = (await run({"people.yaml": text}, force=True)).values()
    assert {name: (each.inserted, each.updated) for name, each in again.tables.items()} == {
        "auth.users": (0, 0),
        "profiles": (0, 0),
    }
    assert await db.fetch("select * from auth.users order by id") == before
