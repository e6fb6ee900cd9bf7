-- bad: a table elsewhere
reset role;
create foreign data wrapper elsewhere;
create server "The Shop" foreign data wrapper elsewhere;
grant usage on foreign server "The Shop" to postgres;
set local role postgres;
create foreign table stock (id int, count int) server "The Shop";
grant select, update (count) on stock to authenticated;
-- found V313 foreign table public.stock: the API serves the foreign table `public.stock` of the server `The Shop`, for which there is no row level security: `authenticated` may select, update (`count`)

-- good: not for the API
reset role;
create foreign data wrapper elsewhere;
create server shop foreign data wrapper elsewhere;
grant usage on foreign server shop to postgres;
set local role postgres;
create foreign table stock (id int) server shop;
create schema private;
grant usage on schema private to anon;
create foreign table private.stock (id int) server shop;
grant select on private.stock to anon;
