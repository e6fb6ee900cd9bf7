drop trigger photo_changed on public.photos;
drop function public.photo_changed();
drop policy "People hear of their own album" on realtime.messages;
alter publication supabase_realtime drop table public.photos;
