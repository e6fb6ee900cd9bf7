create type public.order_status as enum ('open', 'paid', 'sent', 'returned');
create sequence public.order_number start 1000;

create table public.orders (
    id uuid primary key default gen_random_uuid(),
    number bigint not null default nextval('public.order_number') unique,
    customer_id uuid not null default auth.uid() references public.profiles on delete restrict,
    status public.order_status not null default 'open',
    ordered_at timestamptz not null default now()
);
alter sequence public.order_number owned by public.orders.number;
create index orders_customer_id on public.orders (customer_id, ordered_at desc);

create table public.order_lines (
    order_id uuid not null references public.orders on delete cascade,
    line smallint not null,
    product_id bigint not null references public.products,
    quantity integer not null constraint at_least_one check (quantity > 0),
    price_cents integer not null,
    total_cents integer not null generated always as (quantity * price_cents) stored,
    primary key (order_id, line)
);
create index order_lines_product_id on public.order_lines (product_id);

alter table public.orders enable row level security;
alter table public.order_lines enable row level security;
grant select, insert (customer_id) on public.orders to authenticated;
grant select, insert (order_id, line, product_id, quantity, price_cents) on public.order_lines to authenticated;
grant usage on sequence public.order_number to authenticated;
grant all on public.orders, public.order_lines to service_role;
grant all on sequence public.order_number to service_role;

create policy own_orders on public.orders for select to authenticated using (customer_id = (select auth.uid()));
create policy new_orders on public.orders for insert to authenticated
    with check (customer_id = (select auth.uid()) and status = 'open');
create policy own_lines on public.order_lines for select to authenticated
    using (order_id in (select o.id from public.orders o where o.customer_id = (select auth.uid())));
create policy new_lines on public.order_lines for insert to authenticated
    with check (
        exists (
            select from public.orders o
            where o.id = order_id and o.customer_id = (select auth.uid()) and o.status = 'open'
        )
    );
