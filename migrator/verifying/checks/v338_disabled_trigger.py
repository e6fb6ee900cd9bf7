"""A trigger that does not fire, or a constraint that is not checked because the triggers that check it do not.

Triggers of the project's own, also those that call its functions on tables of the platform, such as `auth.users`; and
the server's own, which enforce foreign keys and deferrable constraints. One that fires `on a replica` fires in no
session but those with `session_replication_role = replica`.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V338",
    name="disabled_trigger",
    severity="warning",
    title="a trigger is disabled, or a constraint is not checked because its triggers are",
    message="{message}",
    hint="`{sql}`",
    query="""
with silent as (
    select t.oid, t.tgrelid, t.tgname, t.tgisinternal, t.tgconstraint, t.tgenabled, t.tgfoid,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) as of_table
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where t.tgenabled in ('D', 'R')
        -- what a partition has from the whole table is told of that
        and not exists (select from pg_trigger w where w.oid = t.tgparentid and w.tgenabled = t.tgenabled)
)
select 'trigger', t.of_table || '.' || quote_ident(t.tgname), jsonb_build_object(
    'message', 'the trigger `' || t.tgname || '` of `' || t.of_table || '`, which calls `' || t.tgfoid::regprocedure
        || '`, ' || case t.tgenabled when 'D' then 'is disabled: it never fires'
            else 'fires on a replica alone: in sessions with `session_replication_role = replica`, and no others' end,
    'sql', case when exists (select from relation r where r.oid = t.tgrelid)
        then 'alter table ' || t.of_table || ' enable trigger ' || quote_ident(t.tgname)
        -- the platform's table has another owner, who alone might enable it
        else 'drop trigger ' || quote_ident(t.tgname) || ' on ' || t.of_table || '; ' || pg_get_triggerdef(t.oid) end)
from silent t join pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal
    and (exists (select from relation r where r.oid = t.tgrelid)
        or exists (select from own_schema s where s.oid = p.pronamespace))
    and not exists (
        select from pg_depend d
        where d.classid = 'pg_catalog.pg_trigger'::regclass and d.objid = t.oid and d.deptype = 'e'
            and d.refclassid = 'pg_catalog.pg_extension'::regclass)
union all
select 'constraint', r.identity || '.' || quote_ident(k.conname), jsonb_build_object(
    'message', case k.contype when 'f' then 'the foreign key `' else 'the constraint `' end || k.conname || '` of `'
        || r.identity || '` is not checked'
        || case when bool_and(t.tgrelid = k.conrelid) and k.contype = 'f' then ' when its own rows change'
            when bool_and(t.tgrelid <> k.conrelid) then ' when rows of `' || k.confrelid::regclass || '` change'
            else '' end
        || ': its triggers on ' || string_agg(distinct '`' || t.of_table || '`', ' and ') || case
            when bool_or(t.tgenabled = 'D') then ' are disabled' else ' fire on a replica alone' end,
    -- made anew it has triggers that fire, and every row is checked: meanwhile rows may have come that break it
    'sql', case when k.coninhcount = 0
        then 'alter table ' || r.identity || ' drop constraint ' || quote_ident(k.conname) || ', add constraint '
            || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
        else string_agg(
            'alter table ' || t.of_table || ' enable trigger ' || quote_ident(t.tgname), '; ' order by t.oid) end)
from silent t join pg_constraint k on k.oid = t.tgconstraint join relation r on r.oid = k.conrelid
where t.tgisinternal
group by r.identity, k.oid, k.conname, k.contype, k.conrelid, k.confrelid, k.coninhcount
""",
)
