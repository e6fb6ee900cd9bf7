-- What an extension makes belongs to who made the extension, as far as that role needs it.
--
-- The objects of a trusted extension belong to the superuser that PostgreSQL makes them as. On the platform `postgres` may
-- move an extension to another schema all the same, and use its foreign data wrapper, because supautils runs such
-- statements as a superuser (https://github.com/supabase/supautils, `privileged_extensions`). PostgreSQL itself asks for
-- the ownership of each object that moves, so it is given away here. What cannot be moved stays as it is.

create or replace function extensions.migrator_own_extension() returns event_trigger
language plpgsql security definer set search_path to '' as $body$
declare
    member record;
begin
    for member in
        select o.type, o.identity, e.extowner::regrole as owner
        from pg_catalog.pg_extension e
        join pg_catalog.pg_roles r on r.oid = e.extowner and not r.rolsuper
        join pg_catalog.pg_depend d
            on d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
        cross join pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
        left join pg_catalog.pg_type t on d.classid = 'pg_catalog.pg_type'::regclass and t.oid = d.objid
        left join pg_catalog.pg_class c on c.oid = t.typrelid
        where o.type = 'foreign-data wrapper' or e.extrelocatable and (
            o.type in ('function', 'procedure', 'aggregate', 'operator', 'operator class', 'operator family', 'table',
                'view', 'materialized view', 'collation', 'conversion', 'text search dictionary',
                'text search configuration')
            -- arrays and the types of tables go with what they are made of
            or o.type = 'type' and t.typcategory <> 'A' and coalesce(c.relkind, 'c') = 'c'
        )
    loop
        if member.type = 'foreign-data wrapper' then
            execute format('grant usage on foreign data wrapper %s to %s with grant option', member.identity, member.owner);
        else
            execute format('alter %s %s owner to %s', member.type, member.identity, member.owner);
        end if;
    end loop;
end $body$;

do $triggers$
begin
    if not exists (select from pg_catalog.pg_event_trigger where evtname = 'migrator_own_extension') then
        create event trigger migrator_own_extension on ddl_command_end
            when tag in ('CREATE EXTENSION', 'ALTER EXTENSION')
            execute function extensions.migrator_own_extension();
    end if;
end $triggers$;
