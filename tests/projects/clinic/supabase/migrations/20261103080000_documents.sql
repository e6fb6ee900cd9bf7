insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('documents', 'documents', false, 10485760, '{application/pdf,image/jpeg}')
on conflict (id) do nothing;

-- a folder a person: documents/<id of the person>/letter.pdf
create policy "People read their own documents" on storage.objects for select to authenticated
    using (bucket_id = 'documents' and (storage.foldername(name))[1] = (select auth.uid()::text));
create policy "People add documents to their folder" on storage.objects for insert to authenticated
    with check (bucket_id = 'documents' and (storage.foldername(name))[1] = (select auth.uid()::text));

create table public.documents (
    id bigint generated always as identity primary key,
    person_id uuid not null default auth.uid() references public.profiles on delete cascade,
    object_id uuid references storage.objects on delete set null,
    title text not null
);
create index documents_person_id on public.documents (person_id);
create index documents_object_id on public.documents (object_id) where object_id is not null;

alter table public.documents enable row level security;
grant select, insert (object_id, title) on public.documents to authenticated;
grant all on public.documents to service_role;
create policy "People see their documents" on public.documents for select to authenticated
    using (person_id = (select auth.uid()));
create policy "People add their documents" on public.documents for insert to authenticated
    with check (person_id = (select auth.uid()));
