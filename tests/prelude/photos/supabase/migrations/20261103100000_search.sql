create extension if not exists vector with schema extensions;

create table public.photos (
    id bigint generated always as identity primary key,
    owner_id uuid not null default auth.uid() references public.profiles on delete cascade,
    object_id uuid references storage.objects on delete set null,
    caption text not null,
    embedding extensions.vector(3),
    unique (owner_id, caption)
);
create index photos_embedding on public.photos using hnsw (embedding extensions.vector_cosine_ops);
create index photos_owner on public.photos (owner_id);

alter table public.photos enable row level security;
grant select, insert, update, delete on public.photos to authenticated;
create policy "People see their own photos" on public.photos for all to authenticated
    using ((select auth.uid()) = owner_id);

create function public.similar_photos(wanted extensions.vector(3), many int default 5)
returns setof public.photos language sql stable set search_path = '' as $$
    select * from public.photos order by embedding operator(extensions.<=>) wanted limit many
$$;
