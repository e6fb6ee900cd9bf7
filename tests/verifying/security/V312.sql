-- bad: of the whole, and of a column
create table orders (id int primary key, total int);
create materialized view totals as select total from orders;
create materialized view "Other Totals" as select id, total from orders;
grant all on totals to anon, authenticated;
grant select (total) on "Other Totals" to public;
-- found V312 materialized view public."Other Totals": the API serves the materialized view `public."Other Totals"`, for which there is no row level security: `anon` and `authenticated` may select (`total`)
-- found V312 materialized view public.totals: the API serves the materialized view `public.totals`, for which there is no row level security: `anon` and `authenticated` may select

-- good: not for the API
create materialized view closed as select 1 as one;
grant select on closed to service_role;
create schema private;
grant usage on schema private to anon;
create materialized view private.m as select 1 as one;
grant select on private.m to anon;
