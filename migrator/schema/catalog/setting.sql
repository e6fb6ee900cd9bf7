-- one row: a setting of the database, or of a role in it; on the platform also what tells the API which schemas to serve.
-- What may be a secret is told by a mark that is the same for the same value, too short to find the value by
-- if: exists (select from pg_db_role_setting where :supabase and setdatabase = 0
--    or setdatabase = (select oid from pg_database where datname = current_database()))
select
    'setting',
    s.name || case when s.setrole = 0 then '' else ' of ' || quote_ident(pg_get_userbyid(s.setrole)) end
        || case when s.setdatabase = 0 then ' in all databases' else '' end,
    jsonb_build_object('value', case
        when s.name ~* :hidden_names or s.value ~* :hidden_values
            or s.name ~ '\.' and split_part(s.name, '.', 1) <> all (:told_settings)
        then '(hidden, ' || left(encode(sha256(convert_to(s.name || chr(31) || s.value, 'UTF8')), 'hex'), 4) || ')'
        else s.value end)
from (
    select d.setdatabase, d.setrole, lower(split_part(c.line, '=', 1)) as name,
        substr(c.line, strpos(c.line, '=') + 1) as value
    from pg_db_role_setting d, unnest(d.setconfig) c (line)
    where d.setdatabase = (select oid from pg_database where datname = current_database())
        or :supabase and d.setdatabase = 0 and d.setrole = (select oid from pg_roles where rolname = 'authenticator')
) s
where not exists (select from platform_role r where r.oid = s.setrole)
    and (s.setdatabase <> 0 or s.name like 'pgrst.%')
    -- what the platform sets, and what stands for its setting of the role `postgres` on a server of ours
    and not (:supabase and s.setrole = 0 and (
        s.name in ('app.settings.jwt_secret', 'app.settings.jwt_exp')
        or s.name = 'search_path' and s.value = '"$user", public, extensions'))
