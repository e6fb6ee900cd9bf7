-- Stands for pgtap, https://pgtap.org, of which tests and not migrations are made.
-- Raises: the assertions that most tests begin with; the rest of some thousand functions is not here.
\echo Use "create extension" to load this file. \quit

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'plan(count int) returns text',
    'no_plan() returns setof boolean',
    'finish(exception_on_failure boolean default null) returns setof text',
    'ok(passed boolean, description text default '''') returns text',
    '"is"(have anyelement, want anyelement, description text default '''') returns text',
    'isnt(have anyelement, want anyelement, description text default '''') returns text',
    'pass(description text default '''') returns text',
    'fail(description text default '''') returns text',
    'has_table(schema name, "table" name, description text default '''') returns text',
    'has_column(schema name, "table" name, "column" name, description text) returns text',
    'has_function(schema name, function name, args name[] default null, description text default '''') returns text',
    'throws_ok(query text, errcode text default null, errmsg text default null, description text default null) returns text',
    'lives_ok(query text, description text default '''') returns text',
    'results_eq(sql text, want text, description text default '''') returns text',
    'is_empty(sql text, description text default '''') returns text',
    'policies_are(schema name, "table" name, policies name[], description text default '''') returns text',
    'runtests(schema name default null, match text default ''^test'') returns setof text'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pgtap is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
