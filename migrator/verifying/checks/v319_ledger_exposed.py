"""A table that says what is applied, open to the roles of the API."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V319",
    name="ledger_exposed",
    severity="error",
    title="the ledger or a table of ours is open to the roles of the API",
    message="`{identity}`, which tells what is applied, is open to roles of the API{served}: {who}",
    hint="`revoke all on table {identity} from {givers}`",
    supabase_only=True,
    query="""
select 'table', l.identity, jsonb_build_object(
    'who', string_agg('`' || a.rolname || '` may ' || may.rights, '; ' order by a.rolname),
    'served', case when exists (select from api_usage u where u.schema = l.relnamespace)
        then '' else ', though it does not serve `' || l.nspname || '`' end,
    'givers', coalesce(max(g.names), string_agg(a.rolname, ', ' order by a.rolname)))
from ledger_table l join api_role a on has_schema_privilege(a.oid, l.relnamespace, 'usage')
    cross join lateral (
        select string_agg(o.name, ', ' order by o.place)
        from unnest(array['select', 'insert', 'update', 'delete']) with ordinality o (name, place)
        where case o.name
            when 'delete' then has_table_privilege(a.oid, l.oid, o.name)
            else has_any_column_privilege(a.oid, l.oid, o.name) end
    ) may (rights)
    left join giver g on g.oid = l.oid
where may.rights is not null
    -- row level security without a policy for the role shows it nothing and lets it write nothing
    and not (l.relrowsecurity and not exists (
        select from pg_policy p cross join unnest(p.polroles) r
        where p.polrelid = l.oid and p.polpermissive and (r = 0 or pg_has_role(a.oid, r, 'usage'))))
group by l.oid, l.identity, l.relnamespace, l.nspname
""",
)
