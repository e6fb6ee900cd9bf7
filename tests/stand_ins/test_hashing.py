"""Hashes, passwords, random values and UUIDs of the stand-ins of pgcrypto, uuid-ossp and pgjwt."""

import asyncio
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing import FOLDER, run, version


async def test_hashes_and_name_based_uuids_are_those_of_python(theirs: Any):
    """digest, hmac and the UUIDs of names agree with the standard library, over blocks and keys of every length."""
    await theirs.execute('create extension pgcrypto; create extension "uuid-ossp"')
    kinds = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
    texts = ["", "a", "ä€😀", *("x" * size for size in (54, 55, 56, 63, 64, 65, 111, 112, 119, 120, 128, 129, 1000))]
    found = await theirs.fetch(
        "select k as kind, t as text, digest(t, k) as digest, hmac('data ' || t, t, k) as hmac,"
        " uuid_generate_v3(uuid_ns_url(), t) as v3, uuid_generate_v5(uuid_ns_x500(), t) as v5"
        ' from unnest($1::text[]) k, unnest($2::text[]) t order by k, t collate "C"',
        kinds,
        texts,
    )
    assert [tuple(row) for row in found] == [
        (
            kind,
            text,
            hashlib.new(kind, text.encode()).digest(),
            hmac.new(text.encode(), b"data " + text.encode(), kind).digest(),
            uuid.uuid3(uuid.NAMESPACE_URL, text),
            uuid.uuid5(uuid.NAMESPACE_X500, text),
        )
        for kind in kinds
        for text in sorted(texts, key=str.encode)
    ]


async def test_passwords_are_bcrypt(theirs: Any):
    """A crypt gives what every bcrypt gives (vectors of crypt_blowfish and FreeBSD), and knows its own results."""
    await theirs.execute("create extension pgcrypto with schema extensions")
    known = await theirs.fetchrow(
        "select crypt('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.'), crypt('', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.'),"
        " crypt('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',"
        " '$2a$05$abcdefghijklmnopqrstuu'), crypt('password', '$1$abcdefgh')"
    )
    own = await theirs.fetchrow(
        "select h = crypt('secret', h) as right, h = crypt('Secret', h) as wrong,"
        " h ~ '^\\$2a\\$06\\$[./A-Za-z0-9]{53}$' as told,"
        " gen_salt('bf', 12) ~ '^\\$2a\\$12\\$[./A-Za-z0-9]{22}$' as cost,"
        " gen_salt('md5') ~ '^\\$1\\$[./A-Za-z0-9]{8}$' as md5,"
        " gen_salt('bf') <> gen_salt('bf') as random from (select crypt('secret', gen_salt('bf')) as h offset 0) s"
    )
    assert (tuple(known), dict(own)) == (
        (
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
            "$1$abcdefgh$G//4keteveJp0qb8z2DxG/",
        ),
        {"right": True, "wrong": False, "told": True, "cost": True, "md5": True, "random": True},
    )


async def test_random_bytes_and_uuids(theirs: Any):
    """Random values have the length, version and variant that they should have, and none comes twice."""
    await theirs.execute('create extension pgcrypto with schema extensions; create extension "uuid-ossp"')
    row = await theirs.fetchrow(
        "select array(select length(gen_random_bytes(n)) from unnest(array[1, 12, 13, 14, 1024]) n) as lengths,"
        " (select count(distinct gen_random_bytes(16)) from generate_series(1, 100)) as different,"
        " (select count(distinct get_byte(gen_random_bytes(64), i)) > 200 from generate_series(0, 63) i,"
        " generate_series(1, 30)) as spread,"
        " array[uuid_extract_version(uuid_generate_v1()), uuid_extract_version(uuid_generate_v1mc()),"
        " uuid_extract_version(uuid_generate_v4()), uuid_extract_version(extensions.gen_random_uuid())] as versions,"
        " abs(extract(epoch from uuid_extract_timestamp(uuid_generate_v1()) - clock_timestamp())) < 5 as now,"
        " (select count(distinct uuid_generate_v1()) from generate_series(1, 100)) as times"
    )
    assert dict(row) == {
        "lengths": [1, 12, 13, 14, 1024],
        "different": 100,
        "spread": True,
        "versions": [1, 1, 4, 4],
        "now": True,
        "times": 100,
    }


async def test_tokens_are_json_web_tokens(theirs: Any):
    """The token is the one that jwt.io shows for these words, and verify asks signature and time."""
    await theirs.execute("create extension pgjwt with schema extensions cascade")
    token = await theirs.fetchval("""select sign('{"sub":"1234567890","name":"John Doe","admin":true}', 'secret')""")
    verdicts = await theirs.fetchrow(
        "select (select valid from verify($1, 'secret')) as right, (select valid from verify($1, 'other')) as wrong,"
        """ (select valid from verify(sign('{"exp": 1}', 's', 'HS512'), 's', 'HS512')) as late,"""
        " (select payload->>'name' from verify($1, 'secret')) as name",
        token,
    )
    assert (token, dict(verdicts)) == (
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9."
            "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ"
        ),
        {"right": True, "wrong": False, "late": False, "name": "John Doe"},
    )


@pytest.fixture
def beside(
    server_dsn: str, dsn: str, need: Callable[[str, str | None], None]
) -> Iterator[Callable[[str, list[Any]], list[Any]]]:
    """The real pgcrypto and uuid-ossp in the schema `real`, the stand-ins' functions in the schema `ours`."""
    names = run(
        server_dsn,
        lambda found: found.fetchval(
            "select count(*) from pg_available_extensions"
            " where name in ('pgcrypto', 'uuid-ossp') and comment !~ 'stand-in'"
        ),
    )
    need("pgcrypto", None if names == 2 else "this server has no pgcrypto to compare with; Debian's has")
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(dsn, statement_cache_size=0))
    loop.run_until_complete(connection.execute("create schema real; create schema ours; set search_path = ours"))
    for name in ("pgcrypto", "uuid-ossp"):
        loop.run_until_complete(connection.execute(f'create extension "{name}" with schema real'))
        script = (FOLDER / f"{name}--{version(name)}.sql").read_text()
        loop.run_until_complete(connection.execute(re.sub(r"^\\.*$", "", script, flags=re.MULTILINE)))

    def ask(sql: str, values: list[Any]) -> list[Any]:
        rows = loop.run_until_complete(connection.fetch(sql, *values))
        return [tuple(row) for row in rows]

    yield ask
    loop.run_until_complete(connection.close())
    loop.close()


def test_the_real_ones_say_the_same(beside: Callable[[str, list[Any]], list[Any]]):
    """On any input the stand-ins' digest, hmac, crypt and UUIDs are those of the real pgcrypto and uuid-ossp."""
    texts = st.lists(
        st.text(st.characters(blacklist_characters="\0", codec="utf-8"), max_size=200), min_size=2, max_size=4
    )

    @settings(max_examples=5, deadline=None, database=None)
    @given(
        texts,
        st.binary(min_size=16, max_size=16),
        st.sampled_from(["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]),
    )
    def same(words: list[str], salt: bytes, kind: str) -> None:
        both = " union all ".join(
            f"""select {schema}.digest(w, $2) as digest, {schema}.hmac(w, $4, $2) as hmac,
            {schema}.hmac(convert_to(w, 'UTF8'), $3, $2) as hmac_bytes,
            {schema}.uuid_generate_v3({schema}.uuid_ns_oid(), w) as v3,
            {schema}.uuid_generate_v5({schema}.uuid_ns_dns(), w) as v5,
            {schema}.crypt(w, ours.stand_in_salt('bf', 4, $3)) as bf,
            {schema}.crypt(w, ours.stand_in_salt('md5', 0, $3)) as md5 from unnest($1::text[]) w"""
            for schema in ("real", "ours")
        )
        rows = beside(both, [words, kind, salt, words[-1]])
        assert rows[len(words) :] == rows[: len(words)]

    same()
    salts = (
        "select regexp_replace({0}.gen_salt('bf'), '.{{22}}$', ''), length({0}.gen_salt('bf', 31)),"
        " length({0}.gen_salt('md5'))"
    )
    assert (
        beside(salts.format("ours"), []),
        beside("select ours.crypt('x', real.gen_salt('bf', 4)) ~ '^\\$2a\\$04'", []),
    ) == (
        beside(salts.format("real"), []),
        [(True,)],
    )
