-- bad: each operation, each way to say yes
create table t (id int primary key, of_user uuid);
alter table t enable row level security;
grant all on t to anon, authenticated;
create policy anybody_adds on t for insert to anon with check (true);
create policy "Users Change" on t for update to authenticated using (1 = 1);
create policy takes on t for delete using ('a' = 'a' or of_user is null or true);
create policy gives_away on t for update to authenticated using (of_user = auth.uid()) with check (not false);
-- found V307 policy public.t."Users Change": policy `"Users Change"` of `public.t` lets `authenticated` update whatever the row is: its `using` is always true
-- found V307 policy public.t.anybody_adds: policy `anybody_adds` of `public.t` lets `anon` insert whatever the row is: its `with check` is always true
-- found V307 policy public.t.gives_away: policy `gives_away` of `public.t` lets `authenticated` update whatever the row is: its `with check` is always true
-- found V307 policy public.t.takes: policy `takes` of `public.t` lets `anon` and `authenticated` delete whatever the row is: its `using` is always true

-- bad: a condition for new rows alone, which lets nobody read
create table t (id int primary key);
alter table t enable row level security;
grant all on t to anon;
create policy adds on t with check (true);
-- found V307 policy public.t.adds: policy `adds` of `public.t` lets `anon` insert whatever the row is: its `with check` is always true

-- bad: for all, which keeps what is read when it is corrected
create table t (id int primary key);
alter table t enable row level security;
grant all on t to anon;
grant select on t to authenticated;
create policy everything on t using (true);
-- found V307 policy public.t.everything: policy `everything` of `public.t` lets `anon` insert, update, delete whatever the row is: its `using` is always true

-- bad: for every user who has logged in
create table t (id int primary key);
alter table t enable row level security;
grant all on t to anon, authenticated;
create policy users on t using (auth.role() = 'authenticated');
create policy people on t for insert with check ((select auth.uid()) is not null);
-- found V307 policy public.t.people: policy `people` of `public.t` lets `authenticated` insert whatever the row is: its `with check` is true for every user
-- found V307 policy public.t.users: policy `users` of `public.t` lets `authenticated` insert, update, delete whatever the row is: its `using` is true for every user

-- bad: for a role that those of the API are members of
create role staff;
grant staff to authenticated;
create table t (id int primary key);
alter table t enable row level security;
grant select, insert on t to staff;
create policy staff on t to staff using (id = id) with check (true);
-- found V307 policy public.t.staff: policy `staff` of `public.t` lets `authenticated` insert whatever the row is: its `using` and `with check` are always true

-- bad: files of everybody
create policy uploads on storage.objects for insert to authenticated with check (true);
-- found V307 policy storage.objects.uploads: policy `uploads` of `storage.objects` lets `authenticated` insert whatever the row is: its `with check` is always true

-- good: reading alone, which is often meant
create table posts (id int primary key);
alter table posts enable row level security;
grant all on posts to anon, authenticated;
create policy public_posts on posts for select using (true);

-- good: for the server, for nobody, and without a right
create table t (id int primary key);
alter table t enable row level security;
grant all on t to service_role;
grant select on t to anon;
create policy server on t to service_role using (true) with check (true);
create policy reads on t to anon using (true);
create policy without_condition on t for insert to anon;

-- good: a restrictive policy says what the permissive one leaves open
create table t (id int primary key, of_user uuid);
alter table t enable row level security;
grant all on t to authenticated;
create policy base on t to authenticated using (true);
create policy own on t as restrictive to authenticated using (of_user = auth.uid());
create policy useless on t as restrictive to authenticated using (true);

-- good: conditions that look like it
create table t (id int primary key, open boolean, a int, b int);
alter table t enable row level security;
grant all on t to authenticated;
create policy flag on t using (open = true);
create policy two on t for update using ((open or true) and a = 1) with check (a = b);

-- good: a table of a schema that is not served
create schema private;
create table private.t (id int primary key);
alter table private.t enable row level security;
grant all on private.t to authenticated;
create policy everything on private.t using (true);
