-- one row: a policy of row level security, also on a table that the platform manages
-- if: exists (select from pg_policy)
select
    'policy',
    c.identity || '.' || quote_ident(p.polname),
    jsonb_strip_nulls(jsonb_build_object(
        'command', case p.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        'restrictive', case when not p.polpermissive then true end,
        'roles', (
            select jsonb_agg(role order by role collate "C") from (
                select distinct case r when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end from unnest(p.polroles) r
            ) roles (role)),
        'using', pg_get_expr(p.polqual, p.polrelid),
        'with check', pg_get_expr(p.polwithcheck, p.polrelid)
    ))
from compared_relation c join pg_policy p on p.polrelid = c.oid
