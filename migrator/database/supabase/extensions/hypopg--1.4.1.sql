-- Stands for hypopg, https://github.com/HypoPG/hypopg: hypothetical indexes, which need the planner's hooks.
-- Real: nothing; hypopg_list_indexes is empty. Raises: every function that makes or shows an index.
\echo Use "create extension" to load this file. \quit

create view hypopg_list_indexes as
select null::oid as indexrelid, null::text as index_name, null::name as schema_name, null::name as table_name,
  null::name as am_name
where false;

create view hypopg_hidden_indexes as
select null::oid as indexrelid, null::name as index_name, null::name as schema_name, null::name as table_name,
  null::name as am_name, null::bool as is_hypo
where false;

-- there is nothing to forget
create function hypopg_reset() returns void language sql as '';
create function hypopg_reset_index() returns void language sql as '';

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'hypopg_create_index(sql_order text, out indexrelid oid, out indexname text) returns setof record',
    'hypopg_drop_index(indexid oid) returns bool',
    'hypopg(out indexname text, out indexrelid oid, out indrelid oid, out innatts int, out indisunique boolean, out indkey int2vector, out indcollation oidvector, out indclass oidvector, out indoption oidvector, out indexprs pg_node_tree, out indpred pg_node_tree, out amid oid) returns setof record',
    'hypopg_relation_size(indexid oid) returns bigint',
    'hypopg_get_indexdef(indexid oid) returns text',
    'hypopg_hide_index(indexid oid) returns bool',
    'hypopg_unhide_index(indexid oid) returns bool',
    'hypopg_unhide_all_indexes() returns void',
    'hypopg_hidden_indexes() returns table (indexid oid)'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its hypopg is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
