-- one row: who may connect to the database and make schemas in it, where that is not what every database has; its name,
-- owner, encoding and limits are of whoever made it
-- if: exists (select from pg_database where datname = current_database() and datacl is not null)
select 'database', 'current', a.told
from (
    select jsonb_strip_nulls(jsonb_build_object(
        'granted', (select nullif(jsonb_object_agg(g.key, g.value), '{}') from jsonb_each(p.granted) g
            where g.key not in (select quote_ident(rolname) from platform_role)),
        'revoked', p.revoked)) as told
    from privilege p where p.classid = 'pg_catalog.pg_database'::regclass
) a
where a.told <> '{}'
