-- what is neither a relation nor a routine, and what belongs to no schema; a role's server-wide settings are none of it
do $$
begin
    if exists (select from pg_available_extensions where name = 'pg_trgm') then
        create extension pg_trgm with schema public;
        create extension citext with schema public;
        grant execute on function public.regexp_match(public.citext, public.citext) to rich_writer;
        -- its script takes some functions from everybody
        create extension dblink with schema public;
    end if;
end
$$;

create foreign data wrapper rich_wrapper options (colour 'blue', api_key 'first');
create server rich_server type 'kind' version '1' foreign data wrapper rich_wrapper options (host 'a', password 'first');
grant usage on foreign data wrapper rich_wrapper to rich_reader;
grant usage on foreign server rich_server to rich_reader;
create user mapping for rich_reader server rich_server options (user 'a', password 'first');
create user mapping for public server rich_server;

create publication rich_all for all tables;
create publication rich_some for table app.users, app.orders with (publish = 'insert, update');
create publication rich_root for table app.measures with (publish_via_partition_root = true);
create subscription rich_sub connection 'host=/nowhere dbname=a password=first' publication b, a
    with (connect = false, enabled = false, create_slot = false, slot_name = none);

create function app.on_ddl() returns event_trigger language plpgsql as 'begin end';
create function app.on_ddl_too() returns event_trigger language plpgsql as 'begin end';
create event trigger rich_trigger on ddl_command_end when tag in ('CREATE DOMAIN', 'CREATE CONVERSION')
    execute function app.on_ddl();

create text search dictionary app.stems (template = pg_catalog.snowball, language = english);
create text search dictionary app.words (template = pg_catalog.simple, stopwords = english);
create text search configuration app.searching (copy = pg_catalog.simple);
alter text search configuration app.searching alter mapping for asciiword, word with app.words, app.stems;
create text search parser app.parser (
    start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
create text search template app.template (init = dsimple_init, lexize = dsimple_lexize);

create function app.same(app.pair, app.pair) returns boolean language sql immutable as 'select ($1).a = ($2).a';
create function app.less(app.pair, app.pair) returns boolean language sql immutable as 'select ($1).a < ($2).a';
create function app.order_of(app.pair, app.pair) returns integer language sql immutable as 'select ($1).a - ($2).a';
create function app.hash_of(app.pair) returns integer language sql immutable as 'select ($1).a';
create function app.order_with(app.pair, integer) returns integer language sql immutable as 'select ($1).a - $2';
create function app.less_than(app.pair, integer) returns boolean language sql immutable as 'select ($1).a < $2';
create operator app.=== (
    function = app.same, leftarg = app.pair, rightarg = app.pair, commutator = operator(app.===), restrict = eqsel,
    join = eqjoinsel, hashes, merges);
create operator app.!== (function = app.same, leftarg = app.pair, rightarg = app.pair, negator = operator(app.===));
create operator app.<<< (function = app.less, leftarg = app.pair, rightarg = app.pair);
create operator app.<<< (function = app.less_than, leftarg = app.pair, rightarg = integer);
create operator family app.pairs using btree;
create operator class app.pair_ops default for type app.pair using btree family app.pairs as
    operator 1 app.<<<, operator 3 app.===, function 1 app.order_of(app.pair, app.pair);
alter operator family app.pairs using btree add
    operator 1 app.<<< (app.pair, integer), function 1 (app.pair, integer) app.order_with(app.pair, integer);
create operator class app.pair_hash_ops for type app.pair using hash as
    operator 1 app.===, function 1 app.hash_of(app.pair);

create function app.to_int(app.pair) returns integer language sql immutable as 'select ($1).a';
create function app.to_text(app.pair) returns text language sql immutable as 'select ($1).b::text';
create cast (app.pair as integer) with function app.to_int(app.pair) as assignment;
create cast (app.mood as text) with inout as implicit;
create conversion app.converting for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create function app.from_sql(internal) returns internal language internal as 'int4in';
create transform for app.pair language sql (from sql with function pg_catalog.prsd_lextype(internal));
create access method rich_method type index handler bthandler;
create function app.handle() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create function app.handle_inline(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_inline_handler';
create function app.validate(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
create language rich_language handler app.handle;
create trusted language rich_trusted handler app.handle inline app.handle_inline validator app.validate;
grant usage on language plpgsql to rich_reader;

create collation app.plain_c (provider = libc, locale = 'C');
create collation app.mixed (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
create collation app.loose (provider = libc, locale = 'POSIX');
alter statistics app.users_stats set statistics 300;

alter default privileges for role rich_owner in schema app grant select, insert on tables to rich_reader;
alter default privileges for role rich_owner in schema app grant all on tables to rich_writer;
alter default privileges for role rich_owner revoke execute on functions from public;
alter default privileges for role rich_owner in schema app grant execute on functions to public;
alter default privileges for role rich_owner grant usage on schemas to rich_reader;

do $$
begin
    execute format('grant connect on database %I to rich_reader', current_database());
    execute format('alter database %I set work_mem = ''5MB''', current_database());
    execute format('alter database %I set rich.api = ''first''', current_database());
    execute format('alter role rich_reader in database %I set statement_timeout = ''5s''', current_database());
    execute format('comment on database %I is ''rich''', current_database());
end
$$;

-- what comments are on: changing anything else changes no comment
create schema noted;
create table noted.one (id integer constraint above_zero check (id > 0), name text);
create index one_name on noted.one (name);
create trigger touched before update on noted.one for each row execute function app.touch();
create rule no_delete as on delete to noted.one do instead nothing;
create policy mine on noted.one;
create view noted.seen as select id from noted.one;
create materialized view noted.summary as select id from noted.one with no data;
create foreign table noted.far (id integer) server rich_server options (place 'a', password 'first');
create sequence noted.counter;
create type noted.mood as enum ('ok');
create type noted.pair as (a integer, b integer);
create domain noted.label as text constraint not_empty check (value <> '');
create function noted.one_of(integer) returns integer language sql as 'select 1';
create procedure noted.run(integer) language sql as 'select 1';
create aggregate noted.total(integer) (sfunc = int4pl, stype = integer);
comment on schema noted is 'a schema';
comment on table noted.one is 'a table';
comment on column noted.one.name is 'a column';
comment on column noted.pair.a is 'of a composite type';
comment on column noted.seen.id is 'of a view';
comment on constraint above_zero on noted.one is 'a constraint';
comment on constraint not_empty on domain noted.label is 'of a domain';
comment on index noted.one_name is 'an index';
comment on trigger touched on noted.one is 'a trigger';
comment on rule no_delete on noted.one is 'a rule';
comment on policy mine on noted.one is 'a policy';
comment on view noted.seen is 'a view';
comment on materialized view noted.summary is 'a materialized view';
comment on foreign table noted.far is 'a foreign table';
comment on sequence noted.counter is 'a sequence';
comment on type noted.mood is 'a type';
comment on type noted.pair is 'a composite type';
comment on domain noted.label is 'a domain';
comment on function noted.one_of(integer) is 'a function';
comment on procedure noted.run(integer) is 'a procedure';
comment on aggregate noted.total(integer) is 'an aggregate';
comment on event trigger rich_trigger is 'an event trigger';
comment on publication rich_some is 'a publication';
comment on subscription rich_sub is 'a subscription';
comment on foreign data wrapper rich_wrapper is 'a wrapper';
comment on server rich_server is 'a server';
comment on text search configuration app.searching is 'a configuration';
comment on text search dictionary app.words is 'a dictionary';
comment on text search parser app.parser is 'a parser';
comment on text search template app.template is 'a template';
comment on operator app.===(app.pair, app.pair) is 'an operator';
comment on operator class app.pair_ops using btree is 'an operator class';
comment on operator family app.pairs using btree is 'an operator family';
comment on cast (app.pair as integer) is 'a cast';
comment on conversion app.converting is 'a conversion';
comment on transform for app.pair language sql is 'a transform';
comment on access method rich_method is 'an access method';
comment on language rich_language is 'a language';
comment on collation app.loose is 'a collation';
comment on statistics app.users_stats is 'statistics';

-- since 150000
create publication rich_schemas for tables in schema app;
create publication rich_filtered for table app.users (id, name) where (id > 3), app.orders where (id > 5);
