"""What to do about an extension that a server of ours has not, or has only as a stand-in."""

import re

from migrator.database.target import TargetKind
from migrator.errors import ServerReport

NOT_SUPPORTED = "0A000"

_ABSENT = re.compile(r'extension "(.+)" is not available')
_OURS = re.compile(r"its \S+ is a stand-in$")
_OF_THE_CORE = {
    "pgcrypto": "; `gen_random_uuid()` and `sha256()` need no extension",
    "uuid-ossp": "; `gen_random_uuid()` needs no extension",
}


def way_out(report: ServerReport, kind: TargetKind) -> str | None:
    """The way out for a refusal that has to do with such an extension; None for any other, and on servers of others."""
    if report.sqlstate != NOT_SUPPORTED:
        return None
    if _OURS.search(report.message):
        return report.hint
    found = _ABSENT.fullmatch(report.message)
    if found is None or kind not in {"embedded", "docker"}:
        return None
    if kind == "docker":
        return f"use an image that has `{found[1]}`"
    return _embedded(found[1])


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
