"""What somebody does to a database by hand is told as what it is: which object, and missing, extra or changed.

All of it is done to one database of each project, and each change is found beside all others, with the migration and
the line that last named the object.
"""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from migrator import seed, up, verify
from migrator.events.verifying import Finding

SIMILAR = "public.similar_leaflets(extensions.vector,integer)"

CHANGES = {
    "clinic": {
        'drop policy "Patients ask for appointments" on public.appointments': [
            'missing policy public.appointments."Patients ask for appointments" @ 20261102080000_appointments:27'
        ],
        "alter table public.documents disable row level security": [
            "changed table public.documents @ 20261103080000_documents:20",
            "rls_disabled_in_public table public.documents @ 20261103080000_documents:20",
            "policy_exists_rls_disabled table public.documents @ 20261103080000_documents:20",
        ],
        "grant select, delete on public.staff to anon": ["changed table public.staff @ 20261101090000_clinics:23"],
        "alter function public.similar_leaflets(extensions.vector, integer) security definer reset search_path": [
            f"changed function {SIMILAR} @ 20261104080000_leaflets:15",
            f"function_search_path_mutable function {SIMILAR} @ 20261104080000_leaflets:15",
            f"authenticated_security_definer_function_executable function {SIMILAR} @ 20261104080000_leaflets:15",
        ],
        "drop trigger on_auth_user_created on auth.users": [
            "missing trigger auth.users.on_auth_user_created @ 20261031083000_profiles:30"
        ],
        "alter view public.my_day set (security_invoker = false)": [
            "changed view public.my_day @ 20261104090000_views:1",
            "security_definer_view view public.my_day @ 20261104090000_views:1",
        ],
        "alter policy \"People read their own documents\" on storage.objects using (bucket_id = 'documents')": [
            'changed policy storage.objects."People read their own documents" @ 20261103080000_documents:6'
        ],
        'alter policy "Staff hear of their clinic" on realtime.messages to anon, authenticated': [
            'changed policy realtime.messages."Staff hear of their clinic" @ 20261103100000_realtime:4'
        ],
        "alter table public.appointments drop constraint one_patient_at_a_time": [
            "missing constraint public.appointments.one_patient_at_a_time @ 20261102080000_appointments:12",
        ],
        "alter table public.profiles alter locale drop default": [
            "changed column public.profiles.locale @ 20261031083000_profiles:4"
        ],
        "alter type public.appointment_status add value 'lost' after 'seen'": [
            "changed type public.appointment_status @ 20261031081500_types:2"
        ],
        "alter publication supabase_realtime drop table public.appointments": [
            "changed publication supabase_realtime @ 20261103100000_realtime:2"
        ],
        "revoke execute on function private.works_at(bigint) from authenticated": [
            "changed function private.works_at(bigint) @ 20261101093000_membership:9"
        ],
    },
    "shop": {
        "alter policy own_orders on public.orders using (true)": [
            "changed policy public.orders.own_orders @ 20261102080000_orders:33"
        ],
        "create policy everything on public.profiles to authenticated using (true)": [
            "extra policy public.profiles.everything",
            "rls_policy_always_true policy public.profiles.everything @ 20261031091000_profiles:7",
            "multiple_permissive_policies table public.profiles @ 20261031091000_profiles:7",
        ],
        "drop policy own_invoices on storage.objects": [
            "missing policy storage.objects.own_invoices @ 20261103090000_files:11"
        ],
        "reset role; alter table auth.users disable trigger on_auth_user_created; set role postgres": [
            "changed trigger auth.users.on_auth_user_created @ 20261031091000_profiles:28",
            "disabled_trigger trigger auth.users.on_auth_user_created @ 20261031091000_profiles:28",
        ],
        "alter table public.order_lines disable trigger take_price": [
            "changed trigger public.order_lines.take_price @ 20261102090000_prices:10",
            "disabled_trigger trigger public.order_lines.take_price @ 20261102090000_prices:10",
        ],
        "alter table public.order_lines alter price_cents drop not null": [
            "changed column public.order_lines.price_cents @ 20261102080000_orders:19"
        ],
        "alter table public.products alter status set default 'on_sale'": [
            "changed column public.products.status @ 20261101080000_catalogue:17"
        ],
        "alter table public.order_lines drop constraint at_least_one": [
            "missing constraint public.order_lines.at_least_one @ 20261102080000_orders:18"
        ],
        "alter table public.orders add constraint late check (ordered_at > '2026-01-01') not valid": [
            "extra constraint public.orders.late",
            "not_valid_constraint constraint public.orders.late @ 20261104080000_live:2",
        ],
        "alter publication supabase_realtime add table public.profiles": [
            "changed publication supabase_realtime @ 20261104080000_live:1"
        ],
        "alter default privileges in schema public grant all on tables to anon": [
            "changed default privileges postgres in public on tables"
        ],
        "alter extension pg_trgm set schema public": [
            "changed extension pg_trgm @ 20261031090000_extensions:1",
            "changed index public.products_title @ 20261101080000_catalogue:25",
            "extension_in_public extension pg_trgm @ 20261031090000_extensions:1",
        ],
        "drop index public.products_category_id": [
            "missing index public.products_category_id @ 20261101080000_catalogue:23",
            "unindexed_foreign_keys constraint public.products.products_category_id_fkey @ 20261101080000_catalogue:14",
        ],
        "grant execute on function private.handle_new_user() to anon": [
            "changed function private.handle_new_user() @ 20261031091000_profiles:26"
        ],
        "alter table public.orders replica identity default": ["changed table public.orders @ 20261104080000_live:2"],
    },
}


LEFT = {
    "clinic": [
        "changed publication supabase_realtime @ 20261103100000_realtime:2",
        "changed type public.appointment_status @ 20261031081500_types:2",
    ],
    "shop": [],
}
"""What no finding has SQL for: a table that a publication had, and a value of an enum that is not to be there."""


def told(findings: Sequence[Finding]) -> list[str]:
    """Each in a line, with the migration and the line that last named it."""
    places = [each.where and f" @ {Path(each.where.path).stem}:{each.where.line}" for each in findings]
    return sorted(
        f"{each.name} {each.kind} {each.subject}{place or ''}" for each, place in zip(findings, places, strict=True)
    )


@pytest.mark.parametrize("project", ["clinic", "shop"])
async def test_each_dangerous_change_is_told(project, of, on, databases, supabase_server):
    """Each as its kind, identity and change, with what the checks think of it; and the SQL of findings puts it back."""
    name = await databases()
    config = of(project, name)
    await up(config)
    await seed(config)
    connection = await asyncpg.connect(on(supabase_server, "supabase_admin", name), statement_cache_size=0)
    await connection.execute("set role postgres")
    for change in CHANGES[project]:
        await connection.execute(change)
    result = await verify(config)
    assert told(result.findings) == sorted(each for expected in CHANGES[project].values() for each in expected)
    assert result.untold == ()
    await connection.execute("reset role")
    if project == "shop":  # indexes stand on it
        await connection.execute("alter extension pg_trgm set schema extensions")
    for statement in [sql for finding in result.findings for sql in finding.sql]:
        await connection.execute(statement)
    await connection.close()
    assert told((await verify(config)).findings) == LEFT[project]
