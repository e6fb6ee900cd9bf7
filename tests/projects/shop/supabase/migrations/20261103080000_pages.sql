create table public.pages (
    id bigint generated always as identity primary key,
    path text not null unique check (path like '/%'),
    title text not null,
    body text not null default '',
    author_id uuid default auth.uid() references public.profiles on delete set null,
    published_at timestamptz
);
create index pages_author_id on public.pages (author_id) where author_id is not null;

alter table public.pages enable row level security;
grant select on public.pages to anon, authenticated;
grant insert, update, delete on public.pages to authenticated;
grant all on public.pages to service_role;

create policy pages_read on public.pages for select using (published_at <= now() or (select private.is_editor()));
create policy pages_insert on public.pages for insert to authenticated with check ((select private.is_editor()));
create policy pages_update on public.pages for update to authenticated
    using ((select private.is_editor())) with check ((select private.is_editor()));
create policy pages_delete on public.pages for delete to authenticated
    using ((select private.is_editor()) and published_at is null);
grant execute on function private.is_editor() to anon;
grant usage on schema private to anon;
