create trigger ticket_hook after insert or update on public.tickets for each row
    execute function supabase_functions.http_request('https://example.com/hook', 'POST', '{}', '{}', '1000');

create function public.keep_attachments() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if new.bucket_id = 'attachments' and new.owner_id is null then
        new.owner_id := (select auth.uid())::text;
    end if;
    return new;
end;
$$;
create trigger keep_attachments before insert on storage.objects
    for each row execute function public.keep_attachments();
insert into storage.buckets (id, name) values ('attachments', 'attachments');
