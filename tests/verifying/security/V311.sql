-- bad: by a grant, and by a role
create role staff;
grant staff to authenticated;
create function direct() returns integer language sql security definer set search_path = '' as 'select 1';
create function by_role(integer[]) returns integer language sql security definer set search_path = '' as 'select 1';
revoke execute on function direct(), by_role(integer[]) from public;
grant execute on function direct() to authenticated;
grant execute on function by_role(integer[]) to staff;
-- found V311 function public.by_role(integer[]): `authenticated` may call `public.by_role(integer[])` of the API (granted to `staff`), and it works with the rights of its owner `postgres`
-- found V311 function public.direct(): `authenticated` may call `public.direct()` of the API (granted to `authenticated`), and it works with the rights of its owner `postgres`

-- good: only the server may call it
create function server() returns integer language sql security definer set search_path = '' as 'select 1';
revoke execute on function server() from public;
grant execute on function server() to service_role;
