-- bad: each way to write it
create table t (id int primary key, role text);
alter table t enable row level security;
grant all on t to authenticated;
create policy arrow on t for select using ((select auth.jwt()) -> 'user_metadata' ->> 'role' = 'admin');
create policy path on t for delete to authenticated using (auth.jwt() #>> '{user_metadata,role}' = 'admin');
create policy subscript on t for insert with check ((auth.jwt())['user_metadata']['role'] = '"admin"');
create policy jsonpath on t for update using (auth.jwt() @? '$.user_metadata.admin') with check (id > 0);
create policy claims on t as restrictive for select
    using (current_setting('request.jwt.claims', true)::jsonb -> 'user_metadata' ->> 'team' = role);
create policy "of users" on t for all
    using (exists (select from auth.users u where u.id = auth.uid() and u.raw_user_meta_data ->> 'role' = 'admin'));
-- found V306 policy public.t."of users": policy `"of users"` of `public.t` decides by `raw_user_meta_data` of `auth.users`, which every user may change
-- found V306 policy public.t.arrow: policy `arrow` of `public.t` decides by `user_metadata` of `auth.jwt()`, which every user may change
-- found V306 policy public.t.claims: policy `claims` of `public.t` decides by `user_metadata` of `auth.jwt()`, which every user may change
-- found V306 policy public.t.jsonpath: policy `jsonpath` of `public.t` decides by `user_metadata` of `auth.jwt()`, which every user may change
-- found V306 policy public.t.path: policy `path` of `public.t` decides by `user_metadata` of `auth.jwt()`, which every user may change
-- found V306 policy public.t.subscript: policy `subscript` of `public.t` decides by `user_metadata` of `auth.jwt()`, which every user may change

-- bad: in a function that the policy calls
create function is_admin() returns boolean language sql stable set search_path = '' as $$
    select coalesce(auth.jwt() -> 'user_metadata' ->> 'admin' = 'true', false)
$$;
create function is_lead(of_team text) returns boolean language sql stable
    return exists (select from auth.users u where u.raw_user_meta_data ->> 'lead' = of_team);
create table t (id int primary key, team text);
alter table t enable row level security;
grant all on t to authenticated;
create policy admins on t for select using ((select is_admin()));
create policy leads on t for select using (is_lead(team));
-- found V306 policy public.t.admins: policy `admins` of `public.t` decides by `user_metadata` of `auth.jwt()` in `public.is_admin()`, which every user may change
-- found V306 policy public.t.leads: policy `leads` of `public.t` decides by `raw_user_meta_data` of `auth.users` in `public.is_lead(text)`, which every user may change

-- bad: a policy of the project on a table of the platform
create policy vip on storage.objects for insert to authenticated
    with check (bucket_id = 'a' and auth.jwt() -> 'user_metadata' ? 'vip');
-- found V306 policy storage.objects.vip: policy `vip` of `storage.objects` decides by `user_metadata` of `auth.jwt()`, which every user may change

-- good: what only the server writes, and columns of such names
create table t (id int primary key, user_metadata jsonb, raw_user_meta_data jsonb);
alter table t enable row level security;
grant all on t to authenticated;
create policy app on t for select using (auth.jwt() -> 'app_metadata' ->> 'role' = 'admin');
create policy app_users on t for insert
    with check (exists (select from auth.users u where u.id = auth.uid() and u.raw_app_meta_data ? 'admin'));
create policy columns on t for update using (auth.jwt() ->> 'sub' = user_metadata ->> 'of' and raw_user_meta_data ? 'a');
create policy file on storage.objects for select to authenticated
    using (bucket_id = 'a' and user_metadata ->> 'of' = auth.jwt() ->> 'sub');

-- good: for the server alone, or in a remark
create function is_admin() returns boolean language plpgsql stable set search_path = '' as $$
begin
    -- not auth.jwt() -> 'user_metadata', which users write
    return auth.jwt() -> 'app_metadata' ? 'admin' /* and no raw_user_meta_data of users */;
end $$;
create table t (id int primary key);
alter table t enable row level security;
grant all on t to authenticated, service_role;
create policy server on t to service_role using (auth.jwt() -> 'user_metadata' ? 'admin');
create policy admins on t for select using ((select is_admin()));
