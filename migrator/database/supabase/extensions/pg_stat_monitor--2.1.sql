-- Stands for pg_stat_monitor, https://github.com/percona/pg_stat_monitor, which has hooks in the executor.
-- Real: nothing; the view has no rows. Raises: what decodes its numbers.
\echo Use "create extension" to load this file. \quit

create view pg_stat_monitor as
select null::bigint as bucket, null::timestamptz as bucket_start_time, null::oid as userid, null::text as username,
  null::oid as dbid, null::text as datname, null::text as client_ip, null::bigint as pgsm_query_id,
  null::bigint as queryid, null::bool as toplevel, null::text as query, null::text as comments,
  null::bigint as calls, null::double precision as total_exec_time, null::double precision as mean_exec_time,
  null::bigint as rows
where false;

-- there is nothing to forget
create function pg_stat_monitor_reset() returns void language sql as '';

create function pg_stat_monitor_version() returns text language sql immutable
return 'stand-in of pg_stat_monitor 2.1';

grant select on pg_stat_monitor to public;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'decode_error_level(elevel int) returns text',
    'get_cmd_type(cmd_type int) returns text',
    'get_histogram_timings() returns text',
    'histogram(_bucket int, _quryid bigint) returns setof record',
    'range() returns text[]'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_stat_monitor is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
