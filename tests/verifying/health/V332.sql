-- bad: each call, in each part, and each way to write it
create table notes (id int primary key, of_user uuid, team text, kind text);
alter table notes enable row level security;
create policy own on notes using (auth.uid() = of_user);
create policy "Add Own" on notes for insert to authenticated with check (auth.uid() = of_user and kind = 'it''s');
create policy claims on notes for update using (auth.jwt() ->> 'team' = team) with check (auth.role() = 'authenticated');
create policy mail on notes for delete using (team = auth.email());
create policy setting on notes for select using (current_setting('app.team', true) = team);
create policy cast_ on notes as restrictive for select using ((auth.uid())::text = team);
-- found V332 policy public.notes."Add Own": the policy `Add Own` of `public.notes` calls `auth.uid()` once for each row, in `with check`
-- found V332 policy public.notes.cast_: the policy `cast_` of `public.notes` calls `auth.uid()` once for each row, in `using`
-- found V332 policy public.notes.claims: the policy `claims` of `public.notes` calls `auth.jwt()`, `auth.role()` once for each row, in `using` and `with check`
-- found V332 policy public.notes.mail: the policy `mail` of `public.notes` calls `auth.email()` once for each row, in `using`
-- found V332 policy public.notes.own: the policy `own` of `public.notes` calls `auth.uid()` once for each row, in `using`
-- found V332 policy public.notes.setting: the policy `setting` of `public.notes` calls `current_setting(...)` once for each row, in `using`
-- found V334 table public.notes: more than one permissive policy of `public.notes` is asked for a row: `delete` by `public`: `mail`, `own`; `insert` by `authenticated`: `Add Own`, `own`; `select` by `public`: `own`, `setting`; `update` by `public`: `claims`, `own`

-- bad: as an argument, and in a query of tables
create table members (of_user uuid, team text);
create function may(who uuid, team text) returns boolean language sql stable set search_path = '' as 'select true';
create table notes (id int primary key, of_user uuid, team text);
alter table notes enable row level security;
create policy argument on notes for select using (may(auth.uid(), team));
create policy joined on notes for insert
    with check (exists (select from members m where m.of_user = auth.uid() and m.team = notes.team));
create policy listed on notes for update using (team in (select m.team from members m where m.of_user = auth.uid()));
-- found V332 policy public.notes.argument: the policy `argument` of `public.notes` calls `auth.uid()` once for each row, in `using`
-- found V332 policy public.notes.joined: the policy `joined` of `public.notes` calls `auth.uid()` once for each row, in `with check`
-- found V332 policy public.notes.listed: the policy `listed` of `public.notes` calls `auth.uid()` once for each row, in `using`
-- found V333 table public.members: `public.members` has no primary key

-- bad: one is in a query of its own, and one is not
create table notes (id int primary key, of_user uuid, team text);
alter table notes enable row level security;
create policy half on notes for select using ((select auth.uid()) = of_user or auth.jwt() ->> 'team' = team);
create policy parts on notes for update using ((select auth.uid()) = of_user) with check (auth.uid() = of_user);
-- found V332 policy public.notes.half: the policy `half` of `public.notes` calls `auth.jwt()` once for each row, in `using`
-- found V332 policy public.notes.parts: the policy `parts` of `public.notes` calls `auth.uid()` once for each row, in `with check`

-- bad: a query of its own that depends on the row
create table notes (id int primary key, of_user uuid);
alter table notes enable row level security;
create policy correlated on notes for select using ((select auth.uid() = notes.of_user));
-- found V332 policy public.notes.correlated: the policy `correlated` of `public.notes` calls `auth.uid()` once for each row, in `using`

-- bad: a partitioned table
create table notes (id int, of_user uuid) partition by list (id);
alter table notes enable row level security;
create policy own on notes using (auth.uid() = of_user);
-- found V332 policy public.notes.own: the policy `own` of `public.notes` calls `auth.uid()` once for each row, in `using`
-- found V333 table public.notes: `public.notes` has no primary key

-- bad: a text that looks like a call is no reason to rewrite it
create table notes (id int primary key, of_user uuid, body text);
alter table notes enable row level security;
create policy odd on notes using (auth.uid() = of_user and body <> 'auth.uid()');
-- found V332 policy public.notes.odd: the policy `odd` of `public.notes` calls `auth.uid()` once for each row, in `using`

-- good: a query of its own, plain, with a cast, with operators, as an argument and in other queries
create table members (of_user uuid, team text);
create function may(who uuid, team text) returns boolean language sql stable set search_path = '' as 'select true';
create table notes (id int primary key, of_user uuid, team text, "{odd}" int);
alter table notes enable row level security;
create policy plain on notes for select using ((select auth.uid()) = of_user);
create policy cast_ on notes for delete using ((select auth.uid()::text) = team and "{odd}" > 0);
create policy claim on notes for update using ((select auth.jwt() ->> 'team') = team) with check ((select auth.role()) = 'a');
create policy argument on notes for insert with check (may((select auth.uid()), team));
create policy setting on notes as restrictive for select
    using ((select nullif(current_setting('app.team', true), '')) = team);
create policy joined on notes as restrictive for update
    using (exists (select from members m where m.of_user = (select auth.uid()) and m.team = notes.team));
-- found V333 table public.members: `public.members` has no primary key

-- good: without a call; one that depends on the row; and policies that nobody asks
create table notes (id int primary key, of_user uuid, key text);
alter table notes enable row level security;
create policy everybody on notes for select using (true);
create policy by_row on notes for update using (current_setting('app.' || key, true) = 'on');
create policy body on notes for delete using (key = 'auth.uid()');
create table closed (of_user uuid);
create policy own on closed using (auth.uid() = of_user);
-- found V333 table public.closed: `public.closed` has no primary key
