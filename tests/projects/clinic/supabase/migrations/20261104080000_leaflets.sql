-- leaflets for patients, found by what they mean
create table public.leaflets (
    id bigint generated always as identity primary key,
    title text not null unique,
    body text not null,
    embedding extensions.vector(3)
);
create index leaflets_embedding on public.leaflets using hnsw (embedding extensions.vector_cosine_ops);

alter table public.leaflets enable row level security;
grant select on public.leaflets to anon, authenticated;
grant all on public.leaflets to service_role;
create policy "Everybody reads leaflets" on public.leaflets for select to anon, authenticated using (true);

create function public.similar_leaflets(wanted extensions.vector(3), many integer default 5)
returns setof public.leaflets language sql stable set search_path = '' as $$
    select * from public.leaflets order by embedding operator(extensions.<=>) wanted limit many
$$;
revoke execute on function public.similar_leaflets(extensions.vector, integer) from public;
grant execute on function public.similar_leaflets(extensions.vector, integer) to authenticated;
