-- extra access method new_one
create access method new_one type table handler heap_tableam_handler

-- missing access method rich_method
-- missing comment access method rich_method
drop access method rich_method

-- changed access method rich_method
-- missing comment access method rich_method
drop access method rich_method; create access method rich_method type index handler hashhandler

-- changed access method rich_method
-- missing comment access method rich_method
drop access method rich_method; create access method rich_method type table handler heap_tableam_handler

-- extra language new_one
create language new_one handler app.handle

-- missing language rich_language
-- missing comment language rich_language
drop language rich_language

-- changed language rich_language
create or replace trusted language rich_language handler app.handle

-- changed language rich_language
create or replace language rich_language handler app.handle inline app.handle_inline

-- changed language rich_language
create or replace language rich_language handler app.handle validator app.validate

-- changed language rich_language
alter language rich_language owner to rich_owner

-- changed language rich_trusted
grant usage on language rich_trusted to rich_reader

-- changed language rich_trusted
revoke usage on language rich_trusted from public

-- the handler
-- changed language rich_language
update pg_language set lanplcallfoid = 'pg_catalog.int4pl'::regproc where lanname = 'rich_language'

-- who may use one that every database has
-- missing language plpgsql
revoke usage on language plpgsql from rich_reader

-- extra language sql
revoke usage on language sql from public
