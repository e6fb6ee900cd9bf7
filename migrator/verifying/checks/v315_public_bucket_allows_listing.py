"""A public bucket of files together with a policy that lets the API list what is in it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V315",
    name="public_bucket_allows_listing",
    severity="warning",
    title="a policy lets whoever asks list the files of a public bucket",
    message="policy `{name}` of `storage.objects` lets {roles} list all files of {buckets}, which is public and gives "
    "out files by their address without a policy",
    hint="`drop policy {name} on storage.objects`",
    supabase_only=True,
    reads="storage.buckets",
    # The rows of a table that is not everywhere, nor open to every role, in a statement that must hold everywhere: of
    # what PostgreSQL has for a statement in a text, this asks for nothing that a server may be built without.
    query=r"""
with bucket as (
    select w.word as id
    from (
        select exists (
            select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                join pg_attribute a on a.attrelid = c.oid and a.attname in ('id', 'public') and not a.attisdropped
            where n.nspname = 'storage' and c.relname = 'buckets'
                and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
            having count(*) = 2) as readable
    ) s cross join lateral ts_stat(case
        when s.readable
        then 'select array_to_tsvector(array[id::text]) from storage.buckets where public and id <> '''''
        else 'select null::tsvector where false' end) w
)
select 'policy', p.of_table || '.' || p.name, jsonb_build_object(
    'name', p.name, 'buckets', string_agg(distinct '`' || b.id || '`', ', '),
    'roles', string_agg(distinct '`' || a.rolname || '`', ' and '))
from policed p cross join bucket b
        cross join lateral (select '(bucket_id = ' || quote_literal(b.id) || '::text)') o (one)
    join api_role a on a.oid = any (p.api)
where (
        a.oid = any (p.use_passing) or p.uses = o.one
        or p.uses like '(bucket_id = ANY (ARRAY[%' and p.uses not like '% AND %' and p.uses not like '% OR %'
            and strpos(p.uses, quote_literal(b.id) || '::text') > 0
        or starts_with(p.uses, '(' || o.one || ' OR ') or right(p.uses, length(o.one) + 5) = ' OR ' || o.one || ')'
        or a.rolname = 'authenticated' and exists (
            select from login l
            where p.uses in ('(' || o.one || ' AND ' || l.said || ')', '(' || l.said || ' AND ' || o.one || ')')))
    and p.of_table = 'storage.objects' and p.polpermissive and p.polcmd in ('r', '*') and p.relrowsecurity
    and has_table_privilege(a.oid, p.polrelid, 'select')
    and not exists (
        select from narrowing n
        where n.polrelid = p.polrelid and n.polcmd in ('r', '*') and n.role = a.oid and n.uses)
group by p.of_table, p.name
""",
)
