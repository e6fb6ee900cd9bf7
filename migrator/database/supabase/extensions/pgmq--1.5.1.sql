-- Stands for pgmq, https://github.com/pgmq/pgmq: message queues in tables pgmq.q_NAME, with archives pgmq.a_NAME.
-- Real: queues, logged and unlogged: send, read, pop, set_vt, delete, archive, purge, drop and metrics.
-- Raises: partitioned queues, which need pg_partman.
\echo Use "create extension" to load this file. \quit

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default now()
);

create type pgmq.message_record as (
  msg_id bigint, read_ct int, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create type pgmq.queue_record as (
  queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);
create type pgmq.metrics_result as (
  queue_name text, queue_length bigint, newest_msg_age_sec int, oldest_msg_age_sec int, total_messages bigint,
  scrape_time timestamptz, queue_visible_length bigint
);

-- names

create function pgmq.validate_queue_name(queue_name text) returns void language plpgsql as $$
begin
  if length(queue_name) > 47 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
end $$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text language plpgsql as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return lower(prefix || '_' || queue_name);
end $$;

create function pgmq.acquire_queue_lock(queue_name text) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('pgmq.queue_' || queue_name));
end $$;

-- making and dropping queues

create function pgmq.stand_in_create(queue_name text, logged text) returns void language plpgsql as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  archive constant text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pgmq.acquire_queue_lock(queue_name);
  execute format(
    'create %s table if not exists pgmq.%I (
      msg_id bigint primary key generated always as identity,
      read_ct int default 0 not null,
      enqueued_at timestamptz default now() not null,
      vt timestamptz not null,
      message jsonb,
      headers jsonb
    )', logged, queue);
  execute format(
    'create table if not exists pgmq.%I (
      msg_id bigint primary key,
      read_ct int default 0 not null,
      enqueued_at timestamptz default now() not null,
      archived_at timestamptz default now() not null,
      vt timestamptz not null,
      message jsonb,
      headers jsonb
    )', archive);
  execute format('create index if not exists %I on pgmq.%I (vt)', queue || '_vt_idx', queue);
  execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged)
  values (stand_in_create.queue_name, false, logged = 'unlogged')
  on conflict do nothing;
end $$;

create function pgmq.create_non_partitioned(queue_name text) returns void language sql
begin atomic
  select pgmq.stand_in_create(queue_name, '');
end;

create function pgmq.create_unlogged(queue_name text) returns void language sql
begin atomic
  select pgmq.stand_in_create(queue_name, 'unlogged');
end;

create function pgmq.create(queue_name text) returns void language sql
begin atomic
  select pgmq.stand_in_create(queue_name, '');
end;

create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql as $$
begin
  perform pgmq.acquire_queue_lock(queue_name);
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
  delete from pgmq.meta as m where m.queue_name = drop_queue.queue_name;
  return true;
end $$;

create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean language sql
begin atomic
  select pgmq.drop_queue(queue_name);
end;

create function pgmq.purge_queue(queue_name text) returns bigint language plpgsql as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  count bigint;
begin
  execute format('lock table pgmq.%I in access exclusive mode', queue);
  execute format('select count(*) from pgmq.%I', queue) into count;
  execute format('truncate pgmq.%I', queue);
  return count;
end $$;

-- an archive is no member of the extension here, so there is nothing to detach
create function pgmq.detach_archive(queue_name text) returns void language sql as '';

-- sending: one function for all forms

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'insert into pgmq.%I (vt, message, headers) select $2, m, h from unnest($1, $3) as u (m, h) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using msgs, delay, headers;
end $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp());
end;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp());
end;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay int) returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp() + make_interval(secs => delay));
end;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], delay);
end;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay int)
returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay));
end;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz)
returns setof bigint language sql
begin atomic
  select * from pgmq.send_batch(queue_name, array[msg], array[headers], delay);
end;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql
begin atomic
  select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp());
end;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql
begin atomic
  select * from pgmq.send(queue_name, msg, headers, clock_timestamp());
end;

create function pgmq.send(queue_name text, msg jsonb, delay int) returns setof bigint language sql
begin atomic
  select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp() + make_interval(secs => delay));
end;

create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql
begin atomic
  select * from pgmq.send(queue_name, msg, null::jsonb, delay);
end;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay int) returns setof bigint language sql
begin atomic
  select * from pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay));
end;

-- reading: a message that is read is not seen for `vt` seconds

create function pgmq.read(queue_name text, vt int, qty int, conditional jsonb default '{}')
returns setof pgmq.message_record language plpgsql as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
begin
  return query execute format(
    'with seen as materialized (
      select msg_id from pgmq.%1$I
      where vt <= clock_timestamp() and message @> $3
      order by msg_id limit $1 for update skip locked
    )
    update pgmq.%1$I as q
    set vt = clock_timestamp() + make_interval(secs => $2), read_ct = q.read_ct + 1
    from seen where q.msg_id = seen.msg_id
    returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, q.headers', queue)
  using qty, vt, conditional;
end $$;

create function pgmq.read_with_poll(
  queue_name text, vt int, qty int, max_poll_seconds int default 5, poll_interval_ms int default 100,
  conditional jsonb default '{}'
) returns setof pgmq.message_record language plpgsql as $$
declare
  until constant timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
begin
  loop
    return query select * from pgmq.read(queue_name, vt, qty, conditional);
    exit when found or clock_timestamp() >= until;
    perform pg_sleep(poll_interval_ms / 1000.0);
  end loop;
end $$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record language plpgsql as $$
begin
  return query execute format(
    'with seen as materialized (
      select msg_id from pgmq.%1$I where vt <= clock_timestamp() order by msg_id limit 1 for update skip locked
    )
    delete from pgmq.%1$I as q using seen where q.msg_id = seen.msg_id
    returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, q.headers',
    pgmq.format_table_name(queue_name, 'q'));
end $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt int) returns setof pgmq.message_record
language plpgsql as $$
begin
  return query execute format(
    'update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2) where msg_id = $1
    returning msg_id, read_ct, enqueued_at, vt, message, headers', pgmq.format_table_name(queue_name, 'q'))
  using msg_id, vt;
end $$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'delete from pgmq.%I where msg_id = any ($1) returning msg_id', pgmq.format_table_name(queue_name, 'q'))
  using msg_ids;
end $$;

create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql
begin atomic
  select exists (select from pgmq.delete(queue_name, array[msg_id]));
end;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'with archived as (
      delete from pgmq.%I where msg_id = any ($1) returning msg_id, vt, read_ct, enqueued_at, message, headers
    )
    insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers) select * from archived returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'))
  using msg_ids;
end $$;

create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql
begin atomic
  select exists (select from pgmq.archive(queue_name, array[msg_id]));
end;

-- looking

create function pgmq.list_queues() returns setof pgmq.queue_record language sql
begin atomic
  select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta;
end;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result language plpgsql as $$
declare
  told pgmq.metrics_result;
  queue constant text := pgmq.format_table_name(queue_name, 'q');
begin
  execute format(
    'select $1, count(*), extract(epoch from now() - max(enqueued_at))::int,
      extract(epoch from now() - min(enqueued_at))::int,
      (select case when s.is_called then s.last_value else 0 end from pgmq.%I as s), now(),
      count(*) filter (where vt <= clock_timestamp())
    from pgmq.%I', queue || '_msg_id_seq', queue)
  into told using queue_name;
  return told;
end $$;

create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql
begin atomic
  select (pgmq.metrics(m.queue_name)).* from pgmq.meta m;
end;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'pgmq.create_partitioned(queue_name text, partition_interval text default ''10000'', retention_interval text default ''100000'') returns void',
    'pgmq.convert_archive_partitioned(table_name text, partition_interval text default ''10000'', retention_interval text default ''100000'', leading_partition int default 10) returns void'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pgmq is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

-- as on Supabase, where all of it belongs to who made the extension
do $$
declare
  made record;
begin
  for made in
    select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'pgmq'::regnamespace
  loop
    execute format('alter function %s owner to %s', made.name, '@extowner@');
  end loop;
  alter table pgmq.meta owner to @extowner@;
end $$;
select pg_extension_config_dump('pgmq.meta', '');
