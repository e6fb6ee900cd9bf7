"""A database for Supabase from nothing, as `migrate reset` wants it: all of it dropped, the prelude again.

Dropping what the project has made would not do: its policies on `storage.objects`, its rows in `auth.users` and
`storage.buckets`, its extensions stand in schemas of the platform.
"""

from collections.abc import Sequence
from dataclasses import replace

from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.database.supabase import prelude
from migrator.sql.names import quote

OF_OURS = "select to_json(to_regprocedure('extensions.migrator_refuse_drop()') is not null)"
"""Whether the prelude made this database; an image of Supabase's own has no such function."""

EVERYTHING = """do $everything$
declare
    found record;
begin
    for found in select extname as name from pg_catalog.pg_extension where extname <> 'plpgsql' loop
        execute format('drop extension if exists %I cascade', found.name);
    end loop;
    for found in
        select nspname as name from pg_catalog.pg_namespace
        where nspname not like 'pg\\_%' and nspname <> 'information_schema'
    loop
        execute format('drop schema if exists %I cascade', found.name);
    end loop;
    for found in select pubname as name from pg_catalog.pg_publication loop
        execute format('drop publication %I', found.name);
    end loop;
    for found in
        select rolname as name from pg_catalog.pg_roles
        where rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'postgres')
    loop
        execute format('alter role %I reset all', found.name);
    end loop;
end $everything$"""
"""What every schema, extension and publication of the database goes with; roles stay, without settings of their own."""


async def is_ours(session: Session) -> bool:
    """Whether the session is on a server that we laid the prelude on. One round trip, and none for other servers."""
    if session.target.kind not in {"embedded", "docker"}:
        return False
    return (await session.read(OF_OURS))[0] is True


async def renew(session: Session, *, automatic_grants: bool, afterwards: Sequence[str]) -> None:
    """Drop everything and lay the prelude again, in one transaction of a superuser; the session itself stays idle.

    `afterwards`: statements for the end of that transaction, as the session's role. Raises what the server says.
    """
    target = session.target
    script = prelude.script(automatic_grants=automatic_grants)
    parts = ["begin", "set local client_min_messages = warning", EVERYTHING, script]
    parts += [f"set local role {quote(target.user)}", *afterwards, "commit"]
    superuser = await open_session(replace(target, user=prelude.ADMIN))
    try:
        await superuser.run(";\n".join(part.rstrip().rstrip(";") for part in parts))
    finally:  # what failed is rolled back with the connection's end
        await superuser.close()
