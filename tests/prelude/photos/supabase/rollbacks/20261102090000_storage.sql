drop policy "Avatars are public" on storage.objects;
drop policy "People keep photos in a folder of their own" on storage.objects;
set local storage.allow_delete_query = 'true';
delete from storage.buckets where id in ('avatars', 'albums');
