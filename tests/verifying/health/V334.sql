-- bad: two of one action and role, which are one with `or`
create table notes (id int primary key, of_user uuid, public boolean);
alter table notes enable row level security;
create policy own on notes for select to authenticated using (of_user = (select auth.uid()));
create policy "Of All" on notes for select to authenticated using (public);
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `select` by `authenticated`: `Of All`, `own`

-- bad: two that check what is written
create table notes (id int primary key, of_user uuid, public boolean);
alter table notes enable row level security;
create policy a on notes for update using (of_user = (select auth.uid()));
create policy b on notes for update using (public) with check (not public);
create table lines (id int primary key, public boolean);
alter table lines enable row level security;
create policy a on lines for insert to anon with check (id > 0);
create policy b on lines for insert to anon with check (public);
-- found V334 table public.lines: more than one permissive policy of `public.lines` is asked for a row: `insert` by `anon`: `a`, `b`
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `update` by `public`: `a`, `b`

-- bad: one for every action and one for one of them; one for every role and one for one of them
create table notes (id int primary key, of_user uuid, public boolean);
alter table notes enable row level security;
create policy own on notes to authenticated using (of_user = (select auth.uid()));
create policy reads on notes for select using (public);
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `select` by `authenticated`: `own`, `reads`

-- bad: three, of which roles are asked different ones
create table notes (id int primary key, of_user uuid, public boolean);
alter table notes enable row level security;
create policy all_read on notes for select using (public);
create policy anon_reads on notes for select to anon using (id = 1);
create policy known_read on notes for select to authenticated, anon using (id = 2);
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `select` by `anon`: `all_read`, `anon_reads`, `known_read`; `select` by `authenticated`: `all_read`, `known_read`

-- bad: a role has what another role has
create role staff;
create role managers;
grant staff to managers;
create table notes (id int primary key, public boolean);
alter table notes enable row level security;
create policy of_staff on notes for select to staff using (public);
create policy of_managers on notes for select to managers using (true);
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `select` by `managers`: `of_managers`, `of_staff`

-- bad: a partitioned table
create table notes (id int, public boolean) partition by list (id);
alter table notes enable row level security;
create policy a on notes for delete using (public);
create policy b on notes using (id = 1);
-- found V333 table public.notes: `public.notes` has no primary key
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `delete` by `public`: `a`, `b`

-- bad: the owner is asked, too, where row level security is forced
create role keeper;
grant keeper to postgres;
create table notes (id int primary key, public boolean);
alter table notes enable row level security;
alter table notes force row level security;
create policy a on notes for select to keeper using (public);
create policy b on notes for select to keeper using (id = 1);
reset role;
alter table notes owner to keeper;
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `select` by `keeper`: `a`, `b`

-- good: other actions, other roles, restrictive ones, and roles that are asked none
create role keeper;
grant keeper to postgres;
create table notes (id int primary key, of_user uuid, public boolean);
alter table notes enable row level security;
create policy reads on notes for select to anon using (public);
create policy own on notes for select to authenticated using (of_user = (select auth.uid()));
create policy adds on notes for insert to authenticated with check (of_user = (select auth.uid()));
create policy narrows on notes as restrictive for select using (id > 0);
create policy server on notes to service_role using (true);
create policy server_reads on notes for select to service_role using (true);
create policy keeps on notes for select to keeper using (true);
create policy keeps_too on notes for select to keeper using (true);
reset role;
alter table notes owner to keeper;

-- good: nobody asks them
create table notes (id int primary key, public boolean);
create policy a on notes for select using (public);
create policy b on notes for select using (true);
