-- extra default privileges rich_writer on tables
alter default privileges for role rich_writer grant select on tables to rich_reader

-- changed default privileges rich_owner in app on tables
alter default privileges for role rich_owner in schema app grant delete on tables to rich_reader

-- changed default privileges rich_owner in app on tables
alter default privileges for role rich_owner in schema app revoke select on tables from rich_reader

-- changed default privileges rich_owner in app on tables
alter default privileges for role rich_owner in schema app grant select on tables to rich_reader with grant option

-- missing default privileges rich_owner on functions
alter default privileges for role rich_owner grant execute on functions to public

-- changed default privileges rich_owner on functions
alter default privileges for role rich_owner grant execute on functions to rich_reader

-- missing default privileges rich_owner in app on functions
alter default privileges for role rich_owner in schema app revoke execute on functions from public

-- extra default privileges rich_owner in app on sequences
alter default privileges for role rich_owner in schema app grant usage on sequences to rich_reader

-- extra default privileges rich_owner on types
alter default privileges for role rich_owner revoke usage on types from public

-- extra default privileges rich_owner on tables
alter default privileges for role rich_owner revoke delete on tables from rich_owner

-- missing default privileges rich_owner on schemas
alter default privileges for role rich_owner revoke usage on schemas from rich_reader

-- since 180000
-- extra default privileges rich_owner on large objects
alter default privileges for role rich_owner grant select on large objects to rich_reader
