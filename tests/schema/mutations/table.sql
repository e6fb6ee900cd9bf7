-- changed table app.plain
alter table app.plain set unlogged

-- missing table app.without_columns
drop table app.without_columns

-- extra table app.new_one
-- extra column app.new_one.a
create table app.new_one (a integer)
