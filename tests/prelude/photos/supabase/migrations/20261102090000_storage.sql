insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
    ('avatars', 'avatars', true, 1048576, '{image/png,image/jpeg}'),
    ('albums', 'albums', false, null, null)
on conflict (id) do nothing;

create policy "Avatars are public" on storage.objects for select using (bucket_id = 'avatars');

create policy "People keep photos in a folder of their own" on storage.objects for all to authenticated
    using (bucket_id = 'albums' and (storage.foldername(name))[1] = (select auth.uid())::text)
    with check (bucket_id = 'albums' and (storage.foldername(name))[1] = (select auth.uid())::text);
