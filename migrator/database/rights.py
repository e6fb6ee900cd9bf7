"""Who may use our tables: nobody who has only the key of a browser, and whoever `readers` names.

On Supabase default privileges give `anon` and `authenticated`, the roles of such keys, all rights on a new table. Row
level security is no way out: it would show an unprivileged reader 0 rows without an error. One DO block finds and does
what is to be done, so that it costs no round trip, and tells what it did by notices.
"""

from collections.abc import Sequence

from migrator.database.sessions.session import Session
from migrator.errors import InputError
from migrator.sql.names import literal, quote

API_ROLES = ("anon", "authenticated")
"""Roles that whoever has the key of a browser can be: https://supabase.com/docs/guides/database/postgres/roles"""

_SETTLE = """
declare
    api constant text[] := array(select rolname::text from pg_catalog.pg_roles where rolname in ({api}) order by 1);
    thing record; closed text[] := '{{}}'; whose text[] := '{{}}'; problem text; cure text;
    remaining text[]; grantors text;
begin
    for thing in
        with things as ({things}), held as (
            select t.*, a.grantee from things t, pg_catalog.aclexplode(t.acl) a
            union
            select t.*, a.grantee from things t
            join pg_catalog.pg_attribute c on c.attrelid = t.id and t.ours, pg_catalog.aclexplode(c.attacl) a
        )
        select h.id, h.what, h.shown, h.owner, array_agg(distinct coalesce(r.rolname::text, 'public')) as roles,
            string_agg(distinct coalesce(quote_ident(r.rolname), 'public'), ', ') as named
        from held h left join pg_catalog.pg_roles r on r.oid = h.grantee
        where cardinality(api) > 0 and (h.grantee = 0 or r.rolname = any (api))
        group by h.id, h.what, h.shown, h.owner, h.place order by h.place
    loop
        problem := format('it belongs to `%s`', pg_catalog.pg_get_userbyid(thing.owner));
        if pg_catalog.pg_has_role(thing.owner, 'usage') then
            for again in 1..5 loop
                begin
                    execute format('revoke all on %s from %s cascade', thing.what, thing.named);
                    problem := null;
                    exit;
                exception
                    when internal_error then problem := sqlerrm;  -- another session has just changed the same row
                    when others then problem := sqlerrm; exit;
                end;
            end loop;
        end if;
        remaining := thing.roles;
        cure := format('revoke all on %s from %s cascade', thing.what, thing.named);
        if problem is null then  -- the owner's REVOKE leaves what others granted by a grant option of theirs
            select array_agg(distinct coalesce(r.rolname::text, 'public')),
                string_agg(distinct quote_ident(pg_catalog.pg_get_userbyid(a.grantor)), ', ')
            into remaining, grantors
            from (
                select relacl from pg_catalog.pg_class where oid = thing.id
                union all select attacl from pg_catalog.pg_attribute where attrelid = thing.id
                union all select nspacl from pg_catalog.pg_namespace where thing.id is null and nspname = thing.shown
            ) n (acl), pg_catalog.aclexplode(n.acl) a left join pg_catalog.pg_roles r on r.oid = a.grantee
            where a.grantee = 0 or r.rolname = any (api);
            if grantors is not null then
                problem := format('`%s` granted them', grantors);
                cure := format('revoke grant option for all on %s from %s cascade', thing.what, grantors);
            end if;
        end if;
        if problem is null then
            closed := closed || format('`%s`', thing.shown);
            whose := whose || thing.roles;
            continue;
        end if;
        raise warning using
            message = format(
                'whoever has the key of a browser is %s, with rights on `%s` that could not be revoked: %s',
                (select string_agg(format('`%s`', name), ' and ') from unnest(remaining) r (name)),
                thing.shown, problem),
            hint = format('its owner must run: `%s`', cure);
    end loop;
    if cardinality(closed) > 0 then
        raise notice using message = format('revoked the rights of %s on %s: whoever has the key of a browser had them',
            (select string_agg(format('`%s`', name), ' and ') from (select distinct unnest(whose) order by 1) w (name)),
            array_to_string(closed, ', '));
    end if;
    for thing in
        select t.what, t.shown, t.owner, r.rolname::text as reader, t.need
        from ({things}) t, pg_catalog.pg_roles r
        where r.rolname = any (array[{readers}]::text[])
            and not case when t.id is null then pg_catalog.has_schema_privilege(r.oid, t.shown, 'usage')
                         else pg_catalog.has_table_privilege(r.oid, t.id, 'select') end
        order by t.place, 4
    loop
        problem := format('it belongs to `%s`', pg_catalog.pg_get_userbyid(thing.owner));
        if pg_catalog.pg_has_role(thing.owner, 'usage') then
            for again in 1..5 loop
                begin
                    execute format('grant %s on %s to %I', thing.need, thing.what, thing.reader);
                    problem := null;
                    exit;
                exception
                    when internal_error then problem := sqlerrm;
                    when others then problem := sqlerrm; exit;
                end;
            end loop;
        end if;
        continue when problem is null;
        raise warning using
            message = format('the reader `%s` cannot read `%s`: %s', thing.reader, thing.shown, problem),
            hint = format('its owner must run: `grant %s on %s to %I`', thing.need, thing.what, thing.reader);
    end loop;
end"""


def settled(tables: Sequence[str], *, others: Sequence[str] = (), own: str, ledger: str, readers: Sequence[str]) -> str:
    """SQL that closes `tables` (quoted names) to the roles of API keys and lets `readers` read them and `others`.

    For a transaction of ours. Does nothing where all is so already; tells with a NOTICE what it revoked, and with a
    WARNING what it may not revoke or grant, and who may. `own` is our schema, `ledger` that of the ledger.
    """
    names = ", ".join(f"pg_catalog.to_regclass({literal(table)})" for table in tables)
    read = ", ".join(f"pg_catalog.to_regclass({literal(table)})" for table in (*tables, *others))
    schemas = ", ".join(map(literal, dict.fromkeys([own, ledger])))
    # a schema that is used for anything else is not ours to close, as with `schema = "public"`
    ours = "false" if own in {"public", ledger} else f"n.nspname = {literal(own)} and not {_used(names)}"
    things = f"""
            select c.oid as id, format('table %I.%I', n.nspname, c.relname) as what,
                case when c.oid in ({names}) then c.relacl end as acl, c.oid in ({names}) as ours,
                format('%s.%s', n.nspname, c.relname) as shown, c.relowner as owner, 'select' as need,
                c.oid::bigint as place
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid in ({read})
            union all
            select null, format('schema %I', n.nspname), case when {ours} then n.nspacl end, false,
                n.nspname::text, n.nspowner, 'usage', 0
            from pg_catalog.pg_namespace n where n.nspname in ({schemas})"""
    body = _SETTLE.format(
        api=", ".join(map(literal, API_ROLES)), things=things, readers=", ".join(map(literal, readers))
    )
    return f"set local client_min_messages = notice; do {literal(body)}"


_OWN = """
declare
    thing record;
begin
    if not pg_catalog.pg_has_role(current_user, {role}, 'usage') then
        return;  -- it could not write to them any more without becoming the role first
    end if;
    for thing in
        select format('schema %I', n.nspname) as what, null::oid as home, 0 as place
        from pg_catalog.pg_namespace n
        where n.nspname = {own} and pg_catalog.pg_get_userbyid(n.nspowner) = current_user and not {used}
        union all
        select format('table %I.%I', n.nspname, c.relname), n.oid, c.oid::bigint
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid in ({tables}) and pg_catalog.pg_get_userbyid(c.relowner) = current_user
        order by 3
    loop
        if thing.home is null and pg_catalog.has_database_privilege({role}, current_database(), 'create')
            or pg_catalog.has_schema_privilege({role}, thing.home, 'create')  -- null where it is the schema itself
        then
            execute format('alter %s owner to %I', thing.what, {role});
        end if;
    end loop;
end"""


def owned(tables: Sequence[str], *, own: str, role: str) -> str:
    """SQL that gives `tables` (quoted names) and our schema `own` to `role`, where the login made them and inherits it.

    Another login that may be the role can go on then. What the role could not have made stays with who made it.
    """
    names = ", ".join(f"pg_catalog.to_regclass({literal(table)})" for table in tables)
    body = _OWN.format(role=literal(role), own=literal(own), used=_used(names), tables=names)
    return f"do {literal(body)}"


def granted(tables: Sequence[str], *, others: Sequence[str] = (), own: str, readers: Sequence[str]) -> list[str]:
    """The same for a role that may not use PL/pgSQL, as far as plain SQL goes: it knows no `if exists` for roles."""
    names = ", ".join(tables)
    parts = [f"revoke all on {names} from public"]
    if readers:
        roles = ", ".join(map(quote, readers))
        parts += [
            f"grant usage on schema {quote(own)} to {roles}",
            f"grant select on {', '.join([*tables, *others])} to {roles}",
        ]
    return parts


def _used(tables: str) -> str:
    """Whether somebody else keeps something in the schema `n`."""
    return f"""exists (
                    select from pg_catalog.pg_class c
                    where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                        and c.oid <> all (array_remove(array[{tables}], null))
                    union all select from pg_catalog.pg_proc p where p.pronamespace = n.oid)"""


async def refuse_unfit(session: Session, readers: Sequence[str]) -> None:
    """Raise `InputError` for a reader that does not exist, or that would let everybody read. Reads where there are any.

    One round trip; no transaction may be open.
    """
    if not readers:
        return
    open_ = [reader for reader in readers if reader in {*API_ROLES, "public"}]
    if open_:
        raise InputError(
            f"`{open_[0]}` cannot be one of `readers`: whoever has the key of a browser could read the ledger",
            code="reader-open",
            outcome="nothing was changed",
            hint="name the role that runs `migrate status`",
        )
    names = ", ".join(map(literal, readers))
    roles = await session.read(f"select to_jsonb(rolname) from pg_catalog.pg_roles where rolname in ({names})")
    for reader in readers:
        if reader not in roles:
            raise InputError(
                f"there is no role `{reader}`, which `readers` names",
                code="reader-unknown",
                outcome="nothing was changed",
                hint=f"`create role {quote(reader)}`, or take it out of `readers`",
            )
