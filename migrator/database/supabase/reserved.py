"""The schemas that Supabase keeps for itself, for a statement or a row that PostgreSQL refused there.

Since 21 April 2025 `postgres` may not make, change or drop tables, functions and indexes in them, nor write the tables
that their services keep their own migrations in; policies and triggers are let through on some tables by supautils.
Sources: https://github.com/orgs/supabase/discussions/34270 and `supautils.policy_grants` in
https://github.com/supabase/postgres (`ansible/files/postgresql_config/supautils.conf.j2`).
"""

import re
from collections.abc import Mapping

from migrator.errors import ServerReport

RESERVED: Mapping[str, tuple[str, ...]] = {
    "auth": ("audit_log_entries", "identities", "refresh_tokens", "sessions", "users"),
    "storage": ("buckets", "migrations", "objects", "s3_multipart_uploads", "s3_multipart_uploads_parts"),
    "realtime": ("messages",),
}
"""Each schema with the tables on which policies and triggers are allowed."""

DENIED = "42501"

_SCHEMA = re.compile(r"schema \"?(\w+)\"?$")
_NAMED = re.compile(r"(?:owner of|denied for) (?:\w+ )+\"?([^\s\"]+)\"?$")


def refused_there(report: ServerReport, statement: str) -> str | None:
    """What Supabase allows in the schema that a statement was not permitted to touch; None where it is another one."""
    schema = _schema(report.message, statement) if report.sqlstate == DENIED else None
    if schema is None:
        return None
    allowed = ", ".join(f"`{schema}.{table}`" for table in RESERVED[schema])
    return (
        f"where this is a project of Supabase, the schema `{schema}` is the platform's: since April 2025 tables, "
        "functions and indexes in it can be neither made nor changed; make them in a schema of yours. Policies and "
        f"triggers are allowed on {allowed}, where row level security is on already"
    )


def rows_refused_there(report: ServerReport, schema: str | None) -> str | None:
    """The same for the rows of a table of this schema."""
    named = _SCHEMA.search(report.message)
    schema = named[1] if named else schema
    if report.sqlstate != DENIED or schema not in RESERVED:
        return None
    return (
        f"where this is a project of Supabase, the schema `{schema}` is the platform's: not all of its tables can be "
        "written by `postgres`; keep such rows in a table of yours, or make them through the service's own API"
    )


def _schema(message: str, statement: str) -> str | None:
    named = _SCHEMA.search(message)
    if named:
        return named[1] if named[1] in RESERVED else None
    # the server names a table without its schema
    table = _NAMED.search(message)
    if table is None:
        return None
    names = "|".join(RESERVED)
    found = re.search(rf'\b({names})"?\s*\.\s*"?{re.escape(table[1])}\b', statement, re.IGNORECASE)
    return found[1].lower() if found else None
