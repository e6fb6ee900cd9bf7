-- bad: functions and procedures of any language
create type mood as enum ('ok');
create function plain(integer) returns integer language sql as 'select $1';
create function plain(integer, m mood default 'ok') returns integer language plpgsql as 'begin return $1; end';
create function "Raises Rights"() returns integer language sql security definer as 'select 1';
revoke execute on function "Raises Rights"() from public;
create procedure works() language plpgsql as 'begin end';
create schema private;
create function private.on_change() returns trigger language plpgsql set work_mem = '4MB' as 'begin return new; end';
-- found V309 function private.on_change(): function `private.on_change()` has no `search_path` of its own
-- found V309 function public."Raises Rights"(): function `public."Raises Rights"()` has no `search_path` of its own, and works with the rights of its owner `postgres`
-- found V309 function public.plain(integer): function `public.plain(integer)` has no `search_path` of its own
-- found V309 function public.plain(integer,public.mood): function `public.plain(integer,public.mood)` has no `search_path` of its own
-- found V309 procedure public.works(): procedure `public.works()` has no `search_path` of its own

-- good: a path of their own
create function empty_path() returns integer language sql set search_path = '' as 'select 1';
create function path() returns integer language plpgsql set search_path = public, pg_temp as 'begin return 1; end';
create procedure works() language plpgsql set search_path from current as 'begin end';

-- good: names that were settled when it was made, an aggregate, and functions that PostgreSQL and extensions make
create function body() returns integer language sql return 1;
create function atomic() returns integer language sql begin atomic select 1; end;
create aggregate total(integer) (sfunc = int4pl, stype = integer);
create type span as range (subtype = integer);
create extension hypopg schema extensions;
