-- bad: twice the same, and three times
create table t (id int primary key, a int, b text);
create index t_a on t (a);
create index "T A again" on t (a);
create index t_b on t using gin (to_tsvector('english', b)) where a > 0;
create index t_b_2 on t using gin (to_tsvector('english', b)) where a > 0;
create index t_b_3 on t using gin (to_tsvector('english', b)) where a > 0;
-- found V335 index public.t_a: `public.t_a` is a duplicate of `public."T A again"`: each change of `public.t` writes both
-- found V335 index public.t_b_2: `public.t_b_2` is a duplicate of `public.t_b`: each change of `public.t` writes both
-- found V335 index public.t_b_3: `public.t_b_3` is a duplicate of `public.t_b`: each change of `public.t` writes both

-- bad: what a constraint has already
create table t (id int primary key, a int unique, b int);
create index t_id on t (id);
create unique index t_id_again on t (id);
create unique index t_a on t (a);
create index t_a_plain on t (a) with (fillfactor = 70);
alter table t add unique (id);
-- found V335 index public.t_a: `public.t_a` is a duplicate of `public.t_a_key` of a unique constraint: each change of `public.t` writes both
-- found V335 index public.t_a_plain: `public.t_a_plain` is a duplicate of `public.t_a_key` of a unique constraint: each change of `public.t` writes both
-- found V335 index public.t_id: `public.t_id` is a duplicate of `public.t_pkey` of the primary key: each change of `public.t` writes both
-- found V335 index public.t_id_again: `public.t_id_again` is a duplicate of `public.t_pkey` of the primary key: each change of `public.t` writes both
-- found V335 index public.t_id_key: `public.t_id_key` is a duplicate of `public.t_pkey` of the primary key: each change of `public.t` writes both

-- bad: one that foreign keys stand on stays; where both are stood on, they come first
create table t (id int not null);
create unique index t_a on t (id);
create unique index t_b on t (id);
create table of_b (id int primary key references t (id));
create table u (id int not null unique, constraint "Again" unique (id));
alter table u add primary key (id);
create table of_u (id int primary key references u (id));
-- found V333 table public.t: `public.t` has no primary key
-- found V335 index public."Again": `public."Again"` is a duplicate of `public.u_pkey` of the primary key: each change of `public.u` writes both
-- found V335 index public.t_b: `public.t_b` is a duplicate of `public.t_a`: each change of `public.t` writes both

-- bad: of a partitioned table, of a materialized view, and beside one that came from the whole
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create index t_a on t (a);
create index t_a_again on t (a);
create table u (id int, a int) partition by list (id);
create table u_1 partition of u for values in (1);
create index u_a on u (a);
create index u_1_own on u_1 (a);
create materialized view m as select 1 as a;
create index m_a on m (a);
create index m_a_again on m (a);
-- found V333 table public.t: `public.t` has no primary key
-- found V333 table public.u: `public.u` has no primary key
-- found V335 index public.m_a_again: `public.m_a_again` is a duplicate of `public.m_a`: each change of `public.m` writes both
-- found V335 index public.t_a_again: `public.t_a_again` is a duplicate of `public.t_a`: each change of `public.t` writes both
-- found V335 index public.u_1_own: `public.u_1_own` is a duplicate of `public.u_1_a_idx`: each change of `public.u_1` writes both

-- bad: unique, and unique in the same way
create table t (a int);
create unique index t_a on t (a) nulls not distinct;
create unique index t_b on t (a) nulls not distinct;
-- found V333 table public.t: `public.t` has no primary key
-- found V335 index public.t_b: `public.t_b` is a duplicate of `public.t_a`: each change of `public.t` writes both

-- good: other columns, order, operators, collation, rows, method
create table t (id int primary key, a int, b text, c int[]);
create index t_1 on t (a);
create index t_2 on t (a, id);
create index t_3 on t (id, a);
create index t_4 on t (a desc);
create index t_5 on t (a nulls first);
create index t_6 on t using hash (a);
create index t_7 on t (a) where b is null;
create index t_8 on t (a) where b is not null;
create index t_9 on t (a) include (b);
create index t_10 on t (b);
create index t_11 on t (b text_pattern_ops);
create index t_12 on t (b collate "C");
create index t_13 on t (lower(b));
create index t_14 on t (upper(b));
create index t_15 on t using brin (a) with (pages_per_range = 8);
create index t_16 on t using brin (a) with (pages_per_range = 64);

-- good: a unique one of other rules, and invalid ones
create table t (a int, b int);
create unique index t_a on t (a);
create unique index t_a_nulls on t (a) nulls not distinct;
alter table t add unique (b) deferrable;
create unique index t_b on t (b);
create index t_ab on t (a, b);
create index t_ab_again on t (a, b);
reset role;
update pg_index set indisvalid = false where indexrelid = 't_ab_again'::regclass;
-- found V333 table public.t: `public.t` has no primary key
-- found V336 index public.t_ab_again: `public.t_ab_again` is invalid: no query of `public.t` uses it, and each change writes it

-- good: parts of what the whole has, and one for each
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create table t_2 partition of t for values in (2);
create index t_a on t (a);
-- found V333 table public.t: `public.t` has no primary key
