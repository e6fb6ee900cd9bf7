-- Stands for pg_graphql, https://github.com/supabase/pg_graphql.
-- Real: graphql.comment_directive, which reads `@graphql({...})` out of a comment, graphql.exception and the schema's version.
-- Raises: graphql.resolve. Comments like `comment on table ... is e'@graphql({"totalCount": {"enabled": true}})'` are kept.
\echo Use "create extension" to load this file. \quit

create function graphql.comment_directive(comment_ text) returns jsonb language sql immutable
return coalesce(substring(comment_ from '@graphql\((.*)\)'), '{}')::jsonb;

create function graphql.exception(message text) returns text language plpgsql as $$
begin
  raise exception using errcode = '22000', message = message;
end $$;

create sequence graphql.seq_schema_version as int cycle;

create function graphql.get_schema_version() returns int language sql security definer set search_path = pg_catalog as
'select last_value::int from graphql.seq_schema_version';

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'graphql._internal_resolve(query text, variables jsonb default ''{}'', "operationName" text default null, extensions jsonb default null) returns jsonb',
    'graphql.resolve(query text, variables jsonb default ''{}'', "operationName" text default null, extensions jsonb default null) returns jsonb'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_graphql is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

create function graphql.increment_schema_version() returns event_trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform nextval('graphql.seq_schema_version');
end $$;

grant usage on schema graphql to public;
