alter publication supabase_realtime add table public.photos;

create policy "People hear of their own album" on realtime.messages for select to authenticated
    using (
        topic = realtime.topic() and topic = 'album:' || (select auth.uid())::text and extension = 'broadcast'
    );

create function public.photo_changed() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    perform realtime.broadcast_changes(
        'album:' || coalesce(new.owner_id, old.owner_id)::text, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
    return null;
end;
$$;
create trigger photo_changed after insert or update or delete on public.photos
    for each row execute function public.photo_changed();
