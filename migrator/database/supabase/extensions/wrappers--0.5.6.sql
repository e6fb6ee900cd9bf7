-- Stands for wrappers, https://github.com/supabase/wrappers: foreign data wrappers of Stripe, S3, BigQuery and others.
-- Real: the empty table of its numbers. The handlers that `create foreign data wrapper ... handler ...` names are not
-- here: a handler has to be written in C.
\echo Use "create extension" to load this file. \quit

create table wrappers_fdw_stats (
  fdw_name text primary key,
  create_times bigint,
  rows_in bigint,
  rows_out bigint,
  bytes_in bigint,
  bytes_out bigint,
  metadata jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'airtable_fdw_meta() returns table (name text, version text, author text, website text)',
    'big_query_fdw_meta() returns table (name text, version text, author text, website text)',
    's3_fdw_meta() returns table (name text, version text, author text, website text)',
    'stripe_fdw_meta() returns table (name text, version text, author text, website text)',
    'wasm_fdw_meta() returns table (name text, version text, author text, website text)'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its wrappers is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
