"""Whose ledger a database has, or gets: what the configuration says, else what there is, else what the folder is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrator.config import Config, LedgerKind
from migrator.errors import StateError, UnavailableError
from migrator.events.database import Told
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.supabase_table import COLUMNS, SupabaseTable
from migrator.migrating.books.yoyo_tables import MIGRATION, TABLES, YoyoTables
from migrator.migrating.files.folder import is_supabase

FOLDER = "`supabase/migrations`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The ledger that is taken.

    Attributes:
        entries: its tables.
        readable: this role may read it; None where it is not there.
        complete: it has all of its tables and columns.
        told: why it was taken, where that is not plain.
    """

    entries: Entries
    readable: bool | None
    complete: bool
    told: Told | None = None


def _kind(config: Config) -> LedgerKind:
    if config.ledger is not None:
        return config.ledger
    return "supabase" if any(map(is_supabase, config.migrations)) else "yoyo"


def likely(config: Config) -> Entries:
    """The ledger to look for first: the configured one, else the one that belongs to the folder."""
    return SupabaseTable() if _kind(config) == "supabase" else YoyoTables(schema="")


def choose(config: Config, there: Mapping[str, Any]) -> Choice:
    """The ledger, given what the catalog says is `there` (see `ledger_query.probe`).

    Raises `UnavailableError` where yoyo's tables have no place, and `StateError` for those of a yoyo before version 6.
    """
    kind = _kind(config)
    is_yoyo, is_theirs = MIGRATION in (there["tables"] or {}), there["supabase_columns"] is not None
    told = None
    if config.ledger is None and is_yoyo != is_theirs:
        found: LedgerKind = "yoyo" if is_yoyo else "supabase"
        kind, told = found, _only_one(there["current"], found) if found != kind else None
    choice = _supabase(there, told) if kind == "supabase" else _yoyo(there, told)
    if config.ledger is None and is_yoyo and is_theirs:
        return replace(choice, told=two_ledgers(choice.entries))
    return choice


def _supabase(there: Mapping[str, Any], told: Told | None) -> Choice:
    columns = frozenset(there["supabase_columns"] or ()) & COLUMNS
    return Choice(
        entries=SupabaseTable(columns=columns),
        readable=there["supabase_readable"],
        complete=columns == COLUMNS,
        told=told,
    )


def _yoyo(there: Mapping[str, Any], told: Told | None) -> Choice:
    tables: dict[str, bool] = there["tables"] or {}
    schema = there["current"]
    if schema is None:
        raise UnavailableError(
            "no schema of this role's search_path exists, so there is nowhere to keep the ledger",
            code="no-schema",
            hint="set one: `alter role ... set search_path = public`, or `?options=-csearch_path%3Dpublic` in the "
            "address",
        )
    entries = YoyoTables(schema=schema)
    if MIGRATION in tables and "migration_hash" not in there["columns"]:
        raise StateError(
            f"the ledger `{entries.shown}` is of a yoyo before version 6",
            code="old-ledger",
            outcome="nothing was changed",
            hint="run `yoyo list` of yoyo 9 once: it upgrades its tables",
        )
    return Choice(entries=entries, readable=tables.get(MIGRATION), complete=tables.keys() == set(TABLES), told=told)


def _only_one(schema: str, kind: LedgerKind) -> Told:
    if kind == "supabase":
        shown, other = f"the Supabase CLI's, `{SupabaseTable.shown}`", "yoyo's"
    else:
        shown, other = f"yoyo's, `{schema}.{MIGRATION}`", "the Supabase CLI's"
    return Told(
        code="ledger-chosen",
        message=f"the ledger is {shown}: it exists, and {other} does not; `ledger` in the configuration is not set",
    )


def two_ledgers(taken: Entries) -> Told:
    """The word to say where both kinds exist."""
    other = {"yoyo": f"`{SupabaseTable.shown}`", "supabase": "one of yoyo's"}[taken.kind]
    reason = f"the migrations are {'' if taken.kind == 'supabase' else 'not '}in {FOLDER}"
    return Told(
        code="ledger-chosen",
        message=f"the ledger is `{taken.shown}`, because {reason}; {other} exists, too, and `ledger` in the "
        "configuration is not set",
    )
