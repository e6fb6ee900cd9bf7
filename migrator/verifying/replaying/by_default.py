"""Rights that no migration gave or took: only default privileges, or the age of a project, explain the difference.

Since 2026-10-30 new tables in `public` of a Supabase project get no automatic grants to the roles of its API
(https://supabase.com/changelog, 28 April 2026): the same migrations give different rights by the day they were applied.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrator.schema.compare import Difference
from migrator.verifying.replaying.likeness import Defaults

API_ROLES = frozenset({"anon", "authenticated", "service_role"})

CLASSES = {
    **dict.fromkeys(("table", "view", "materialized view", "foreign table"), "r"),
    **dict.fromkeys(("function", "procedure", "aggregate"), "f"),
    "sequence": "S",
    "type": "T",
    "schema": "n",
}
"""Classes of objects that have default privileges, as `pg_default_acl` names them."""

GIVEN = "granted"

BY_AGE = (
    "the age of the project explains it: since 2026-10-30 what is made in `public` is closed to the API until somebody "
    "grants it; a migration that grants or revokes these rights makes old and new projects alike"
)

BY_DEFAULTS = (
    "default privileges explain it, which no migration made alike on both sides: `alter default privileges` in a "
    "migration, or a grant to the object itself, ends it"
)

EXTENSIONS = frozenset(
    {
        *("pg_graphql", "pg_net", "pg_stat_statements", "pgcrypto", "pgjwt", "pgsodium", "plpgsql", "supabase_vault"),
        "uuid-ossp",
    }
)
"""What the platform has made in projects by itself, more or less of it with the years."""

BY_PLATFORM = "the platform explains it: which extensions a project begins with, and where, depends on its age"

PUBLIC = (
    "the age of the database explains it: before PostgreSQL 15 the schema `public` belonged to its superuser, and "
    "everybody could create in it"
)

BY_SETUP = (
    "whoever has set the database up explains it: the role that applies migrations needs such rights before the first "
    "of them"
)

PLATFORM_ROLES = frozenset({"postgres", "supabase_admin", "dashboard_user"})

WHOLE = {
    "r": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}),
    "S": frozenset({"SELECT", "UPDATE", "USAGE"}),
    "n": frozenset({"CREATE", "USAGE"}),
}
"""What `ALL` stands for at least, by class."""


def explanation(
    difference: Difference, *, replayed: Defaults, live: Defaults, supabase: bool, runner: str = ""
) -> str | None:
    """Why a difference is none of what migrations or hands have made; None where it is.

    `runner` is the role that ran the migrations, as ACLs name it.
    """
    if (difference.kind, difference.identity) in {("schema", "public"), ("database", "current")}:
        return _around(difference, runner, supabase=supabase)
    if supabase and difference.kind == "extension" and difference.identity in EXTENSIONS:
        return BY_PLATFORM
    if difference.kind == "default privileges":
        return BY_AGE if supabase and "public" in difference.identity else None
    if difference.kind not in CLASSES or not _only(difference, {GIVEN}):
        return None
    schema = difference.identity.partition(".")[0]
    changed = tuple(
        _changed(difference, CLASSES[difference.kind], schema.strip('"').replace('""', '"'), replayed, live)
    )
    if supabase and schema == "public" and {role for role, _, _ in changed} <= API_ROLES:
        return BY_AGE
    return BY_DEFAULTS if all(privileges <= given for _, privileges, given in changed) else None


def _around(difference: Difference, runner: str, *, supabase: bool) -> str | None:
    """The same of what is there before the first migration: the database, and the schema `public`."""
    expected, found = difference.expected or {}, difference.found or {}
    differ = {name for name in {*expected, *found} if expected.get(name) != found.get(name)}
    one, other = _rights(expected), _rights(found)
    given = {
        role: one.get(role, frozenset()) ^ other.get(role, frozenset())
        for role in {*one, *other}
        if one.get(role) != other.get(role)
    }
    if differ == {GIVEN} and given.keys() == {runner}:
        return BY_SETUP
    if difference.kind == "database" or not differ <= {"owner", GIVEN}:
        return None
    platform = PLATFORM_ROLES if supabase else frozenset[str]()
    rest = {role: rights for role, rights in given.items() if role not in {"PUBLIC", runner, *platform}}
    if not rest or (supabase and rest.keys() <= API_ROLES and all(rights <= {"USAGE"} for rights in rest.values())):
        return PUBLIC
    return None


def _changed(
    difference: Difference, kind: str, schema: str, replayed: Defaults, live: Defaults
) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Each role with the privileges that one side alone has, and those that default privileges there give."""
    should_have, has = _rights(difference.expected), _rights(difference.found)
    owner = (difference.found or {}).get("owner", "")
    nothing = frozenset[str]()
    for one, other, defaults in ((has, should_have, live), (should_have, has, replayed)):
        for role, privileges in one.items():
            if more := privileges - other.get(role, nothing):
                given = defaults.get((owner, None, kind, role), nothing) | defaults.get(
                    (owner, schema, kind, role), nothing
                )
                if kind in WHOLE and given >= WHOLE[kind]:
                    given |= {"ALL"}
                yield role, more, given


def _only(difference: Difference, names: set[str]) -> bool:
    """The two differ in these attributes alone."""
    one, other = difference.expected, difference.found
    if one is None or other is None:
        return False
    return {name for name in {*one, *other} if one.get(name) != other.get(name)} <= names


def _rights(attributes: Mapping[str, Any] | None) -> dict[str, frozenset[str]]:
    """Privileges by role; one that may be passed on keeps its mark, and so is never explained."""
    granted: Mapping[str, str] = (attributes or {}).get(GIVEN) or {}
    return {role: frozenset(privileges.split(", ")) for role, privileges in granted.items()}
