-- bad: no index, one key without a name of its own, quoted names
create table parents (id int primary key);
create table children (id int primary key, parent_id int references parents);
create schema "My App";
create table "My App"."Line Items" (id int primary key, "Parent Id" int references parents on delete cascade);
-- found V331 constraint "My App"."Line Items"."Line Items_Parent Id_fkey": no index of `"My App"."Line Items"` begins with `Parent Id`, as the foreign key `Line Items_Parent Id_fkey` needs: each delete, which cascades, and each change of the key in `public.parents` reads all of `"My App"."Line Items"`
-- found V331 constraint public.children.children_parent_id_fkey: no index of `public.children` begins with `parent_id`, as the foreign key `children_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`

-- bad: an index of other columns, of one of two, of them behind another, of them as INCLUDE, of what is made of them
create table parents (a int, b int, primary key (a, b));
create table children (id int primary key, a int, b int, c int, foreign key (a, b) references parents);
create index on children (a);
create index on children (c, a, b);
create index on children (a, c, b);
create index on children (a) include (b);
create index on children ((a + 0), b);
-- found V331 constraint public.children.children_a_b_fkey: no index of `public.children` begins with `a`, `b`, as the foreign key `children_a_b_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`

-- bad: a partial index that lacks rows which refer to something
create table parents (id int primary key);
create table children (id int primary key, parent_id int references parents, done boolean);
create index on children (parent_id) where not done;
create index on children (parent_id) where parent_id is not null and done is not null;
create index on children (parent_id) where parent_id is null;
create index on children (parent_id) where parent_id > 5;
-- found V331 constraint public.children.children_parent_id_fkey: no index of `public.children` begins with `parent_id`, as the foreign key `children_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`

-- bad: an invalid index
create table parents (id int primary key);
create table children (id int primary key, parent_id int references parents);
create index children_parent on children (parent_id);
reset role;
update pg_index set indisvalid = false where indexrelid = 'children_parent'::regclass;
-- found V331 constraint public.children.children_parent_id_fkey: no index of `public.children` begins with `parent_id`, as the foreign key `children_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`
-- found V336 index public.children_parent: `public.children_parent` is invalid: no query of `public.children` uses it, and each change writes it

-- bad: an index in an order or of operators that the key's comparison cannot use
create table parents (name text primary key);
create table children (id int primary key, name text references parents on update cascade on delete set null);
create index on children (name collate "C");
create index on children using brin (name);
-- found V331 constraint public.children.children_name_fkey: no index of `public.children` begins with `name`, as the foreign key `children_name_fkey` needs: each delete, which sets null, and each change of the key in `public.parents` reads all of `public.children`

-- bad: one of two partitions lacks it, and whose columns have other numbers
create table parents (id int primary key);
create table children (id int, parent_id int references parents, day date) partition by range (day);
create table children_1 partition of children for values from ('2026-01-01') to ('2027-01-01');
create table children_2 (day date, parent_id int, id int);
alter table children attach partition children_2 for values from ('2027-01-01') to ('2028-01-01');
create index on children_1 (parent_id);
create index on only children (parent_id);
-- found V331 constraint public.children.children_parent_id_fkey: no index of `public.children` begins with `parent_id`, as the foreign key `children_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`
-- found V333 table public.children: `public.children` has no primary key
-- found V336 index public.children_parent_id_idx: `public.children_parent_id_idx` is invalid: no query of `public.children` uses it, because these partitions have no part of it: `public.children_1`, `public.children_2`

-- bad: to a partitioned table, and to the table itself
create table parents (id int primary key, up int references parents) partition by list (id);
create table parents_1 partition of parents for values in (1);
create table children (id int primary key, parent_id int references parents);
-- found V331 constraint public.children.children_parent_id_fkey: no index of `public.children` begins with `parent_id`, as the foreign key `children_parent_id_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.children`
-- found V331 constraint public.parents.parents_up_fkey: no index of `public.parents` begins with `up`, as the foreign key `parents_up_fkey` needs: each delete and each change of the key in `public.parents` reads all of `public.parents`

-- bad: to a table of the platform
create table profiles (id int primary key, of_user uuid not null references auth.users on delete cascade);
-- found V331 constraint public.profiles.profiles_of_user_fkey: no index of `public.profiles` begins with `of_user`, as the foreign key `profiles_of_user_fkey` needs: each delete, which cascades, and each change of the key in `auth.users` reads all of `public.profiles`

-- good: an index of the key's columns first, in any order
create table parents (a int, b int, primary key (a, b));
create table one (id int primary key, a int, b int, foreign key (a, b) references parents);
create index on one (b, a);
create table two (id int, a int, b int, foreign key (a, b) references parents, primary key (a, b, id));
create table three (id int primary key, a int, b int, foreign key (a, b) references parents, unique (b, a));
create table four (id int primary key, a int, b int, foreign key (a, b) references parents);
create index on four (a desc, b) include (id);

-- good: partial indexes of all rows that refer to something
create table parents (id int primary key, b int, unique (id, b));
create table "Children" ("Parent's Id" int, b int, foreign key ("Parent's Id", b) references parents (id, b));
create index on "Children" ("Parent's Id", b) where "Parent's Id" is not null and b is not null;
create table orders (parent_id int references parents);
create index on orders (parent_id) where parent_id is not null;
-- found V333 table public."Children": `public."Children"` has no primary key
-- found V333 table public.orders: `public.orders` has no primary key

-- good: hash, other operators with the same equality, other types of the same family
create table parents (id bigint primary key, name text unique);
create table one (parent_id bigint references parents);
create index on one using hash (parent_id);
create table two (name text references parents (name));
create index on two (name text_pattern_ops);
create table three (parent_id int references parents);
create index on three (parent_id);
create table four (name varchar(10) references parents (name));
create index on four (name);
-- found V333 table public.four: `public.four` has no primary key
-- found V333 table public.one: `public.one` has no primary key
-- found V333 table public.three: `public.three` has no primary key
-- found V333 table public.two: `public.two` has no primary key

-- good: an index of the whole, and an index of each partition
create table parents (id int primary key);
create table whole (id int, parent_id int references parents) partition by list (id);
create table whole_1 partition of whole for values in (1);
create index on whole (parent_id);
create table each (id int, parent_id int references parents) partition by list (id);
create table each_1 partition of each for values in (1);
create table each_2 (parent_id int, id int);
alter table each attach partition each_2 for values in (2);
create index on each_1 (parent_id);
create index on each_2 (parent_id);
-- found V333 table public.each: `public.each` has no primary key
-- found V333 table public.whole: `public.whole` has no primary key
