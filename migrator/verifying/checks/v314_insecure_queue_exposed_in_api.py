"""A queue of pgmq that the API serves, without row level security: whoever has the key reads and writes messages."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V314",
    name="insecure_queue_exposed_in_api",
    severity="error",
    title="a queue that the API serves has no row level security",
    message="row level security is off on the queue `{identity}`, which the API serves by the schema `{schemas}`: "
    "{who}",
    hint="`alter table {identity} enable row level security`, and a policy for each thing that is to be allowed",
    supabase_only=True,
    # the functions of `pgmq_public` work with the rights of who calls them
    query=r"""
select 'table', 'pgmq.' || quote_ident(c.relname), jsonb_build_object(
    'schemas', (
        select string_agg(distinct u.nspname, '`, `') from api_usage u where u.nspname in ('pgmq', 'pgmq_public')),
    'who', string_agg('`' || a.rolname || '` may ' || may.rights, '; ' order by a.rolname))
from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'pgmq'
    join api_role a on has_schema_privilege(a.oid, n.oid, 'usage')
        and exists (select from api_usage u where u.role = a.oid and u.nspname in ('pgmq', 'pgmq_public'))
    cross join lateral (
        select string_agg(o.name, ', ' order by o.place)
        from unnest(array['select', 'insert', 'update', 'delete']) with ordinality o (name, place)
        where has_table_privilege(a.oid, c.oid, o.name)
    ) may (rights)
where c.relkind in ('r', 'p') and c.relname like 'q\_%' and not c.relrowsecurity and may.rights is not null
group by c.relname
""",
)
