"""A view that shows `auth.users` to whoever has the key of a browser, directly or through other views."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V304",
    name="auth_users_exposed",
    severity="error",
    title="a view that the API serves shows users of `auth.users`",
    message="{kind} `{identity}` shows {columns} of `auth.users`{through}: {who}",
    hint="`revoke select on table {identity} from {givers}`, and show what may be seen from a table of your own",
    supabase_only=True,
    # `needs`: what whoever asks must be allowed to read, because a view with `security_invoker` reads it; such a view
    # reads as whoever asks also where another view reads from it, but not where a materialized view is filled:
    # https://www.postgresql.org/docs/current/sql-createview.html, "Notes"
    query="""
with recursive users as (
    select c.oid, c.relrowsecurity from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'auth' and c.relname = 'users'
),
sees as (
    select u.oid as relation, null::oid as first, '{}'::oid[] as needs from users u
    union
    select v.oid, coalesce(s.first, v.oid), case
        when v.relkind = 'm' then '{}'
        when v.oid in (select i.oid from invoker_view i)
        then array(select distinct n from unnest(s.needs || s.relation) n order by n)
        else s.needs end
    from sees s
        join pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = s.relation
            and d.classid = 'pg_catalog.pg_rewrite'::regclass
        join pg_rewrite w on w.oid = d.objid and w.ev_type = '1' and w.ev_class <> s.relation
        join pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm')
),
shown as (
    select s.relation, h.rolname, h.columns, s.first
    from sees s join reach h on h.oid = s.relation and h.reads join users u on true
    where not exists (select from unnest(s.needs) n where not has_any_column_privilege(h.role, n, 'select'))
        -- as whoever asks, and row level security says which users that one sees
        and not (u.oid = any (s.needs) and u.relrowsecurity)
)
select r.kind, r.identity, jsonb_build_object(
    'columns', (
        select case when count(*) = 0 then 'rows'
            else string_agg('`' || a.attname || '`', ', ' order by a.attnum) filter (where a.place <= 6)
                || case when count(*) > 6 then ' and ' || count(*) - 6 || ' more' else '' end end
        from (
            select a.attname, a.attnum, row_number() over (order by a.attnum) as place
            from shown s join pg_rewrite w on w.ev_class = s.first
                join pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
                    and d.refclassid = 'pg_catalog.pg_class'::regclass
                join users u on u.oid = d.refobjid
                join pg_attribute a on a.attrelid = u.oid and a.attnum = d.refobjsubid and a.attnum > 0
            where s.relation = r.oid
            group by a.attname, a.attnum
        ) a),
    'through', (
        select coalesce(' through ' || string_agg(distinct '`' || s.first::regclass || '`', ', '), '')
        from shown s where s.relation = r.oid and s.first <> r.oid),
    'who', (
        select string_agg(s.names || ' may select' || s.columns, '; ' order by s.names)
        from (
            select string_agg(distinct '`' || s.rolname || '`', ' and ') as names, coalesce(s.columns, '') as columns
            from shown s where s.relation = r.oid group by s.columns
        ) s),
    'givers', coalesce(g.names, e.names))
from relation r join exposed e on e.oid = r.oid left join giver g on g.oid = r.oid
where r.oid in (select s.relation from shown s)
""",
)
