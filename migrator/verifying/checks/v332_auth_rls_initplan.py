"""A policy that asks for each row who is asking, which is the same for all of them.

What is called in a query of its own, `(select auth.uid())`, is asked once: it has no table and no column of the row, so
that the planner makes an InitPlan of it. Told from the tree of the expression, not from its text: `{QUERY` ... of the
nearest query around the call; https://supabase.com/docs/guides/database/postgres/row-level-security#rls-performance-recommendations.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V332",
    name="auth_rls_initplan",
    severity="warning",
    title="a policy calls `auth.uid()` or the like once for each row",
    message="the policy `{policy}` of `{table}` calls {calls} once for each row, in {parts}",
    hint="{way}",
    supabase_only=True,
    query=r"""
with called as (
    select p.oid, n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'auth' and p.proname in ('uid', 'jwt', 'role', 'email') and p.pronargs = 0
        or n.nspname = 'pg_catalog' and p.proname = 'current_setting'
),
expression as materialized (
    select p.oid, e.part, e.tree, r.identity, pg_get_expr(e.tree, p.polrelid) as text
    from pg_policy p join relation r on r.oid = p.polrelid
        cross join lateral (values ('using', p.polqual), ('with check', p.polwithcheck)) e (part, tree)
    where r.relrowsecurity
        and exists (select from called f where strpos(e.tree::text, '{FUNCEXPR :funcid ' || f.oid || ' ') > 0)
),
-- many policies have the same tree, and it takes long to walk through one
each_row as (
    select e.tree, s.function
    from (select distinct tree::text as tree from expression) e cross join lateral (
        -- a piece begins with the brace that opens or closes a node; braces in names have a backslash
        with piece as materialized (
            select s.number, s.text,
                sum(case left(s.text, 1) when '{' then 1 when '}' then -1 else 0 end) over (order by s.number) as depth
            from regexp_split_to_table(e.tree, '(?<!\\)(?=[{}])') with ordinality s (text, number)
        ),
        node as materialized (
            select p.text, p.depth, p.number as first, (
                select min(z.number) from piece z where z.number > p.number and z.depth < p.depth) as last
            from piece p where p.text ~ '^\{(QUERY|FUNCEXPR) '
        ),
        query as materialized (
            select n.first, n.last, exists (
                select from piece f
                where f.number between n.first and n.last
                    -- its own, not that of a query in it
                    and f.depth = n.depth + 1
                    and f.text ~ '^\{FROMEXPR ' and f.text !~ '^\{FROMEXPR :fromlist <>') as reads
            from node n where n.text ~ '^\{QUERY '
        )
        select substring(c.text from '^\{FUNCEXPR :funcid (\d+) ')::oid as function
        from node c
            left join lateral (
                select q.first, q.last, q.reads from query q where q.first < c.first and q.last > c.first
                order by q.first desc limit 1
            ) around on true
        where c.text ~ '^\{FUNCEXPR '
            -- what depends on the row has to be asked for each
            and not exists (select from piece v where v.text ~ '^\{VAR ' and v.number between c.first and c.last)
            and (around.reads is distinct from false or exists (
                select from piece v
                where v.text ~ '^\{VAR ' and v.number between around.first and around.last
                    and not exists (
                        select from query q where q.first > around.first and v.number between q.first and q.last)))
    ) s
),
slow as (
    select e.oid, e.part, f.nspname, f.proname
    from expression e join each_row r on r.tree = e.tree::text join called f on f.oid = r.function
),
rewritten as (
    select e.oid, e.part, s.text, s.text is not null as simple
    from (select e.* from expression e where e.oid in (select s.oid from slow s)) e cross join lateral (
        select case when regexp_replace(e.text, calls.own || '|' || calls.setting, '', 'g') !~ calls.any_of_them
            -- neither a call nor the indentation of a query is part of a literal
            and not exists (
                select from regexp_matches(e.text, '''(?:[^'']|'''')*''', 'g') l (found)
                where l.found[1] ~ (calls.any_of_them || '|\n'))
            then regexp_replace(
                regexp_replace(e.text, '\s*\n\s*', ' ', 'g'),
                '(?<!SELECT )(' || calls.own || '|' || calls.setting || ')', '(select \1)', 'g') end as text
        from (values (
            'auth\.(?:uid|jwt|role|email)\(\)',
            'current_setting\(''(?:[^'']|'''')*''::text(?:, (?:true|false))?\)',
            '(auth\.(uid|jwt|role|email)|current_setting)\('
        )) calls (own, setting, any_of_them)
    ) s
)
select 'policy', r.identity || '.' || quote_ident(p.polname), jsonb_build_object(
    'policy', p.polname,
    'table', r.identity,
    'calls', s.calls,
    'parts', s.parts,
    'way', case when w.simple
        then '`alter policy ' || quote_ident(p.polname) || ' on ' || r.identity || w.clauses || '`'
        else 'a query of its own for each such call, as in `(select auth.uid())`: it is asked once' end)
from pg_policy p join relation r on r.oid = p.polrelid
    join (
        select oid,
            string_agg(
                distinct case nspname when 'auth' then '`auth.' || proname || '()`' else '`current_setting(...)`' end,
                ', ') as calls,
            string_agg(distinct '`' || part || '`', ' and ') as parts
        from slow group by oid
    ) s on s.oid = p.oid
    join (
        select oid, bool_and(simple) as simple,
            string_agg(' ' || part || ' (' || text || ')', '' order by part) as clauses
        from rewritten group by oid
    ) w on w.oid = p.oid
""",
)
