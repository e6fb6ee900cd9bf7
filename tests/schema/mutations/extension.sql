-- extra extension tablefunc
-- extra extension version tablefunc
create extension tablefunc with schema public

-- missing extension citext
-- missing extension version citext
drop extension citext

-- changed extension citext
alter extension citext set schema app

-- as `alter extension ... update` does
-- changed extension version citext
update pg_extension set extversion = '1.0' where extname = 'citext'

-- changed extension citext
update pg_extension set extowner = 'rich_owner'::regrole where extname = 'citext'

-- changed extension version citext
comment on extension citext is 'changed'

-- what is taken out of an extension is a thing of its own
-- extra function public.show_limit()
alter extension pg_trgm drop function public.show_limit()

-- rights on what it made
-- changed extension pg_trgm
revoke execute on function public.similarity(text, text) from public

-- changed extension pg_trgm
grant execute on function public.similarity(text, text) to rich_reader

-- changed extension citext
grant usage on type public.citext to rich_reader with grant option

-- changed extension citext
revoke execute on function public.regexp_match(public.citext, public.citext) from rich_writer

-- changed extension dblink
grant execute on function public.dblink_connect_u(text) to rich_reader
