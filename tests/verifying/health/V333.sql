-- bad: no key, and no column that could be one
create table logs (id int, line text);
create table "Odd Name" (line text);
create unlogged table cache (line text unique);
-- found V333 table public."Odd Name": `public."Odd Name"` has no primary key
-- found V333 table public.cache: `public.cache` has no primary key
-- found V333 table public.logs: `public.logs` has no primary key

-- bad: what could be one
create table by_index (code text not null, other int);
create unique index by_index_code on by_index (code);
create table by_constraint ("Code" text not null unique, other int);
create table neither (a int not null, b int, c int not null, d int not null);
create unique index on neither (b);
create unique index on neither (a) where b > 0;
create unique index on neither ((a + 0));
create unique index on neither (c desc);
alter table neither add unique (d) deferrable;
-- found V333 table public.by_constraint: `public.by_constraint` has no primary key
-- found V333 table public.by_index: `public.by_index` has no primary key
-- found V333 table public.neither: `public.neither` has no primary key

-- bad: changes of it cannot be published
create table jobs (line text);
create publication "All Changes" for table jobs;
create table inserts (line text);
create publication insert_alone for table inserts with (publish = 'insert, truncate');
create table whole (line text);
alter table whole replica identity full;
create publication of_whole for table whole;
-- found V333 table public.inserts: `public.inserts` has no primary key
-- found V333 table public.jobs: `public.jobs` has no primary key: each `update` and each `delete` fails, because the publication `All Changes` publishes it
-- found V333 table public.whole: `public.whole` has no primary key

-- bad: a partitioned table, and a child of a table that has one
create table events (day date not null, kind text) partition by range (day);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01') partition by list (kind);
create table events_2026_a partition of events_2026 for values in ('a');
create table parent (id int primary key);
create table child () inherits (parent);
-- found V333 table public.child: `public.child` has no primary key
-- found V333 table public.events: `public.events` has no primary key

-- good: one of a column, of several, and of all partitions; one that can have none
create table one (id int primary key);
create table two (a int, b int, primary key (a, b));
create table events (day date not null primary key) partition by range (day);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create table by_month (day date not null) partition by range (date_trunc('month', day::timestamp));
create view v with (security_invoker = true) as select 1 as a;
create materialized view m as select 1 as a;
