-- Stands for index_advisor, https://github.com/supabase/index_advisor.
-- Raises: its one function, which needs hypothetical indexes.
\echo Use "create extension" to load this file. \quit

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'index_advisor(query text) returns table (startup_cost_before jsonb, startup_cost_after jsonb, total_cost_before jsonb, total_cost_after jsonb, index_statements text[], errors text[])'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its index_advisor is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
