-- Stands for pg_repack, https://github.com/reorg/pg_repack, whose work is done by a program of that name.
-- Real: repack.version. Raises: what that program calls.
\echo Use "create extension" to load this file. \quit

create schema repack;

create function repack.version() returns text language sql immutable
return 'stand-in of pg_repack 1.5.2';

create function repack.version_sql() returns text language sql immutable
return 'stand-in of pg_repack 1.5.2';

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'repack.repack_apply(sql_peek text, sql_insert text, sql_delete text, sql_update text, sql_pop text, count int) returns int',
    'repack.repack_swap(relid oid) returns void',
    'repack.repack_drop(relid oid, numobj int) returns void'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_repack is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
