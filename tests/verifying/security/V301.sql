-- bad: each role with its rights, of the whole table or of columns
create table mine (id int primary key, name text, note text);
grant select, insert on mine to anon;
grant all on mine to authenticated;
create table "Odd Name" (id int primary key, "Some Note" text);
grant select (id, "Some Note"), update ("Some Note") on "Odd Name" to anon;
-- found V301 table public."Odd Name": row level security is off on `public."Odd Name"`, which the API serves: `anon` may select (`id`, `Some Note`), update (`Some Note`)
-- found V301 table public.mine: row level security is off on `public.mine`, which the API serves: `anon` may select, insert; `authenticated` may select, insert, update, delete

-- bad: a right that came through PUBLIC or through another role
create table everybody (id int primary key);
grant select on everybody to public;
create role analyst;
grant analyst to authenticated;
create table inherited (id int primary key);
grant delete on inherited to analyst;
-- found V301 table public.everybody: row level security is off on `public.everybody`, which the API serves: `anon` and `authenticated` may select
-- found V301 table public.inherited: row level security is off on `public.inherited`, which the API serves: `authenticated` may delete

-- bad: a partitioned table, and a partition whose parent has policies
create table events (day date not null) partition by range (day);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
grant select on events, events_2026 to anon;

create table logs (day date not null, of_user uuid) partition by range (day);
create table logs_2026 partition of logs for values from ('2026-01-01') to ('2027-01-01');
alter table logs enable row level security;
create policy own on logs for select to authenticated using (of_user = (select auth.uid()));
grant select on logs, logs_2026 to authenticated;
-- found V301 table public.events: row level security is off on `public.events`, which the API serves: `anon` may select
-- found V301 table public.events_2026: row level security is off on `public.events_2026` (a partition: policies of the whole table do not hold), which the API serves: `anon` may select
-- found V301 table public.logs_2026: row level security is off on `public.logs_2026` (a partition: policies of the whole table do not hold), which the API serves: `authenticated` may select

-- bad: another schema that the API serves; what was served by default is not any more
create schema "API v2";
grant usage on schema "API v2" to anon;
alter role authenticator set pgrst.db_schemas = 'API v2';
create table "API v2".t (id int primary key);
create table public.t (id int primary key);
grant select on "API v2".t, public.t to anon;
-- found V301 table "API v2".t: row level security is off on `"API v2".t`, which the API serves: `anon` may select

-- bad: a table of the platform's role is no less open
reset role;
create table theirs (id int primary key);
-- found V301 table public.theirs: row level security is off on `public.theirs`, which the API serves: `anon` and `authenticated` may select, insert, update, delete

-- good: row level security, no rights, or none that the API has a request for
create table guarded (id int primary key, of_user uuid);
alter table guarded enable row level security;
create policy own on guarded using (of_user = (select auth.uid()));
grant all on guarded to anon, authenticated;
create table closed (id int primary key);
create table new_era (id int primary key);
grant truncate, references, trigger on new_era to anon, authenticated;
create table of_the_server (id int primary key);
grant all on of_the_server to service_role;

-- good: a schema that is not served, and one that is and that no role may use
create schema private;
grant usage on schema private to anon;
create table private.t (id int primary key);
create schema hidden;
create table hidden.t (id int primary key);
grant all on private.t, hidden.t to anon, authenticated;
alter role authenticator set pgrst.db_schemas = 'public, hidden';

-- good: what an extension made, and what the platform keeps
reset role;
create extension hypopg schema public;
create table public.of_extension (id int primary key);
alter extension hypopg add table public.of_extension;
grant all on public.of_extension to anon;
grant all on table auth.schema_migrations to anon;
-- found V316 extension hypopg: extension `hypopg` is in the schema `public`, which the API serves, with 11 functions and 3 tables or views
