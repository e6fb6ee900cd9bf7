drop trigger ticket_hook on public.tickets;
drop trigger keep_attachments on storage.objects;
drop function public.keep_attachments();
set local storage.allow_delete_query = 'true';
delete from storage.objects where bucket_id = 'attachments';
delete from storage.buckets where id = 'attachments';
