"""What to do about what a server of ours has not: an extension, or what a Supabase project takes for granted."""

import re

from migrator.database.address.target import TargetKind
from migrator.errors import ServerReport

NOT_SUPPORTED = "0A000"
NOT_PERMITTED = "42501"

_ABSENT = re.compile(r'extension "(.+)" is not available')
_KEPT = re.compile(r'permission denied to create extension "(.+)"')
_OURS = re.compile(r"its \S+ is a stand-in$")
_UNDEFINED = frozenset({"3F000", "42704", "42P01"})
_OF_SUPABASE = re.compile(
    r'schema "(?:auth|extensions|graphql_public|realtime|storage|supabase_functions|vault)" does not exist'
    r'|relation "(?:auth|realtime|storage)\..+" does not exist'
    r'|role "(?:anon|authenticated|authenticator|service_role|supabase_\w+)" does not exist'
    r'|publication "supabase_realtime" does not exist'
)
_OF_THE_CORE = {
    "pgcrypto": "; `gen_random_uuid()` and `sha256()` need no extension",
    "uuid-ossp": "; `gen_random_uuid()` needs no extension",
}


def way_out(report: ServerReport, kind: TargetKind) -> str | None:
    """The way out for a refusal that has to do with such a thing; None for any other, and on servers of others."""
    if report.sqlstate == NOT_SUPPORTED and _OURS.search(report.message):
        return report.hint
    if kind not in {"embedded", "docker"}:
        return None
    if report.sqlstate in _UNDEFINED and _OF_SUPABASE.fullmatch(report.message):
        return "for a Supabase project say `supabase = true`: the server that we start then has what the platform has"
    if report.sqlstate == NOT_SUPPORTED and (found := _ABSENT.fullmatch(report.message)):
        return _embedded(found[1]) if kind == "embedded" else f"use an image that has `{found[1]}`"
    if report.sqlstate == NOT_PERMITTED and (found := _KEPT.fullmatch(report.message)):
        return _kept(found[1])
    return None


def _kept(name: str) -> str:
    # late: only a failure asks for them
    from migrator.database.supabase.trusted import KEPT_FOR_SUPERUSERS

    if name in KEPT_FOR_SUPERUSERS:
        return f"`{name}` is for superusers alone, on Supabase's platform, too"
    return f"`{name}` is for superusers here; with `supabase = true` and PostgreSQL 18 `postgres` may create it"


def _embedded(name: str) -> str:
    # late: only a failure asks for them
    from migrator.database.supabase.trusted import STAND_INS

    real = "`docker:IMAGE` with an image that has it, or other programs by `embedded:?bin=DIR`"
    if not (STAND_INS / f"{name}.control").exists():
        return f"the embedded server has no `{name}`: use {real}"
    return (
        f"with `supabase = true` the embedded PostgreSQL 18 has a stand-in of `{name}`; "
        f"for the real one use {real}{_OF_THE_CORE.get(name, '')}"
    )
