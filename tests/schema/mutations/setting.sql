-- extra setting jit
do $$ begin execute format('alter database %I set jit = off', current_database()); end $$

-- changed setting work_mem
do $$ begin execute format('alter database %I set work_mem = ''6MB''', current_database()); end $$

-- missing setting work_mem
do $$ begin execute format('alter database %I reset work_mem', current_database()); end $$

-- of a role
-- changed setting statement_timeout of rich_reader
do $$ begin
    execute format('alter role rich_reader in database %I set statement_timeout = ''6s''', current_database());
end $$

-- extra setting search_path of rich_writer
do $$ begin
    execute format('alter role rich_writer in database %I set search_path = app, public', current_database());
end $$

-- what may be a secret
-- changed setting rich.api
do $$ begin execute format('alter database %I set rich.api = ''second''', current_database()); end $$

-- changed database current
do $$ begin execute format('grant create on database %I to rich_reader', current_database()); end $$

-- changed database current
do $$ begin execute format('revoke connect on database %I from public', current_database()); end $$

-- missing database current
do $$ begin execute format('revoke connect on database %I from rich_reader', current_database()); end $$
