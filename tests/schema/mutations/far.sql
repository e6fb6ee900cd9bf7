-- extra foreign table app.new_one
-- extra column app.new_one.a
create foreign table app.new_one (a integer) server idle_server

-- missing foreign table app.far
-- missing column app.far.a
-- missing column app.far.b
-- missing constraint app.far.far_check
drop foreign table app.far

-- changed foreign table app.far
alter foreign table app.far options (set place 'elsewhere')

-- changed foreign table app.far
alter foreign table app.far options (drop deep)

-- changed foreign table app.far
alter foreign table app.far owner to rich_owner

-- changed foreign table app.far
grant select on app.far to rich_reader

-- changed foreign table app.far
drop foreign table app.far;
create foreign table app.far (
    a integer options (name 'x', kind 'y') not null, b text default 'far', constraint far_check check (a > 0)
) server other_server options (place 'there', deep 'yes')

-- changed column app.far.a
alter foreign table app.far alter column a options (set kind 'z')

-- changed column app.far.b
alter foreign table app.far alter column b drop default

-- extra column app.far.c
alter foreign table app.far add column c integer

-- since 150000
-- changed table app.kept_apart
alter table app.kept_apart set access method heap

-- what goes when an extension goes
-- changed function app.touch()
alter function app.touch() depends on extension plpgsql

-- changed index app.orders_total
alter index app.orders_total depends on extension plpgsql

-- changed materialized view app.summary
alter materialized view app.summary depends on extension plpgsql

-- changed trigger app.users.touched
alter trigger touched on app.users depends on extension plpgsql

-- changed foreign table app.far
alter foreign table app.far inherit app.unlogged_one
