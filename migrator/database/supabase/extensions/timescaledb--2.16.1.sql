-- Stands for timescaledb, https://github.com/timescale/timescaledb, which Supabase has on PostgreSQL 15 alone.
-- Real: time_bucket for intervals without months, on date_bin of the core, from the same origin.
-- Raises: hypertables and everything about them: a table that is no hypertable would be another schema.
\echo Use "create extension" to load this file. \quit

create function time_bucket(bucket_width interval, ts timestamptz) returns timestamptz
language sql immutable strict parallel safe
return date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00');

create function time_bucket(bucket_width interval, ts timestamp) returns timestamp
language sql immutable strict parallel safe
return date_bin(bucket_width, ts, timestamp '2000-01-03 00:00:00');

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'create_hypertable(relation regclass, time_column_name name, partitioning_column name default null, number_partitions int default null, associated_schema_name name default null, associated_table_prefix name default null, chunk_time_interval anyelement default null::bigint, create_default_indexes boolean default true, if_not_exists boolean default false, partitioning_func regproc default null, migrate_data boolean default false) returns table (hypertable_id int, schema_name name, table_name name, created bool)',
    'set_chunk_time_interval(hypertable regclass, chunk_time_interval anyelement) returns void',
    'add_retention_policy(relation regclass, drop_after interval, if_not_exists boolean default false) returns int',
    'remove_retention_policy(relation regclass, if_exists boolean default false) returns void',
    'add_compression_policy(hypertable regclass, compress_after interval, if_not_exists boolean default false) returns int',
    'remove_compression_policy(hypertable regclass, if_exists boolean default false) returns boolean',
    'add_continuous_aggregate_policy(continuous_aggregate regclass, start_offset interval, end_offset interval, schedule_interval interval, if_not_exists boolean default false) returns int',
    'show_chunks(relation regclass, older_than anyelement default null::bigint, newer_than anyelement default null::bigint) returns setof regclass',
    'drop_chunks(relation regclass, older_than anyelement default null::bigint, newer_than anyelement default null::bigint) returns setof text',
    'compress_chunk(uncompressed_chunk regclass, if_not_compressed boolean default true) returns regclass',
    'decompress_chunk(uncompressed_chunk regclass, if_compressed boolean default true) returns regclass'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its timescaledb is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
