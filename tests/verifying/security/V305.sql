-- bad: as PostgreSQL makes views, and as somebody asked for it
create table orders (id int primary key, of_user uuid, total int);
create view totals as select of_user, total from orders;
create view "All Totals" with (security_invoker = false, security_barrier) as select total from orders;
grant select on totals to authenticated;
grant select (total), update (total) on "All Totals" to anon;
-- found V305 view public."All Totals": `public."All Totals"` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` may select (`total`), update (`total`)
-- found V305 view public.totals: `public.totals` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `authenticated` may select

-- good: it reads with the rights of who asks, whatever the word for yes
create table orders (id int primary key, total int);
create view a with (security_invoker) as select * from orders;
create view b with (security_invoker = on) as select * from orders;
create view c with (security_invoker = '1', security_barrier = true) as select * from orders;
create view d as select * from orders;
alter view d set (security_invoker = yes);
grant select on a, b, c, d to anon, authenticated;

-- good: no role of the API has a right on it, or the API does not serve it
create view server_only as select 1 as one;
grant select on server_only to service_role;
create schema private;
grant usage on schema private to anon;
create view private.v as select 1 as one;
grant select on private.v to anon;
