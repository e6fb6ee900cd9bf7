-- extra function app.new_one()
create function app.new_one() returns integer language sql as 'select 1'

-- missing function app.add(text)
drop function app.add(text)

-- another signature is another function
-- missing function app.add(text)
-- extra function app.add(character varying)
drop function app.add(text); create function app.add(a varchar) returns text language sql as 'select a'

-- missing function app.add(text)
-- extra function app.renamed(text)
alter function app.add(text) rename to renamed

-- changed function app.touch()
create or replace function app.touch() returns trigger language plpgsql as $$
begin
    -- another comment
    return new;
end
$$

-- changed function app.add(text)
alter function app.add(text) immutable

-- changed function app.add(text)
alter function app.add(text) strict

-- changed function app.add(text)
alter function app.add(text) security definer

-- changed function app.strong()
alter function app.strong() security invoker

-- changed function app.strong()
alter function app.strong() not leakproof

-- changed function app.add(text)
alter function app.add(text) parallel restricted

-- changed function app.add(text)
alter function app.add(text) cost 55

-- changed function app.many(integer[])
alter function app.many(integer[]) rows 51

-- changed function app.add(text)
alter function app.add(text) set search_path = app

-- changed function app.many(integer[])
alter function app.many(integer[]) reset work_mem

-- changed function app.many(integer[])
alter function app.many(integer[]) set search_path = pg_temp, app

-- changed function app.add(text)
alter function app.add(text) owner to rich_owner

-- changed function app.add(text)
grant execute on function app.add(text) to rich_reader

-- changed function app.add(text)
revoke execute on function app.add(text) from public

-- changed function app.strong()
grant execute on function app.strong() to public

-- changed function app.add(text)
alter function app.add(text) support pg_catalog.generate_series_int4_support

-- a default
-- changed function app.add(integer,integer)
create or replace function app.add(a integer, b integer default 2) returns integer language sql immutable parallel safe
    as 'select a + b'

-- the name of an argument
-- changed function app.add(text)
drop function app.add(text); create function app.add(b text) returns text language sql as 'select $1'

-- the language
-- changed function app.strong()
create or replace function app.strong() returns void language plpgsql security definer strict leakproof as 'begin end'

-- what it returns
-- changed function app.tabled(integer)
drop function app.tabled(integer);
create function app.tabled(integer) returns table (id integer, other text) language sql stable as 'select 1, ''a''::text'

-- changed function app.block()
create or replace function app.block() returns bigint language sql
    begin atomic select count(*) from app.users; select 2; end

-- missing procedure app.run(integer)
drop procedure app.run(integer)

-- changed procedure app.run(integer)
create or replace procedure app.run(inout a integer) language plpgsql as 'begin a := a + 2; end'

-- changed procedure app.run(integer)
alter procedure app.run(integer) security definer

-- from a procedure to a function
-- missing procedure app.run(integer)
-- extra function app.run(integer)
drop procedure app.run(integer); create function app.run(a integer) returns integer language sql as 'select a'
