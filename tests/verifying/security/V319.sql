-- bad: the ledger in `public`, and a table of ours
create table _yoyo_migration (migration_hash varchar(64) primary key, migration_id varchar(255));
create table yoyo_lock (locked int primary key);
grant select, insert (migration_id) on _yoyo_migration to anon;
grant all on _yoyo_migration to authenticated;
grant select on yoyo_lock to public;
create schema migrator;
create table migrator.journal (id text primary key);
grant usage on schema migrator to authenticated;
grant select on migrator.journal to authenticated;
-- found V319 table migrator.journal: `migrator.journal`, which tells what is applied, is open to roles of the API, though it does not serve `migrator`: `authenticated` may select
-- found V319 table public._yoyo_migration: `public._yoyo_migration`, which tells what is applied, is open to roles of the API: `anon` may select, insert; `authenticated` may select, insert, update, delete
-- found V319 table public.yoyo_lock: `public.yoyo_lock`, which tells what is applied, is open to roles of the API: `anon` may select; `authenticated` may select

-- bad: row level security with a policy that lets them through
create table _yoyo_log (id text primary key);
alter table _yoyo_log enable row level security;
create policy reads on _yoyo_log for select to anon using (true);
grant select on _yoyo_log to anon, authenticated;
-- found V319 table public._yoyo_log: `public._yoyo_log`, which tells what is applied, is open to roles of the API: `anon` may select

-- good: closed
create table _yoyo_migration (migration_hash varchar(64) primary key);
grant select on _yoyo_migration to service_role;
grant truncate, trigger on _yoyo_migration to anon;
create table _yoyo_log (id text primary key);
alter table _yoyo_log enable row level security;
grant all on _yoyo_log to anon;
create schema migrator;
create table migrator.journal (id text primary key);
grant select on migrator.journal to anon;
