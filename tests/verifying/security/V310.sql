-- bad: by the default of PostgreSQL, everybody, and by a grant
create function all_orders() returns integer language sql security definer set search_path = '' as 'select 1';
create function "For Anon"(a integer, b text) returns integer language sql security definer set search_path = '' as 'select 1';
revoke execute on function "For Anon"(integer, text) from public;
grant execute on function "For Anon"(integer, text) to anon;
-- found V310 function public."For Anon"(integer,text): `anon` may call `public."For Anon"(integer,text)` of the API (granted to `anon`), and it works with the rights of its owner `postgres`
-- found V310 function public.all_orders(): `anon` may call `public.all_orders()` of the API (granted to `public`), and it works with the rights of its owner `postgres`
-- found V311 function public.all_orders(): `authenticated` may call `public.all_orders()` of the API (granted to `public`), and it works with the rights of its owner `postgres`

-- good: nobody may call it, or only the server
create function nobody() returns integer language sql security definer set search_path = '' as 'select 1';
revoke execute on function nobody() from public;
create function server() returns integer language sql security definer set search_path = '' as 'select 1';
revoke execute on function server() from public;
grant execute on function server() to service_role;

-- good: with the rights of who calls, and what the API does not call
create function mine() returns integer language sql security invoker set search_path = '' as 'select 1';
create function on_change() returns trigger language plpgsql security definer set search_path = '' as 'begin return new; end';
create function on_ddl() returns event_trigger language plpgsql security definer set search_path = '' as 'begin end';
create procedure works() language plpgsql security definer set search_path = '' as 'begin end';
create schema private;
grant usage on schema private to anon, authenticated;
create function private.check_it() returns boolean language sql security definer set search_path = '' as 'select true';

-- good: who owns it gains nothing
reset role;
create function of_anon() returns integer language sql security definer set search_path = '' as 'select 1';
alter function of_anon() owner to anon;
revoke execute on function of_anon() from public, anon, authenticated;
grant execute on function of_anon() to anon;
