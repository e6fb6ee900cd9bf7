-- extra event trigger rich_new
create event trigger rich_new on sql_drop execute function app.on_ddl()

-- missing event trigger rich_trigger
-- missing comment event trigger rich_trigger
drop event trigger rich_trigger

-- changed event trigger rich_trigger
alter event trigger rich_trigger disable

-- changed event trigger rich_trigger
alter event trigger rich_trigger enable always

-- changed event trigger rich_trigger
alter event trigger rich_trigger enable replica

-- the event
-- changed event trigger rich_trigger
-- missing comment event trigger rich_trigger
drop event trigger rich_trigger;
create event trigger rich_trigger on ddl_command_start when tag in ('CREATE DOMAIN', 'CREATE CONVERSION')
    execute function app.on_ddl()

-- the tags
-- changed event trigger rich_trigger
-- missing comment event trigger rich_trigger
drop event trigger rich_trigger;
create event trigger rich_trigger on ddl_command_end when tag in ('CREATE DOMAIN') execute function app.on_ddl()

-- the function
-- changed event trigger rich_trigger
-- missing comment event trigger rich_trigger
drop event trigger rich_trigger;
create event trigger rich_trigger on ddl_command_end when tag in ('CREATE DOMAIN', 'CREATE CONVERSION')
    execute function app.on_ddl_too()

-- changed event trigger rich_trigger
alter role rich_owner superuser;
alter event trigger rich_trigger owner to rich_owner
