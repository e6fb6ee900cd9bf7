-- Stands for pgaudit, https://github.com/pgaudit/pgaudit.
-- Settings like `pgaudit.log` can be set, and nothing is written to the log: the real one has hooks in the server.
-- Its two event triggers, which do the same for DDL, are not here.
\echo Use "create extension" to load this file. \quit

create function pgaudit_ddl_command_end() returns event_trigger language plpgsql as 'begin end';
create function pgaudit_sql_drop() returns event_trigger language plpgsql as 'begin end';
