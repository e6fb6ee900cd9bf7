-- bad: of a table, of a column, of a domain, of another schema
create table parents (id int primary key);
create table t (id int primary key, parent_id int, a int);
alter table t add constraint positive check (a > 0) not valid;
alter table t add constraint t_parent foreign key (parent_id) references parents not valid;
create schema "My App";
create table "My App"."T" (id int primary key);
alter table "My App"."T" add constraint "Not Zero" check (id <> 0) not valid;
create domain amount as int;
alter domain amount add constraint not_negative check (value >= 0) not valid;
-- found V331 constraint public.t.t_parent: no index of `public.t` begins with `parent_id`, as the foreign key `t_parent` needs: each delete and each change of the key in `public.parents` reads all of `public.t`
-- found V337 constraint "My App"."T"."Not Zero": the constraint `Not Zero` of `"My App"."T"` is not valid: rows that were there before it may break it
-- found V337 constraint public.amount.not_negative: the constraint `not_negative` of `public.amount` is not valid: rows that were there before it may break it
-- found V337 constraint public.t.positive: the constraint `positive` of `public.t` is not valid: rows that were there before it may break it
-- found V337 constraint public.t.t_parent: the constraint `t_parent` of `public.t` is not valid: rows that were there before it may refer to nothing

-- bad: of a partitioned table and of a parent, once
create table t (id int, a int) partition by list (id);
create table t_1 partition of t for values in (1);
create table parent (a int);
create table child () inherits (parent);
alter table t add constraint positive check (a > 0) not valid;
alter table parent add constraint positive check (a > 0) not valid;
-- found V333 table public.child: `public.child` has no primary key
-- found V333 table public.parent: `public.parent` has no primary key
-- found V333 table public.t: `public.t` has no primary key
-- found V337 constraint public.parent.positive: the constraint `positive` of `public.parent` is not valid: rows that were there before it may break it
-- found V337 constraint public.t.positive: the constraint `positive` of `public.t` is not valid: rows that were there before it may break it

-- bad: since 18: columns that may hold null, and what the server never checks
create table parents (id int primary key);
create table t (id int primary key, a int, parent_id int);
alter table t add constraint t_a not null a not valid;
alter table t add constraint positive check (a > 0) not enforced;
alter table t add constraint t_parent foreign key (parent_id) references parents not enforced;
-- found V337 column public.t.a: the constraint `t_a` of `public.t` is not valid: rows that were there before it may hold null
-- found V337 constraint public.t.positive: the constraint `positive` of `public.t` is declared `not enforced`: it tells what should be true, and the server checks no row
-- found V337 constraint public.t.t_parent: the constraint `t_parent` of `public.t` is declared `not enforced`: it tells what should be true, and the server checks no row

-- good: valid, from the start or by now
create table parents (id int primary key);
create table t (id int primary key, parent_id int references parents, a int not null check (a > 0));
alter table t add constraint less check (a < 100) not valid;
alter table t add constraint again foreign key (parent_id) references parents not valid;
alter table t validate constraint less;
alter table t validate constraint again;
create domain amount as int check (value >= 0);
-- found V331 constraint public.t.again: no index of `public.t` begins with `parent_id`, as the foreign key `again` needs: each delete and each change of the key in `public.parents` reads all of `public.t`
-- found V331 constraint public.t.t_parent_id_fkey: no index of `public.t` begins with `parent_id`, as the foreign key `t_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.t`
