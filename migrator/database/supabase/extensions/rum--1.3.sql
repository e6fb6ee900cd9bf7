-- Stands for rum, https://github.com/postgrespro/rum.
-- Real: `create index ... using rum (column rum_tsvector_ops)` makes an index of PostgreSQL's own GIN, and finds by `@@`.
-- Different: the operator classes with added columns, and for other types, are not here.
-- Raises: the distances, so that no answer is in a wrong order.
\echo Use "create extension" to load this file. \quit

create access method rum type index handler pg_catalog.ginhandler;

create operator class rum_tsvector_ops default for type tsvector using rum as
  operator 1 pg_catalog.@@ (tsvector, tsquery),
  function 1 pg_catalog.gin_cmp_tslexeme(text, text),
  function 2 pg_catalog.gin_extract_tsvector(tsvector, internal, internal),
  function 3 pg_catalog.gin_extract_tsquery(tsvector, internal, int2, internal, internal, internal, internal),
  function 4 pg_catalog.gin_tsquery_consistent(internal, int2, tsvector, int4, internal, internal, internal, internal),
  function 5 pg_catalog.gin_cmp_prefix(text, text, int2, internal),
  function 6 pg_catalog.gin_tsquery_triconsistent(internal, int2, tsvector, int4, internal, internal, internal),
  storage text;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'rum_ts_distance(tsvector, tsquery) returns float4',
    'rum_ts_distance(tsvector, tsquery, int) returns float4',
    'rum_ts_score(tsvector, tsquery) returns float4',
    'rum_ts_score(tsvector, tsquery, int) returns float4'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its rum is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

create operator <=> (leftarg = tsvector, rightarg = tsquery, function = rum_ts_distance);
