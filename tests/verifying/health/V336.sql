-- bad: cut off while it was made, plain, unique, with a name that needs quotes
create table t (id int primary key, a int);
create index "T A" on t (a);
create unique index t_unique on t (a);
create index t_early on t (id, a);
create index t_a_ccnew on t (a);
create index t_dropped on t (a);
create materialized view m as select 1 as a;
create index m_a on m (a);
reset role;
update pg_index set indisvalid = false where indexrelid in ('"T A"'::regclass, 't_unique'::regclass, 't_a_ccnew'::regclass, 'm_a'::regclass);
update pg_index set indisvalid = false, indisready = false where indexrelid = 't_early'::regclass;
update pg_index set indisvalid = false, indisready = false, indislive = false where indexrelid = 't_dropped'::regclass;
-- found V336 index public."T A": `public."T A"` is invalid: no query of `public.t` uses it, and each change writes it
-- found V336 index public.m_a: `public.m_a` is invalid: no query of `public.m` uses it, and each change writes it
-- found V336 index public.t_a_ccnew: `public.t_a_ccnew` is invalid: no query of `public.t` uses it, and each change writes it
-- found V336 index public.t_dropped: `public.t_dropped` is invalid: no query of `public.t` uses it
-- found V336 index public.t_early: `public.t_early` is invalid: no query of `public.t` uses it
-- found V336 index public.t_unique: `public.t_unique` is invalid: no query of `public.t` uses it, and it may let duplicates in

-- bad: partitions have no part of it
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create table "T 2" partition of t for values in (2);
create table t_3 partition of t for values in (3);
create index t_a on only t (a);
create index t_1_a on t_1 (a);
alter index t_a attach partition t_1_a;
-- found V333 table public.t: `public.t` has no primary key
-- found V336 index public.t_a: `public.t_a` is invalid: no query of `public.t` uses it, because these partitions have no part of it: `public."T 2"`, `public.t_3`

-- bad: a part of it is invalid
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create index t_a on t (a);
reset role;
update pg_index set indisvalid = false where indexrelid in ('t_a'::regclass, 't_1_a_idx'::regclass);
-- found V333 table public.t: `public.t` has no primary key
-- found V336 index public.t_1_a_idx: `public.t_1_a_idx` is invalid: no query of `public.t_1` uses it, and each change writes it
-- found V336 index public.t_a: `public.t_a` is invalid: no query of `public.t` uses it

-- good: all are valid
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create index t_a on t (a);
create index t_1_a on t_1 (a);
create table u (id int primary key);
-- found V333 table public.t: `public.t` has no primary key
-- found V335 index public.t_1_a: `public.t_1_a` is a duplicate of `public.t_1_a_idx`: each change of `public.t_1` writes both
