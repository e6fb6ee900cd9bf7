-- schemas and types
create schema app authorization rich_owner;
grant usage on schema app to rich_reader;
create schema "Odd Schema";

create type app.mood as enum ('sad', 'ok', 'happy');
create type app.unused as enum ('one', 'two');
create domain app.positive as integer default 1 constraint above_zero check (value > 0);
create domain app.label as text collate "C" not null;
create domain app.code as varchar(10);
alter domain app.code add constraint upper_case check (value = upper(value)) not valid;
create type app.address as (street text, zip varchar(10), tags text[]);
create type app.pair as (a integer, b integer);
create type app.float_range as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = app.float_multirange);
create type app.text_range as range (subtype = text, collation = "C");
grant usage on type app.mood to rich_reader;
create type app.shell;
create type app.celsius;
create function app.celsius_in(cstring) returns app.celsius language internal immutable strict as 'int4in';
create function app.celsius_out(app.celsius) returns cstring language internal immutable strict as 'int4out';
create type app.celsius (
    input = app.celsius_in, output = app.celsius_out, internallength = 4, passedbyvalue, alignment = int4);
