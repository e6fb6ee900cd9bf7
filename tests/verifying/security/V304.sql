-- bad: a view of users
create view people as select id, email from auth.users;
grant select on people to anon, authenticated;
-- found V304 view public.people: view `public.people` shows `id`, `email` of `auth.users`: `anon` and `authenticated` may select
-- found V305 view public.people: `public.people` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` and `authenticated` may select

-- bad: one column is granted, by PUBLIC
create view everyone as select u.* from auth.users u where u.deleted_at is null;
grant select (email) on everyone to public;
-- found V304 view public.everyone: view `public.everyone` shows `instance_id`, `id`, `aud`, `role`, `email`, `encrypted_password` and 29 more of `auth.users`: `anon` and `authenticated` may select (`email`)
-- found V305 view public.everyone: `public.everyone` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` and `authenticated` may select (`email`)

-- bad: a view of a view, of which only the first reads users
create schema private;
create view private.base as select email, phone from auth.users;
create view between with (security_invoker) as select email from private.base;
create view shown as select email from between;
grant select on private.base, shown to anon;
-- found V304 view public.shown: view `public.shown` shows `email`, `phone` of `auth.users` through `private.base`: `anon` may select
-- found V305 view public.shown: `public.shown` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` may select

-- bad: a materialized view is filled with the rights of its owner, whatever it reads from
create view own_row with (security_invoker = on) as select id, email from auth.users;
create materialized view copied as select * from own_row with no data;
grant select on copied to authenticated;
-- found V304 materialized view public.copied: materialized view `public.copied` shows `id`, `email` of `auth.users` through `public.own_row`: `authenticated` may select
-- found V312 materialized view public.copied: the API serves the materialized view `public.copied`, for which there is no row level security: `authenticated` may select

-- bad: with the rights of who asks, who may read users without row level security
reset role;
alter table auth.users disable row level security;
grant select (id) on auth.users to authenticated;
set local role postgres;
create view ids with (security_invoker = true) as select id from auth.users;
grant select on ids to anon, authenticated;
-- found V304 view public.ids: view `public.ids` shows `id` of `auth.users`: `authenticated` may select

-- good: with the rights of who asks, who may read nothing of it, or what a policy says
create view own_row with (security_invoker = true) as select id, email from auth.users;
grant select on own_row to anon, authenticated;
grant select on auth.users to authenticated;
create policy own on auth.users for select to authenticated using (id = (select auth.uid()));

-- good: it reads with the rights of who asks from a view that this one may not read
create schema private;
create view private.base as select email from auth.users;
create view outside with (security_invoker = true) as select email from private.base;
grant select on outside to anon;

-- good: a view with the rights of its owner over one with those of who asks reads as who asks
create view own_row with (security_invoker = true) as select id, email from auth.users;
create view around as select email from own_row;
grant select on around to anon;
-- found V305 view public.around: `public.around` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` may select

-- good: nobody may read it, or it is not served
create view people as select id, email from auth.users;
grant select on people to service_role;
grant insert on people to anon;
create schema private;
grant usage on schema private to anon;
create view private.people as select id, email from auth.users;
grant select on private.people to anon;
-- found V305 view public.people: `public.people` works with the rights of its owner `postgres`, not of who asks, and the API serves it: `anon` may insert

-- good: a table of the project's own, and a function that no view calls
create table profiles (id uuid primary key references auth.users on delete cascade, name text);
alter table profiles enable row level security;
create policy own on profiles using (id = (select auth.uid()));
grant all on profiles to authenticated;
create view names with (security_invoker = true) as select name from profiles;
grant select on names to authenticated;
