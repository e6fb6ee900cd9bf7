-- extra publication rich_new
create publication rich_new

-- missing publication rich_some
-- missing comment publication rich_some
drop publication rich_some

-- changed publication rich_some
alter publication rich_some add table app.plain

-- changed publication rich_some
alter publication rich_some drop table app.users

-- changed publication rich_some
alter publication rich_some set (publish = 'insert')

-- changed publication rich_some
alter publication rich_some set (publish = 'insert, update, truncate')

-- changed publication rich_some
alter publication rich_some set (publish = 'insert, update, delete')

-- changed publication rich_root
alter publication rich_root set (publish_via_partition_root = false)

-- changed publication rich_some
alter publication rich_some owner to postgres;
alter role rich_owner superuser;
alter publication rich_some owner to rich_owner

-- of all tables or of none
-- changed publication rich_all
drop publication rich_all; create publication rich_all

-- since 150000
-- changed publication rich_filtered
alter publication rich_filtered set table app.users (id, name) where (id > 4), app.orders where (id > 5)

-- since 150000
-- changed publication rich_filtered
alter publication rich_filtered set table app.users (id, name), app.orders where (id > 5)

-- since 150000
-- changed publication rich_filtered
alter publication rich_filtered set table app.users (id) where (id > 3), app.orders where (id > 5)

-- since 150000
-- changed publication rich_schemas
alter publication rich_schemas drop tables in schema app

-- since 150000
-- changed publication rich_schemas
alter publication rich_schemas add tables in schema noted

-- since 180000
-- changed publication rich_some
alter publication rich_some set (publish_generated_columns = stored)
