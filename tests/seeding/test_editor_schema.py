"""`migrate editor-schema`: a JSON Schema that takes the seed files that `migrate seed` takes, and few others."""

import pytest
import yaml12
from jsonschema import Draft202012Validator

from migrator.errors import MigratorError
from migrator.seeding.editor_schema import editor_schema

SCHEMA = """
create schema auth; create schema "odd ~/%";
create type mood as enum ('sad', 'ok', 'true', '1');
create type point3 as (x int, y numeric, note text);
create table auth.users (id uuid primary key default gen_random_uuid(), email text unique);
create table orgs (org_id serial primary key, slug varchar(5) not null unique, parent_id int references orgs);
comment on table orgs is 'who pays'; comment on column orgs.slug is 'as in the address';
create table members (
    org_id int references orgs, user_id uuid references auth.users, mood mood not null default 'ok', active boolean,
    since date, tags text[], grid int[][], spot point3, spots point3[], doc jsonb, amount numeric,
    loud text generated always as (tags[1] || '!') stored, primary key (org_id, user_id)
);
create table pairs (a int, b int, v text, primary key (a, b));
create table uses (nr int primary key, a int, b int, foreign key (a, b) references pairs);
create table "odd ~/%"."ta/ble ~1" (id int primary key, "co/l" text);
create unique index on auth.users (lower(email));
create view seen as select 1; create table parted (id int primary key) partition by range (id);
create table parted_1 partition of parted for values from (1) to (2);
"""

GOOD = [
    "",
    "orgs: []",
    "orgs:\n  - {org_id: 7, slug: acme}\n  - {slug: 01234, parent_id: {slug: acme}}\n  - {slug: true, parent_id: ~}",
    "public.orgs:\n  - {slug: a}",
    """\
$seed: {env: [local, ci], after: a.yaml}
orgs:
  key: slug
  mode: missing
  keep: [parent_id]
  defaults: {parent_id: {slug: a}}
  rows:
    - {slug: a}
""",
    "orgs: {mode: sync, where: slug = 'a', key: [slug], rows: [{slug: a}]}",
    "auth.users: {key: lower(email), rows: [{id: {$id: ada}, email: {$var: EMAIL}}]}",
    """\
members:
  - org_id: {slug: a}
    user_id: {email: ada@example.com}
    mood: sad
    active: yes
    since: 2026-01-31
    tags: [a, 1, ~, true]
    grid: [[1, 2], [3, 4]]
    spot: {x: 1, y: 1.10}
    spots: [{x: 1}, ~, '(1,2,a)']
    doc: {$a: [1, {b: ~}]}
    amount: 1.10
""",
    "members:\n  - {org_id: {$ref: {orgs: {slug: a}}}, user_id: {$sql: gen_random_uuid()}, mood: 1, active: off}",
    "members:\n  - {org_id: 1, user_id: {$id: ada}, mood: 'true', doc: {$json: hello}, tags: '{a,b}', active: 'TRUE'}",
    "members:\n  - {org_id: {parent_id: {slug: a}}, mood: true, tags: [{$var: A}, {$file: a.txt}]}",
    "uses:\n  - {nr: 1, a: {a: 1, b: 2}}",
    "pairs: {key: [a, b], file: data/pairs.csv.gz}",
    "orgs:\n  - &a {slug: a}\n  - {<<: *a, parent_id: ~}",
    "odd ~/%.ta/ble ~1:\n  - {id: 1, co/l: x}",
]

BAD = {
    "an unknown table": "org: []",
    "an unknown column": "orgs:\n  - {slag: a}",
    "a generated column": "members:\n  - {loud: A}",
    "an unknown enum value": "members:\n  - {mood: happy}",
    "a wrong boolean": "members:\n  - {active: treu}",
    "a text that is too long": "orgs:\n  - {slug: abcdef}",
    "a wrong number": "members:\n  - {amount: true}",
    "NULL where none may be": "orgs:\n  - {slug: ~}",
    "a wrong mode": "orgs: {mode: upset, rows: []}",
    "sync without where": "orgs: {mode: sync, rows: [{slug: a}]}",
    "where without sync": "orgs: {where: 'true', rows: [{slug: a}]}",
    "an unknown option": "orgs: {modes: upsert, rows: []}",
    "options without rows": "orgs: {key: slug}",
    "rows and a file of them": "orgs: {rows: [], file: a.csv}",
    "a file that is no CSV": "orgs: {file: a.xlsx}",
    "one row that is no list": "orgs: {slug: a}",
    "a row that is no mapping": "orgs: [a]",
    "no rows at all": "orgs:",
    "a key without a unique constraint": "members: {key: since, rows: []}",
    "keep of an unknown column": "orgs: {keep: slag, rows: []}",
    "defaults of an unknown column": "orgs: {defaults: {slag: a}, rows: []}",
    "a lookup by an unknown column": "members:\n  - {org_id: {slag: a}}",
    "a lookup by no column": "members:\n  - {org_id: {}}",
    "a lookup in a lookup by an unknown column": "members:\n  - {org_id: {parent_id: {slag: a}}}",
    "a mapping where nothing is referred to": "members:\n  - {since: {a: 1}}",
    "a list where no array is": "orgs:\n  - {slug: [a]}",
    "an unknown field": "members:\n  - {spot: {z: 1}}",
    "an unknown operator": "members:\n  - {since: {$sequel: now()}}",
    "two operators": "members:\n  - {since: {$sql: 'now()', $var: A}}",
    "an unknown table of $ref": "members:\n  - {org_id: {$ref: {org: {slug: a}}}}",
    "a lookup under the second column of a key": "uses:\n  - {nr: 1, b: {a: 1, b: 2}}",
    "an unknown word in the header": "$seed: {envs: [local]}",
    "a view": "seen: []",
    "a list of tables": "- orgs",
}


@pytest.fixture
async def validator(db, project) -> Draft202012Validator:
    """The schema of `SCHEMA`, which is a schema."""
    await db.execute(SCHEMA)
    document = (await editor_schema(project({}))).document
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


async def test_good_and_bad_files(validator):
    """What `migrate seed` takes passes, and each mistake that it would refuse is found."""
    assert {text: [error.message for error in validator.iter_errors(yaml12.load(text))] for text in GOOD} == {
        text: [] for text in GOOD
    }
    assert [what for what, text in BAD.items() if validator.is_valid(yaml12.load(text))] == []


async def test_an_editor_has_something_to_say(validator):
    """Comments, types, defaults and references stand where an editor shows them; tables have each name they go by."""
    document = validator.schema
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert sorted(document["properties"]) == [
        *("$seed", "auth.users", "members", "odd ~/%.ta/ble ~1", "orgs", "pairs", "parted", "public.members"),
        *("public.orgs", "public.pairs", "public.parted", "public.uses", "uses"),
    ]
    row = document["$defs"]["row public.orgs"]["properties"]
    assert {name: cell["description"] for name, cell in row.items()} == {
        "org_id": "integer, default nextval('orgs_org_id_seq'::regclass)",
        "slug": "as in the address (character varying(5), needed in a new row)",
        "parent_id": "integer, refers to orgs",
    }
    assert document["$defs"]["table public.orgs"]["description"] == "who pays"
    assert document["$defs"]["row public.members"]["properties"]["mood"]["anyOf"][0] == {
        "enum": ["sad", "ok", "true", True, "1", 1]
    }


async def test_what_is_pulled_passes(validator, db, pulled):
    """A file that `migrate pull` writes has nothing that an editor would mark."""
    await db.execute(
        "insert into orgs (slug) values ('a'), ('1e3'); insert into auth.users values (gen_random_uuid(), 'ada@x.org');"
        "insert into members (org_id, user_id, active, tags, spots, doc, amount, since) select 1, id, true, "
        "'{a,NULL}', '{\"(1,,x)\"}', '{\"a\": null}', 'NaN', 'infinity' from auth.users"
    )
    for name in ("orgs", "members", "auth.users"):
        document = yaml12.load(await pulled(name))
        assert [error.message for error in validator.iter_errors(document)] == []


async def test_what_is_seeded_and_what_passes_agree(validator, db, run):
    """Every good file that needs nothing else loads, and no bad one does."""
    for what, text in BAD.items():
        if what == "no rows at all" or text:
            with pytest.raises(MigratorError):
                await run({"bad.yaml": text})
    for number, text in enumerate(GOOD[:4]):
        await run({"bad.yaml": "", f"{number}.yaml": text})
    assert await db.fetchval("select count(*) from orgs") == 4


async def test_equal_databases_give_equal_documents(validator, project):
    """The document has no address, no time and no order by chance, so that it can be kept beside the files."""
    again = await editor_schema(project({}))
    assert list(again.document["$defs"]) == list(validator.schema["$defs"])
    assert again.document == validator.schema
    assert (again.path, again.tables) == (None, 7)


async def test_people_of_supabase(db, project):
    """`auth.users` of Supabase has the columns of its form, and lookups have those of the table."""
    await db.execute(
        "create schema auth; create table auth.users (instance_id uuid, id uuid primary key, aud text, role text, "
        "email text, encrypted_password text, email_confirmed_at timestamptz, raw_app_meta_data jsonb, "
        "raw_user_meta_data jsonb, phone text); create table notes (id int primary key, by uuid references auth.users)"
    )
    validator = Draft202012Validator((await editor_schema(project({}))).document)
    good = [
        "auth.users:\n  - {id: {$id: ada}, email: a@b.c, password: {$var: P}, user_metadata: {a: 1}, confirmed: false}",
        "auth.users:\n  keep: [password]\n  defaults: {role: x}\n  rows:\n    - {phone: 420123456789, password: 1234}",
        "notes:\n  - {id: 1, by: {raw_user_meta_data: x}}\n  - {id: 2, by: {$id: ada}}",
    ]
    bad = [
        "auth.users:\n  - {email: a@b.c, aud: x}",
        "auth.users: {key: id, rows: []}",
        "auth.users: {file: a.csv}",
        "auth.users:\n  - {email: a@b.c, confirmed: maybe}",
    ]
    assert [text for text in good if not validator.is_valid(yaml12.load(text))] == []
    assert [text for text in bad if validator.is_valid(yaml12.load(text))] == []
