"""What stand-ins do for real: queues, jobs, secrets, checks and indexes."""

from typing import Any

import asyncpg
import pytest


async def test_requests_are_queued(theirs: Any):
    """pg_net puts a request where the real one puts it, so triggers that call a web hook do no harm; it stays there."""
    await theirs.execute("create extension pg_net with schema extensions")
    first = await theirs.fetchval("""select net.http_get('https://example.com/a', params => '{"q": "ä b", "n": 1}')""")
    second = await theirs.fetchval("""select net.http_post(url := 'https://example.com', body := '{"a": 1}'::jsonb)""")
    rows = await theirs.fetch(
        "select id, method, url, headers, convert_from(body, 'UTF8') as body, timeout_milliseconds"
        " from net.http_request_queue order by id"
    )
    assert ([first, second], [tuple(row) for row in rows]) == (
        [1, 2],
        [
            (1, "GET", "https://example.com/a?n=1&q=%C3%A4%20b", "{}", None, 5000),
            (2, "POST", "https://example.com", '{"Content-Type": "application/json"}', '{"a": 1}', 5000),
        ],
    )


async def test_jobs_are_recorded(theirs: Any, db: Any):
    """pg_cron keeps a role's jobs; a second `schedule` of a name changes its job; wrong schedules are refused."""
    await theirs.execute("create extension pg_cron")
    first = await theirs.fetchval("select cron.schedule('nightly', '0 3 * * *', 'vacuum')")
    again = await theirs.fetchval("select cron.schedule('nightly', '*/5 1-5 * jan-mar mon,fri', 'analyze')")
    other = await theirs.fetchval("select cron.schedule('30 seconds', 'select 1')")
    await theirs.execute("select cron.alter_job(job_id := 3, active := false)")
    kept = [
        tuple(row)
        for row in await theirs.fetch(
            "select jobid, schedule, command, active, jobname, username from cron.job order by 1"
        )
    ]
    with pytest.raises(asyncpg.InvalidParameterValueError, match="invalid schedule: 61 minutes"):
        await theirs.execute("select cron.schedule('x', '61 minutes', 'select 1')")
    with pytest.raises(asyncpg.InternalServerError, match="could not find valid entry for job 'absent'"):
        await theirs.execute("select cron.unschedule('absent')")
    with pytest.raises(asyncpg.InternalServerError, match="could not find valid entry for job 'nightly'"):
        await db.execute("select cron.unschedule('nightly')")
    gone = await theirs.fetchrow(
        "select cron.unschedule('nightly'), cron.unschedule(3), (select count(*) from cron.job) as before"
    )
    left = await theirs.fetchval("select count(*) from cron.job")
    assert (first, again, other, kept, tuple(gone), left) == (
        1,
        1,
        3,
        [
            (1, "*/5 1-5 * jan-mar mon,fri", "analyze", True, "nightly", "stand_in_owner"),
            (3, "30 seconds", "select 1", False, None, "stand_in_owner"),
        ],
        (True, True, 2),
        0,
    )


async def test_secrets_are_kept_and_that_they_are_not_encrypted_is_said(theirs: Any):
    """The vault gives back what it was given, and each write warns that nothing is encrypted."""
    warnings: list[str] = []
    theirs.add_log_listener(lambda _connection, message: warnings.append(message.message))
    await theirs.execute("create extension supabase_vault with schema vault")
    made = await theirs.fetchval("select vault.create_secret('s3cret', 'api_key', 'of a shop')")
    await theirs.execute("select vault.update_secret($1, new_secret => 'changed')".replace("$1", f"'{made}'"))
    rows = await theirs.fetch("select name, description, decrypted_secret from vault.decrypted_secrets")
    await theirs.execute("delete from vault.secrets")
    assert ([tuple(row) for row in rows], warnings) == (
        [("api_key", "of a shop", "changed")],
        ["the secret is stored unencrypted: the supabase_vault of this server is a stand-in"] * 2,
    )


async def test_queues_work(theirs: Any):
    """A pgmq queue sends, hides what was read, archives, deletes, counts and goes away, in the hands of its owner."""
    await theirs.execute("create extension pgmq")
    await theirs.execute("select pgmq.create('Orders'); select pgmq.create_unlogged('fast')")
    ask = theirs.fetchval
    sent = [
        await ask("select pgmq.send('Orders', '{\"n\": 1}')"),
        await ask("select pgmq.send(queue_name := 'Orders', msg := '{\"n\": 2}', delay := 0)"),
        *[
            row[0]
            for row in await theirs.fetch(
                "select pgmq.send_batch('Orders', array['{\"n\": 3}', '{\"n\": 4}']::jsonb[])"
            )
        ],
        await ask("select pgmq.send('Orders', '{\"n\": 5}', '{\"h\": 1}'::jsonb, 60)"),
    ]
    read = await theirs.fetch("select msg_id, read_ct, message, headers from pgmq.read('Orders', vt => 30, qty => 2)")
    popped = await theirs.fetch("select msg_id from pgmq.pop('Orders')")
    shown = await theirs.fetch("select msg_id from pgmq.set_vt('Orders', 1, 0)")
    again = await theirs.fetch("select msg_id, read_ct from pgmq.read_with_poll('Orders', 30, 5, 1, 10) order by 1")
    ended = (
        await ask("select pgmq.archive('Orders', 1)"),
        await ask("select pgmq.archive('Orders', 1)"),
        await ask("select pgmq.delete('Orders', 2)"),
        await ask("select array(select pgmq.delete('Orders', array[2, 4, 99]))"),
        await ask("select count(*) from pgmq.a_orders"),
    )
    metrics = await theirs.fetchrow(
        "select queue_name, queue_length, total_messages, queue_visible_length from pgmq.metrics('Orders')"
    )
    queues = [
        tuple(row) for row in await theirs.fetch("select queue_name, is_unlogged from pgmq.list_queues() order by 1")
    ]
    purged, dropped = await ask("select pgmq.purge_queue('Orders')"), await ask("select pgmq.drop_queue('Orders')")
    left = [
        tuple(row)
        for row in await theirs.fetch("select queue_name, to_regclass('pgmq.q_orders') from pgmq.metrics_all()")
    ]
    assert (
        sent,
        [tuple(row) for row in read],
        popped[0]["msg_id"],
        shown[0]["msg_id"],
        [tuple(row) for row in again],
    ) == (
        [1, 2, 3, 4, 5],
        [(1, 1, '{"n": 1}', None), (2, 1, '{"n": 2}', None)],
        3,
        1,
        [(1, 2), (4, 1)],
    )
    assert (ended, tuple(metrics), queues, purged, dropped, left) == (
        (True, False, True, [4], 1),
        ("Orders", 1, 5, 0),
        [("Orders", False), ("fast", True)],
        1,
        True,
        [("fast", None)],
    )


async def test_checks_by_a_json_schema(theirs: Any):
    """A CHECK by a JSON schema lets right rows in and no others; an unknown keyword is told, not passed."""
    await theirs.execute("create extension pg_jsonschema with schema extensions")
    schema = """{
        "type": "object", "required": ["tags"], "additionalProperties": false,
        "$defs": {"tag": {"type": "string", "maxLength": 3}},
        "properties": {"tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1, "uniqueItems": true},
                       "n": {"anyOf": [{"type": "integer", "minimum": 1}, {"const": null}]}}
    }"""
    values = [
        '{"tags": ["a", "b"]}',
        '{"tags": ["a"], "n": 1.0}',
        '{"tags": ["a"], "n": null}',
        '{"tags": ["a"], "n": 0}',
        '{"tags": ["a", "a"]}',
        '{"tags": ["long"]}',
        '{"tags": []}',
        '{"tags": ["a"], "more": 1}',
        "{}",
        "[]",
    ]
    verdicts = await theirs.fetchval(
        "select array(select jsonb_matches_schema($1, v) from unnest($2::jsonb[]) with ordinality u (v, n) order by n)",
        schema,
        values,
    )
    await theirs.execute("""create table kept (v jsonb check (jsonb_matches_schema('{"type": "string"}', v)))""")
    await theirs.execute("""insert into kept values ('"a"')""")
    with pytest.raises(asyncpg.CheckViolationError):
        await theirs.execute("insert into kept values ('1')")
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="does not know the keyword `contains`"):
        await theirs.execute("""select json_matches_schema('{"contains": {}}', '[]')""")
    assert verdicts == [True, True, True, False, False, False, False, False, False, False]


async def test_indexes_of_rum_and_pgroonga_can_be_made(theirs: Any):
    """Migrations with these indexes replay; rum's is used, and what would search wrongly raises."""
    await theirs.execute(
        "create extension rum with schema extensions; create extension pgroonga with schema extensions;"
        "create table page (body text, tags text[], data jsonb, words tsvector);"
        "create index by_rum on page using rum (words rum_tsvector_ops);"
        "create index on page using pgroonga (body, tags, data);"
        "insert into page select repeat(md5(n::text), 200), array['a'], '{}', to_tsvector('simple', 'word' || n)"
        " from generate_series(1, 50) n; set enable_seqscan = off"
    )
    plan = [row[0] for row in await theirs.fetch("explain (costs off) select * from page where words @@ 'word7'")]
    found = await theirs.fetchval("select count(*) from page where words @@ 'word7'")
    with pytest.raises(asyncpg.FeatureNotSupportedError, match=r"^rum_ts_distance\(\) does not work"):
        await theirs.execute("select words <=> 'word7' from page")
    with pytest.raises(asyncpg.FeatureNotSupportedError, match=r"^pgroonga_query_text\(\) does not work"):
        await theirs.execute("select from page where body &@~ 'x'")
    assert (plan[2].strip(), found) == ("->  Bitmap Index Scan on by_rum", 1)
