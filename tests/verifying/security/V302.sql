-- bad: policies that nobody asks
create table notes (id int primary key, of_user uuid);
create policy "read own" on notes for select using (of_user = (select auth.uid()));
create policy "write own" on notes for insert with check (of_user = (select auth.uid()));
-- found V302 table public.notes: row level security is off on `public.notes`, so that its policies do nothing: `"read own"`, `"write own"`

-- bad: in a schema that is not served, of a partitioned table
create schema private;
create table private.t (id int) partition by list (id);
create policy mine on private.t using (id = 1);
-- found V302 table private.t: row level security is off on `private.t`, so that its policies do nothing: `mine`

-- bad: of a table that the API serves, which is worse
create table posts (id int primary key);
create policy "read all" on posts for select using (true);
grant select on posts to anon;
-- found V301 table public.posts: row level security is off on `public.posts`, which the API serves: `anon` may select
-- found V302 table public.posts: row level security is off on `public.posts`, so that its policies do nothing: `"read all"`

-- good: they are asked
create table notes (id int primary key, of_user uuid);
alter table notes enable row level security;
create policy "read own" on notes for select using (of_user = (select auth.uid()));
grant select on notes to authenticated;
