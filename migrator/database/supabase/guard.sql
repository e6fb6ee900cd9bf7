-- What `postgres` may do in the schemas that belong to Supabase's services: policies and triggers, and no other DDL.
--
-- Facts: https://supabase.com/changelog (21 April 2025: the tables, and what stays allowed);
-- https://github.com/supabase/supautils (`policy_grants`, `drop_trigger_grants`), which is a library in the server.
-- PostgreSQL itself lets only the owner of a table make a policy on it. So `postgres` is a member of the owners here, and
-- two event triggers refuse what only the membership would allow, with the words that the platform has for it.

grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres;

create or replace function extensions.migrator_refuse_ddl() returns event_trigger
language plpgsql set search_path to '' as $body$
declare
    done record;
    held regclass;
begin
    if current_user like 'supabase\_%' or (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        return;
    end if;
    for done in select * from pg_catalog.pg_event_trigger_ddl_commands() loop
        continue when done.in_extension;
        if done.schema_name in ('auth', 'storage', 'realtime') then
            if done.object_type = 'index' then
                select indrelid into held from pg_catalog.pg_index where indexrelid = done.objid;
                raise exception 'must be owner of table %', (select relname from pg_catalog.pg_class where oid = held)
                    using errcode = '42501';
            elsif done.command_tag like 'CREATE %' or done.command_tag = 'SELECT INTO' then
                raise exception 'permission denied for schema %', done.schema_name using errcode = '42501';
            end if;
            raise exception 'must be owner of % %', replace(done.object_type, 'table column', 'table'),
                (pg_catalog.pg_identify_object_as_address(done.classid, done.objid, done.objsubid)).object_names[2]
                using errcode = '42501';
        elsif done.object_type = 'policy' then
            select polrelid into held from pg_catalog.pg_policy where oid = done.objid;
            if exists (
                select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where c.oid = held and n.nspname in ('auth', 'storage', 'realtime')
                    and (n.nspname, c.relname) not in (
                        ('auth', 'audit_log_entries'), ('auth', 'identities'), ('auth', 'refresh_tokens'),
                        ('auth', 'sessions'), ('auth', 'users'), ('storage', 'buckets'), ('storage', 'migrations'),
                        ('storage', 'objects'), ('storage', 's3_multipart_uploads'),
                        ('storage', 's3_multipart_uploads_parts'), ('realtime', 'messages'))
            ) then
                raise exception 'must be owner of table %', (select relname from pg_catalog.pg_class where oid = held)
                    using errcode = '42501';
            end if;
        end if;
    end loop;
end $body$;

create or replace function extensions.migrator_refuse_drop() returns event_trigger
language plpgsql set search_path to '' as $body$
declare
    gone record;
begin
    if current_user like 'supabase\_%' or (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        return;
    end if;
    for gone in
        select * from pg_catalog.pg_event_trigger_dropped_objects()
        where original and schema_name in ('auth', 'storage', 'realtime') and object_type not in ('policy', 'trigger')
    loop
        raise exception 'must be owner of % %', replace(gone.object_type, 'table column', 'table'), gone.address_names[2]
            using errcode = '42501';
    end loop;
end $body$;

do $triggers$
begin
    if not exists (select from pg_catalog.pg_event_trigger where evtname = 'migrator_refuse_ddl') then
        create event trigger migrator_refuse_ddl on ddl_command_end execute function extensions.migrator_refuse_ddl();
        create event trigger migrator_refuse_drop on sql_drop execute function extensions.migrator_refuse_drop();
    end if;
end $triggers$;
