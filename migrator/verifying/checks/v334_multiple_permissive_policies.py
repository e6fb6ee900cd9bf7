"""Several permissive policies for one role and one action: each of them is asked for each row.

`public` stands for every role. A role that a policy names is asked those of `public` and of the roles whose rights it
has, too. Whoever bypasses row level security is asked none.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V334",
    name="multiple_permissive_policies",
    severity="warning",
    title="several permissive policies hold for one role and one action",
    message="more than one permissive policy of `{identity}` is asked for a row: {cases}",
    hint="{way}",
    query=r"""
with permissive as materialized (
    select p.oid, p.polrelid, p.polname, p.polcmd, p.polroles, p.polqual, p.polwithcheck, r.identity, r.relowner,
        r.relforcerowsecurity as forced
    from pg_policy p join relation r on r.oid = p.polrelid
    where p.polpermissive and r.relrowsecurity
        and exists (
            select from pg_policy o
            where o.polrelid = p.polrelid and o.polpermissive and o.oid <> p.oid
                and (o.polcmd = p.polcmd or '*' in (o.polcmd, p.polcmd)))
),
asker as (
    -- 0 is `public`
    select distinct p.polrelid, n.role from permissive p cross join unnest(p.polroles) n (role)
        left join pg_roles a on a.oid = n.role
    where n.role = 0
        or not a.rolsuper and not a.rolbypassrls and (p.forced or not pg_has_role(a.oid, p.relowner, 'usage'))
),
asked as (
    select a.polrelid, a.role, d.action, array_agg(p.oid order by p.polname collate "C") as policies,
        string_agg('`' || p.polname || '`', ', ' order by p.polname collate "C") as names
    from asker a join permissive p on p.polrelid = a.polrelid
        cross join lateral unnest(case p.polcmd
            when 'r' then array['select'] when 'a' then array['insert'] when 'w' then array['update']
            when 'd' then array['delete'] else array['select', 'insert', 'update', 'delete'] end) d (action)
    where 0 = any (p.polroles)
        or a.role <> 0 and exists (select from unnest(p.polroles) n (role) where pg_has_role(a.role, n.role, 'usage'))
    group by a.polrelid, a.role, d.action
    having count(*) > 1
),
-- what a role has from another, of which the same is told, is told once
told as (
    select s.polrelid, s.action, s.policies, s.names,
        array_agg(coalesce(a.rolname, 'public') order by a.rolname collate "C") as roles
    from asked s left join pg_roles a on a.oid = s.role
    where not exists (
        select from asked o
        where o.polrelid = s.polrelid and o.action = s.action and o.policies = s.policies and o.role <> s.role
            and s.role <> 0 and (o.role = 0 or pg_has_role(s.role, o.role, 'usage')))
    group by s.polrelid, s.action, s.policies, s.names
),
alike as (
    select t.polrelid, t.policies, t.names, t.roles,
        array_agg(t.action order by array_position(array['select', 'insert', 'update', 'delete'], t.action)) as actions
    from told t group by t.polrelid, t.policies, t.names, t.roles
),
case_ as (
    select a.polrelid, a.policies, count(*) over (partition by a.polrelid) as cases,
        (select string_agg('`' || x || '`', ', ') from unnest(a.actions) x) || ' by '
        || (select string_agg('`' || x || '`', ', ') from unnest(a.roles) x) || ': ' || a.names as words
    from alike a
),
-- policies of one command and the same roles are one policy with `or` between their conditions
joined as (
    select c.polrelid, string_agg(
            'drop policy ' || quote_ident(p.polname) || ' on ' || p.identity || '; ', '' order by x.place)
            filter (where x.place > 1)
        || 'alter policy ' || min(quote_ident(p.polname)) filter (where x.place = 1) || ' on ' || min(p.identity)
        || coalesce(' using (' || string_agg(pg_get_expr(p.polqual, p.polrelid), ' or ' order by x.place) || ')', '')
        || case when count(p.polwithcheck) = 0 then '' else
            ' with check (' || string_agg(
                pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid), ' or ' order by x.place) || ')' end as sql
    from case_ c cross join unnest(c.policies) with ordinality x (oid, place) join permissive p on p.oid = x.oid
    where c.cases = 1
    group by c.polrelid, c.policies, c.words
    having count(distinct p.polcmd) = 1 and count(distinct p.polroles) = 1
        -- one without a condition lets nobody through, and there is nothing to join
        and (bool_and(p.polqual is not null) or bool_and(p.polqual is null and p.polwithcheck is not null))
)
select 'table', r.identity, jsonb_build_object(
    'cases', c.words,
    'way', coalesce(
        '`' || j.sql || '`',
        'one policy for each action and role: join the conditions with `or`, or narrow the actions (`for`) and the '
        'roles (`to`) of each'))
from (select polrelid, string_agg(words, '; ' order by words collate "C") as words from case_ group by polrelid) c
    join relation r on r.oid = c.polrelid
    left join (
        select polrelid, min(regexp_replace(sql, '\s*\n\s*', ' ', 'g')) as sql from joined
        -- an end of a line is the deparser's, not a literal's
        where not exists (select from regexp_matches(sql, '''(?:[^'']|'''')*''', 'g') l (found) where l.found[1] ~ '\n')
        group by polrelid
    ) j on j.polrelid = c.polrelid
""",
)
