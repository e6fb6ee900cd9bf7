-- extra foreign data wrapper rich_new
create foreign data wrapper rich_new

-- missing foreign data wrapper rich_wrapper
-- missing comment foreign data wrapper rich_wrapper
-- missing server rich_server
-- missing comment server rich_server
-- missing user mapping rich_server for rich_reader
-- missing user mapping rich_server for PUBLIC
-- missing foreign table noted.far
-- missing column noted.far.id
-- missing comment foreign table noted.far
drop foreign data wrapper rich_wrapper cascade

-- changed foreign data wrapper rich_wrapper
alter foreign data wrapper rich_wrapper options (set colour 'red')

-- a secret
-- changed foreign data wrapper rich_wrapper
alter foreign data wrapper rich_wrapper options (set api_key 'second')

-- extra function app.handler()
-- changed foreign data wrapper rich_wrapper
create function app.handler() returns fdw_handler language internal as 'int4in';
alter foreign data wrapper rich_wrapper handler app.handler

-- changed foreign data wrapper rich_wrapper
alter foreign data wrapper rich_wrapper validator postgresql_fdw_validator options (drop colour, drop api_key)

-- changed foreign data wrapper rich_wrapper
alter role rich_owner superuser;
alter foreign data wrapper rich_wrapper owner to rich_owner

-- changed foreign data wrapper rich_wrapper
grant usage on foreign data wrapper rich_wrapper to rich_writer

-- changed foreign data wrapper rich_wrapper
revoke usage on foreign data wrapper rich_wrapper from postgres

-- extra server rich_new
create server rich_new foreign data wrapper rich_wrapper

-- changed server rich_server
alter server rich_server version '2'

-- changed server rich_server
alter server rich_server options (set host 'b')

-- changed server rich_server
alter server rich_server options (set password 'second')

-- changed server rich_server
alter server rich_server options (add port '5433')

-- a setting with a password in it, whatever its name
-- changed server rich_server
alter server rich_server options (set host 'tcp://me:secret@a')

-- changed server rich_server
alter server rich_server owner to rich_owner

-- changed server rich_server
grant usage on foreign server rich_server to rich_writer

-- changed server rich_server
revoke usage on foreign server rich_server from postgres

-- the type
-- changed server rich_server
update pg_foreign_server set srvtype = 'other' where srvname = 'rich_server'

-- the wrapper
-- extra foreign data wrapper rich_new
-- changed server rich_server
create foreign data wrapper rich_new;
update pg_foreign_server set srvfdw = (select oid from pg_foreign_data_wrapper where fdwname = 'rich_new')
where srvname = 'rich_server'

-- extra user mapping rich_server for rich_writer
create user mapping for rich_writer server rich_server

-- missing user mapping rich_server for PUBLIC
drop user mapping for public server rich_server

-- a secret of a foreign table
-- changed foreign table noted.far
alter foreign table noted.far options (set password 'second')
