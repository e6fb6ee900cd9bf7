-- bad: a policy for the whole bucket, for one of several, and for all
insert into storage.buckets (id, name, public) values
    ('avatars', 'avatars', true), ('it''s', 'its', true), ('private', 'private', false);
create policy "List Avatars" on storage.objects for select using (bucket_id = 'avatars');
create policy several on storage.objects for select to authenticated using (bucket_id in ('private', 'it''s'));
create policy everything on storage.objects for select to anon using (true);
-- found V315 policy storage.objects."List Avatars": policy `"List Avatars"` of `storage.objects` lets `anon` and `authenticated` list all files of `avatars`, which is public and gives out files by their address without a policy
-- found V315 policy storage.objects.everything: policy `everything` of `storage.objects` lets `anon` list all files of `avatars`, `it's`, which is public and gives out files by their address without a policy
-- found V315 policy storage.objects.several: policy `several` of `storage.objects` lets `authenticated` list all files of `it's`, which is public and gives out files by their address without a policy

-- bad: for every user who has logged in, and among other conditions
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true), ('b', 'b', true);
create policy users on storage.objects for select using (bucket_id = 'avatars' and auth.role() = 'authenticated');
create policy people on storage.objects for select to public using (auth.uid() is not null and bucket_id = 'b');
create policy either on storage.objects for select to anon using (bucket_id = 'b' or name like 'a/%');
create policy last on storage.objects for select to anon using (name like 'a/%' or bucket_id = 'avatars');
-- found V315 policy storage.objects.either: policy `either` of `storage.objects` lets `anon` list all files of `b`, which is public and gives out files by their address without a policy
-- found V315 policy storage.objects.last: policy `last` of `storage.objects` lets `anon` list all files of `avatars`, which is public and gives out files by their address without a policy
-- found V315 policy storage.objects.people: policy `people` of `storage.objects` lets `authenticated` list all files of `b`, which is public and gives out files by their address without a policy
-- found V315 policy storage.objects.users: policy `users` of `storage.objects` lets `authenticated` list all files of `avatars`, which is public and gives out files by their address without a policy

-- good: private buckets, and policies that ask for more
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true), ('private', 'private', false);
create policy private on storage.objects for select to authenticated using (bucket_id = 'private');
create policy own on storage.objects for select to authenticated
    using (bucket_id = 'avatars' and owner_id = (select auth.uid()::text));
create policy folder on storage.objects for select to authenticated
    using ((bucket_id = 'avatars' or auth.role() = 'authenticated') and (storage.foldername(name))[1] = 'public');
create policy server on storage.objects for select to service_role using (bucket_id = 'avatars');
create policy upload on storage.objects for insert to authenticated with check (bucket_id = 'avatars');

-- good: a restrictive policy narrows it
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
create policy avatars on storage.objects for select to authenticated using (bucket_id = 'avatars');
create policy own on storage.objects as restrictive for select to authenticated
    using (owner_id = (select auth.uid()::text));
