-- bad: policies for roles that have no right
create table notes (id int primary key, of_user uuid);
alter table notes enable row level security;
create policy reads on notes for select to authenticated using (of_user = (select auth.uid()));
create policy adds on notes for insert to authenticated with check (of_user = (select auth.uid()));
create policy looks on notes for select to anon using (of_user is null);
create table "Of All" (id int primary key, of_user uuid) partition by list (id);
alter table "Of All" enable row level security;
create policy own on "Of All" using (of_user = (select auth.uid()));
create table jobs (id int primary key);
alter table jobs enable row level security;
create policy server on jobs to service_role using (true);
-- found V320 table public."Of All": policies of `public."Of All"` are for `authenticated`, to whom nothing on it is granted: new tables of `public` get no rights by themselves here, as in every project since 2026-10-30
-- found V320 table public.jobs: policies of `public.jobs` are for `service_role`, to whom nothing on it is granted: new tables of `public` get no rights by themselves here, as in every project since 2026-10-30
-- found V320 table public.notes: policies of `public.notes` are for `anon` and `authenticated`, to whom nothing on it is granted: new tables of `public` get no rights by themselves here, as in every project since 2026-10-30

-- bad: where new tables are open by themselves, and this one is not
alter default privileges in schema public grant all on tables to anon, authenticated;
create table notes (id int primary key, of_user uuid);
revoke all on notes from anon, authenticated;
alter table notes enable row level security;
create policy own on notes for delete to authenticated using (of_user = (select auth.uid()));
-- found V320 table public.notes: policies of `public.notes` are for `authenticated`, to whom nothing on it is granted: new tables of `public` get such rights by themselves here, as in projects before 2026-10-30, so that they were revoked

-- bad: in another schema that is served
create schema api;
grant usage on schema api to authenticated;
alter role authenticator set pgrst.db_schemas = 'api';
create table api.notes (id int primary key, of_user uuid);
alter table api.notes enable row level security;
create policy own on api.notes for update to authenticated using (of_user = (select auth.uid()));
-- found V320 table api.notes: policies of `api.notes` are for `authenticated`, to whom nothing on it is granted: a new table of the schema `api` gets no rights by itself

-- good: some right is there, and a policy for every role is used by one
create table notes (id int primary key, of_user uuid);
alter table notes enable row level security;
create policy own on notes using (of_user = (select auth.uid()));
create policy reads on notes for select to authenticated using (true);
grant select (id) on notes to authenticated;

-- good: not served, or without row level security or a policy
create schema private;
create table private.t (id int primary key);
alter table private.t enable row level security;
create policy p on private.t to authenticated using (true);
create table closed (id int primary key);
alter table closed enable row level security;
create table limited (id int primary key, of_user uuid);
alter table limited enable row level security;
create policy own on limited as restrictive to anon using (of_user = (select auth.uid()));
