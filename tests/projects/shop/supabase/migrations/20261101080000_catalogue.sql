create type public.product_status as enum ('draft', 'on_sale', 'sold_out');

create table public.categories (
    id smallint generated always as identity primary key,
    slug text not null unique,
    parent_id smallint references public.categories on delete restrict,
    title text not null
);
create index categories_parent_id on public.categories (parent_id);

create table public.products (
    id bigint generated always as identity primary key,
    sku text not null unique,
    category_id smallint not null references public.categories,
    title text not null,
    price_cents integer not null check (price_cents >= 0),
    status public.product_status not null default 'draft',
    attributes jsonb not null default '{}',
    embedding extensions.halfvec(4),
    search tsvector generated always as (to_tsvector('english', title)) stored,
    updated_at timestamptz not null default now()
);
create index products_category_id on public.products (category_id) include (price_cents);
create index products_search on public.products using gin (search);
create index products_title on public.products using gin (title extensions.gin_trgm_ops);
create index products_embedding on public.products
    using hnsw (embedding extensions.halfvec_l2_ops) with (m = 8, ef_construction = 32);
create index products_on_sale on public.products (price_cents) where status = 'on_sale';

create trigger products_updated_at before update on public.products
    for each row execute function extensions.moddatetime(updated_at);

alter table public.categories enable row level security;
alter table public.products enable row level security;
grant select on public.categories, public.products to anon, authenticated;
grant insert, update, delete on public.categories, public.products to authenticated;
grant all on public.categories, public.products to service_role;
