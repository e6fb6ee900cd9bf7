-- Stands for pg_tle, https://github.com/aws/pg_tle, which makes `create extension` read from the database.
-- Real: the lists of what is installed, which are empty. Raises: everything else.
\echo Use "create extension" to load this file. \quit

create type pgtle.password_types as enum ('PASSWORD_TYPE_PLAINTEXT', 'PASSWORD_TYPE_MD5', 'PASSWORD_TYPE_SCRAM_SHA_256');
create type pgtle.pg_tle_features as enum ('passcheck', 'clientauth');

create table pgtle.feature_info (
  feature pgtle.pg_tle_features not null,
  schema_name text not null,
  proname text not null,
  obj_identity text not null
);

create function pgtle.available_extensions(out name name, out default_version text, out comment text)
returns setof record language sql as 'select null::name, null::text, null::text where false';

create function pgtle.available_extension_versions(
  out name name, out version text, out superuser boolean, out trusted boolean, out relocatable boolean,
  out schema name, out requires name[], out comment text
) returns setof record language sql as
'select null::name, null::text, null::bool, null::bool, null::bool, null::name, null::name[], null::text where false';

create function pgtle.extension_update_paths(name name, out source text, out target text, out path text)
returns setof record language sql as 'select null::text, null::text, null::text where false';

do $$
begin
  if not exists (select from pg_roles where rolname = 'pgtle_admin') then
    create role pgtle_admin nologin;
  end if;
end $$;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'pgtle.install_extension(name text, version text, description text, ext text, requires text[] default null) returns boolean',
    'pgtle.install_extension(name text, version text, description text, ext text, requires text[], schema text) returns boolean',
    'pgtle.install_extension_version_sql(name text, version text, ext text) returns boolean',
    'pgtle.install_update_path(name text, fromvers text, tovers text, ext text) returns boolean',
    'pgtle.set_default_version(name text, version text) returns boolean',
    'pgtle.uninstall_extension(extname text) returns boolean',
    'pgtle.uninstall_extension(extname text, version text) returns boolean',
    'pgtle.uninstall_extension_if_exists(extname text) returns boolean',
    'pgtle.uninstall_update_path(extname text, fromvers text, tovers text) returns boolean',
    'pgtle.uninstall_update_path_if_exists(extname text, fromvers text, tovers text) returns boolean',
    'pgtle.register_feature(proc regproc, feature pgtle.pg_tle_features) returns void',
    'pgtle.register_feature_if_not_exists(proc regproc, feature pgtle.pg_tle_features) returns boolean',
    'pgtle.unregister_feature(proc regproc, feature pgtle.pg_tle_features) returns void',
    'pgtle.unregister_feature_if_exists(proc regproc, feature pgtle.pg_tle_features) returns boolean',
    'pgtle.create_shell_type(typenamespace regnamespace, typename name) returns void',
    'pgtle.create_base_type(typenamespace regnamespace, typename name, infunc regprocedure, outfunc regprocedure, internallength int) returns void',
    'pgtle.create_operator_func(typenamespace regnamespace, typename name, opfunc regprocedure) returns void'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_tle is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
