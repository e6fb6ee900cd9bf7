-- nothing rows are no part of it
insert into app.plain values (1, 'x')

-- nothing nor is how far a sequence has come
select nextval('app.free'), setval('app.counter', 17)

-- nothing renamed there and back
alter table app.plain rename to other;
alter table app.other rename to plain

-- nothing a column renamed there and back
alter table app.users rename column email to mail;
alter table app.users rename column mail to email

-- nothing dropped and made again
drop index app.orders_total;
create index orders_total on app.orders (total)

-- nothing a view dropped and made again
drop view app.guarded;
create view app.guarded with (security_barrier = true) as select * from app.plain where a > 1 with cascaded check option

-- nothing a role that a policy names twice
alter policy mine on app.locked_down to rich_reader, rich_writer, rich_reader

-- nothing a policy dropped and made again, its roles in another order
drop policy mine on app.locked_down;
create policy mine on app.locked_down for all to rich_writer, rich_reader using (owner = current_user)

-- nothing the same function again
create or replace function app.add(a text) returns text language sql as 'select a'

-- nothing the same view again, written in another way
create or replace view app.seen as
    select users.id as id, (users.name), upper(email::text) as email from app.users where (age)::integer > 3

-- nothing the same default
alter table app.plain alter column c set default 'it''s'

-- nothing no comment where there is none
comment on table app.plain is null

-- nothing the number of a dropped column stays in the catalog
alter table app.plain add column gone integer;
alter table app.plain drop column gone

-- nothing the statistics of the planner
analyze app.plain, app.users

-- nothing the grants in another order
revoke all on app.users from rich_reader, rich_writer;
grant update (name, email) on app.users to rich_reader with grant option;
grant update, select on app.users to rich_writer;
grant select on app.users to rich_reader

-- nothing granted again
grant select on app.users to rich_reader

-- nothing granted by another grantor, too
set local role rich_grantor;
grant select on app.users to rich_reader;
grant usage on type app.mood to rich_reader

-- nothing an explicit list that is the default
grant all on app.plain to postgres

-- nothing a right given and taken again
grant delete on app.plain to rich_reader;
revoke delete on app.plain from rich_reader

-- nothing an owner there and back
alter table app.plain owner to rich_owner;
alter table app.plain owner to postgres

-- nothing the order of options
alter table app.orders reset (fillfactor, autovacuum_enabled);
alter table app.orders set (autovacuum_enabled = false, fillfactor = 70)

-- nothing enabled there and back
alter table app.plain enable row level security;
alter table app.plain disable row level security

-- nothing triggers disabled there and back
alter table app.orders disable trigger all;
alter table app.orders enable trigger all

-- nothing a constraint dropped and added again
alter table app.users drop constraint users_age_check;
alter table app.users add constraint users_age_check check (age < 200)

-- nothing a partition more
create table app.measures_2026 partition of app.measures for values from ('2026-01-01') to ('2027-01-01')

-- nothing what belongs to one partition
create index only_here on app.measures_2024 (value);
alter table app.measures_2024 set (fillfactor = 50);
create trigger only_here after insert on app.measures_2024 for each row execute function app.touch()

-- nothing a partition that is referred to by another table
create table app.measures_2027 partition of app.measures for values from ('2027-01-01') to ('2028-01-01');
drop table app.measures_2027

-- nothing what some minor versions keep among the options of a column
update pg_attribute set attoptions = '{pg_attver=3}' where attrelid = 'app.plain'::regclass and attname = 'b';
update pg_attribute set attoptions = '{pg_attver=3,n_distinct=-0.5}'
where attrelid = 'app.users'::regclass and attname = 'name'

-- nothing options of a foreign table in another order
alter foreign table app.far options (drop deep);
alter foreign table app.far options (add deep 'yes')

-- nothing by which index it was clustered last
cluster app.orders using orders_total

-- nothing a new file on disk
reindex table app.orders

-- nothing rows that are thrown away
truncate app.orders

-- nothing a table of the session
create temporary table of_mine (a integer)

-- nothing the rows of a materialized view
refresh materialized view app.summary

-- nothing who reads
set local role rich_reader

-- nothing under other settings
set local search_path = app, pg_catalog; set local datestyle = 'German, DMY'; set local extra_float_digits = 3;
set local timezone = 'Asia/Tokyo'; set local intervalstyle = 'iso_8601'; set local bytea_output = 'escape';
set local quote_all_identifiers = on

-- nothing the map of what is visible
-- outside
vacuum app.plain

-- nothing written anew
-- outside
vacuum full app.orders

-- nothing built anew beside the old one
-- outside
reindex index concurrently app.orders_total
