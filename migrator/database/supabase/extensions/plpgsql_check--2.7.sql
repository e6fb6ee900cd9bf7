-- Stands for plpgsql_check, https://github.com/okbob/plpgsql_check, which needs the compiler of PL/pgSQL.
-- Real: plpgsql_check_pragma, which speaks to the checker alone and so does nothing here.
-- Raises: every other function.
\echo Use "create extension" to load this file. \quit

create function plpgsql_check_pragma(variadic name text[]) returns int language sql immutable
return 0;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'plpgsql_check_function(funcoid regprocedure, relid regclass default 0, format text default ''text'', fatal_errors boolean default true, other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true, security_warnings boolean default false, compatibility_warnings boolean default false, oldtable name default null, newtable name default null) returns setof text',
    'plpgsql_check_function(name text, relid regclass default 0, format text default ''text'', fatal_errors boolean default true, other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true, security_warnings boolean default false, compatibility_warnings boolean default false, oldtable name default null, newtable name default null) returns setof text',
    'plpgsql_check_function_tb(funcoid regprocedure, relid regclass default 0, fatal_errors boolean default true, other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true, security_warnings boolean default false, compatibility_warnings boolean default false, oldtable name default null, newtable name default null) returns table (functionid regproc, lineno int, statement text, sqlstate text, message text, detail text, hint text, level text, "position" int, query text, context text)',
    'plpgsql_show_dependency_tb(funcoid regprocedure, relid regclass default 0) returns table (type text, oid oid, schema text, name text, params text)',
    'plpgsql_profiler_function_tb(funcoid regprocedure) returns table (lineno int, stmt_lineno int, queryids bigint[], cmds_on_row int, exec_stmts bigint, exec_stmts_err bigint, total_time double precision, avg_time double precision, max_time double precision[], processed_rows bigint[], source text)',
    'plpgsql_profiler_reset_all() returns void',
    'plpgsql_profiler_reset(funcoid regprocedure) returns void',
    'plpgsql_coverage_statements(funcoid regprocedure) returns double precision',
    'plpgsql_coverage_branches(funcoid regprocedure) returns double precision',
    'plpgsql_check_tracer(enable boolean default null, verbosity text default null) returns boolean',
    'plpgsql_check_profiler(enable boolean default null) returns boolean'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its plpgsql_check is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
