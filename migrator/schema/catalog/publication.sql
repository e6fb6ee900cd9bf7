-- one row: a publication with the tables and schemas that are in it; of the platform's own, only those
-- if: exists (select from pg_publication)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'tables', m.tables,
        'row filters', m.filters,
        'columns', m.columns,
        'schemas', (
            select jsonb_agg(quote_ident(n.nspname) order by n.nspname collate "C")
            from :publication_namespace s join pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid)
    )) || case when :supabase and p.pubname = 'supabase_realtime' then '{}' else jsonb_strip_nulls(jsonb_build_object(
        'all tables', case when p.puballtables then true end,
        'publish', nullif(concat_ws(', ',
            case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
            case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end),
            'insert, update, delete, truncate'),
        'via root', case when p.pubviaroot then true end,
        'generated columns', case to_jsonb(p) ->> 'pubgencols' when 's' then 'stored' end,
        'owner', pg_get_userbyid(p.pubowner)
    )) end
from compared_other o join pg_publication p on p.oid = o.objid
    -- a server before 15 lacks these two: a name that is in no table of the inner query is looked up here
    cross join (select null::pg_node_tree as prqual, null::int2vector as prattrs) lacking
    cross join lateral (
        select jsonb_agg(name order by name collate "C") as tables,
            jsonb_object_agg(name, filter) filter (where filter is not null) as filters,
            jsonb_object_agg(name, columns) filter (where columns is not null) as columns
        from (
            select r.prrelid::regclass::text as name, pg_get_expr(prqual, r.prrelid) as filter, (
                select jsonb_agg(quote_ident(a.attname) order by a.attname collate "C")
                from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (prattrs)) as columns
            from pg_publication_rel r where r.prpubid = p.oid
        ) each
    ) m
where o.kind = 'publication'
