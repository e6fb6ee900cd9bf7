-- extra table app.new_one
-- extra column app.new_one.a
create table app.new_one (a integer)

-- missing table app.without_columns
drop table app.without_columns

-- missing table app.unlogged_one
-- missing column app.unlogged_one.a
drop table app.unlogged_one

-- missing table app.without_columns
-- extra table app.renamed
alter table app.without_columns rename to renamed

-- missing table app.without_columns
-- extra table public.without_columns
alter table app.without_columns set schema public

-- changed table app.plain
-- changed sequence app.owned_later
alter table app.plain owner to rich_owner

-- changed table app.plain
grant select on app.plain to rich_reader

-- changed table app.plain
grant all on app.plain to public

-- changed table app.users
revoke update on app.users from rich_writer

-- changed table app.users
revoke delete on app.users from rich_owner

-- changed table app.users
grant select on app.users to rich_reader with grant option

-- changed table app.parent_b
alter table app.parent_b set unlogged

-- changed table app.unlogged_one
alter table app.unlogged_one set logged

-- changed table app.plain
alter table app.plain set (fillfactor = 60)

-- changed table app.orders
alter table app.orders reset (fillfactor)

-- changed table app.orders
alter table app.orders set (toast.autovacuum_enabled = true)

-- changed table app.plain
alter table app.plain enable row level security

-- changed table app.locked_down
alter table app.locked_down disable row level security

-- changed table app.locked_down
alter table app.locked_down no force row level security

-- changed table app.plain
alter table app.plain replica identity full

-- changed table app.plain
alter table app.plain replica identity nothing

-- changed table app.orders
-- changed index app.orders_pkey
alter table app.orders replica identity default

-- another index says which row it is
-- changed index app.orders_pkey
-- changed index app.orders_by_id
alter table app.orders replica identity using index orders_by_id

-- changed table app.heir
-- changed column app.heir.b
alter table app.heir no inherit app.parent_b

-- changed table app.heir
-- changed column app.heir.a
-- changed column app.heir.x
-- changed constraint app.heir.a_check
alter table app.heir no inherit app.parent_a

-- the order in which it inherits; what was inherited is its own, too, afterwards
-- changed table app.heir
-- changed column app.heir.a
-- changed column app.heir.x
-- changed constraint app.heir.a_check
alter table app.heir no inherit app.parent_a; alter table app.heir inherit app.parent_a

-- changed table app.typed
alter table app.typed not of

-- missing table app.listed
-- missing column app.listed.a
-- missing column app.listed.b
-- extra table app.listed_2
-- extra column app.listed_2.a
-- extra column app.listed_2.b
drop table app.listed; create table app.listed_2 (a integer, b text) partition by hash (a)

-- changed table app.listed
drop table app.listed; create table app.listed (a integer, b text) partition by list (b)

-- a table of the same columns that is not partitioned
-- changed table app.listed
drop table app.listed; create table app.listed (a integer, b text)

-- a partition that goes its own way
-- extra table app.measures_2024
-- extra column app.measures_2024.at
-- extra column app.measures_2024.place
-- extra column app.measures_2024.value
-- extra constraint app.measures_2024.measures_value
-- extra constraint app.measures_2024.measures_2024_pkey
-- extra index app.measures_2024_at_idx
-- extra index app.measures_2024_pkey
alter table app.measures detach partition app.measures_2024
