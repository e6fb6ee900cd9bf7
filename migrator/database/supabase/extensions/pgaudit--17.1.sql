-- Stands for pgaudit, https://github.com/pgaudit/pgaudit.
-- Settings like `pgaudit.log` can be set, and nothing is written to the log: the real one has hooks in the server.
-- Its two event triggers, which do the same for DDL, are not here.
\echo Use "create extension" to load this file. \quit

create function pgaudit_ddl_command_end() returns event_trigger language plpgsql as 'begin end';
create function pgaudit_sql_drop() returns event_trigger language plpgsql as 'begin end';

-- `alter role postgres set pgaudit.log = 'all'`: the platform allows it (supautils.privileged_role_allowed_configs)
do $$
declare
  setting text;
begin
  if current_setting('server_version_num')::int >= 150000 then
    foreach setting in array array[
      'log', 'log_catalog', 'log_client', 'log_level', 'log_relation', 'log_rows', 'log_statement', 'log_statement_once',
      'role'
    ] loop
      execute format('grant set on parameter pgaudit.%I to %s', setting, '@extowner@');
    end loop;
  end if;
end $$;
