-- nothing rows of catalogs in another order
alter publication rich_some set table app.orders, app.users

-- nothing the same operations again
alter publication rich_some set (publish = 'update, insert')

-- nothing the order of a publication's schemas and back
-- since 150000
alter publication rich_schemas add tables in schema noted;
alter publication rich_schemas drop tables in schema noted

-- nothing an event trigger there and back
alter event trigger rich_trigger disable;
alter event trigger rich_trigger enable

-- nothing whether a subscription runs
alter subscription rich_sub set (slot_name = 'rich_sub');
alter subscription rich_sub enable;
alter subscription rich_sub disable;
alter subscription rich_sub set (slot_name = none)

-- nothing its password
alter subscription rich_sub connection 'host=/nowhere dbname=a password=second'

-- nothing that of a user mapping
alter user mapping for rich_reader server rich_server options (set password 'second')

-- nothing the order of options
alter server rich_server options (drop host);
alter server rich_server options (add host 'a')

-- nothing a comment there and back
comment on table noted.one is 'another';
comment on table noted.one is 'a table'

-- nothing the comment that the server gives `public` itself
comment on schema public is null

-- nothing a comment on what nobody compares: a role, a large object
comment on role rich_reader is 'a role';
select lo_create(424242);
comment on large object 424242 is 'large'

-- nothing default privileges there and back
alter default privileges for role rich_owner in schema app grant delete on tables to rich_reader;
alter default privileges for role rich_owner in schema app revoke delete on tables from rich_reader

-- nothing default privileges in another order
alter default privileges for role rich_owner in schema app revoke insert, select on tables from rich_reader;
alter default privileges for role rich_owner in schema app grant insert on tables to rich_reader;
alter default privileges for role rich_owner in schema app grant select on tables to rich_reader

-- nothing default privileges that everybody has anyway
alter default privileges for role rich_writer in schema app grant all on tables to rich_writer

-- nothing grants that a database has anyway
do $$ begin execute format('grant connect, temporary on database %I to public', current_database()); end $$

-- nothing a setting of a role in all databases
alter role rich_reader set work_mem = '7MB'

-- nothing a setting of another database
alter database postgres set work_mem = '7MB'

-- nothing privileges on a parameter, which are those of the server
-- since 150000
grant set on parameter log_min_duration_statement to rich_reader

-- nothing what a collation was made with
update pg_collation set collversion = 'other' where collname = 'plain_c'

-- nothing a dictionary's options there and back
alter text search dictionary app.words (stopwords);
alter text search dictionary app.words (stopwords = english)

-- nothing an operator dropped and made again
drop operator app.!==(app.pair, app.pair);
create operator app.!== (function = app.same, leftarg = app.pair, rightarg = app.pair, negator = operator(app.===))

-- nothing an operator class dropped and made again
drop operator class app.pair_hash_ops using hash;
create operator class app.pair_hash_ops for type app.pair using hash family app.pair_hash_ops as
    operator 1 app.===, function 1 app.hash_of(app.pair)

-- nothing a cast dropped and made again
drop cast (app.mood as text);
create cast (app.mood as text) with inout as implicit

-- nothing what statistics have found
analyze app.users

-- nothing a role that nothing is granted to
create role rich_of_nothing

-- nothing rights on what an extension made, there and back
grant execute on function public.dblink(text) to rich_reader;
revoke execute on function public.dblink(text) from rich_reader
