-- roles of the rich database; conftest.py drops every role named rich_* at the end
do $$
declare
    wanted text;
begin
    foreach wanted in array array['rich_owner', 'rich_reader', 'rich_writer', 'rich_grantor', 'rich "odd" name']
    loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I', wanted);
        end if;
    end loop;
end
$$;
