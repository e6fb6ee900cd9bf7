"""What of a database is compared, and what is not ours to compare."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.database.supabase.managed import MANAGED_SCHEMAS
from migrator.schema import catalog
from migrator.schema.catalog.sparing import sparing
from migrator.schema.objects import LEDGER

YOYO_TABLES = ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock")
"""Tables of a ledger; they hold what is applied, and are no part of what is."""

SUPABASE_LEDGER = (("supabase_migrations", "schema_migrations"), ("supabase_migrations", "seed_files"))

OWN_TABLES = ("journal", "setting", "seed", "snapshot")

SUPABASE_POLICED = ("auth", "storage", "realtime")
"""Managed schemas on whose tables users have policies and triggers of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is compared.

    Attributes:
        own: the schema of our own tables, which is left out.
        ledger: the schema of the ledger's tables, which are left out.
        supabase: leave out what Supabase manages.
        partitions: compare the children of partitioned tables, too.
        marked: a query for the row that says what the ledger holds, see `ledger_mark`; None: nobody asks.
    """

    own: str
    ledger: str
    supabase: bool
    partitions: bool = False
    marked: str | None = None

    @property
    def managed(self) -> tuple[str, ...]:
        """Schemas of which policies and triggers alone are compared."""
        return SUPABASE_POLICED if self.supabase else ()

    @property
    def hidden(self) -> tuple[str, ...]:
        """Schemas that are left out whole."""
        platform = MANAGED_SCHEMAS - {*self.managed} if self.supabase else frozenset[str]()
        own = set[str]() if self.own in {"public", self.ledger} else {self.own}
        return tuple(sorted(platform | own))

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """Tables that are left out, as (schema, name)."""
        return (
            *((self.ledger, name) for name in YOYO_TABLES),
            *((self.own, name) for name in OWN_TABLES),
            *SUPABASE_LEDGER,
        )

    def query(self, version: int, *, only: Sequence[str] | None = None, batch: int | None = None) -> str:
        """The statement that reads it from a server of this version, see `catalog.query`.

        Args:
            version: `server_version_num`.
            only: names of files, to leave the others out.
            batch: which part of what is locked.
        """
        chosen = [name for name in catalog.names(version) if only is None or name in only]
        return catalog.query(chosen, self._values(version), beside=self._beside, batch=batch)

    def sparing(self, version: int) -> tuple[str, str]:
        """The same in two statements that take less time, see `sparing.sparing`."""
        return sparing(version, self._values(version), beside=self._beside)

    @property
    def _beside(self) -> tuple[str, ...]:
        return () if self.marked is None else (self.marked,)

    def _values(self, version: int) -> dict[str, str]:
        return catalog.values(
            version,
            hidden=self.hidden,
            managed=self.managed,
            tables=self.left_out,
            supabase=self.supabase,
            partitions=self.partitions,
        )


def ledger_mark(*, table: str | None, id_: str, order: str) -> str:
    """A query for the row that says what a ledger holds: a fingerprint of the ids in a fixed order, and the newest.

    Args:
        table: the table of entries, quoted; its alias is `m`. None: there is none, so nothing is applied.
        id_: an expression for an entry's migration.
        order: what sorts entries, the oldest first.
    """
    if table is None:
        return f"select '{LEDGER}', '{hashlib.sha256().hexdigest()}', '{{}}'"
    ids = f'string_agg({id_}, chr(31) order by {id_} collate "C")'
    return f"""select '{LEDGER}', encode(sha256(convert_to(coalesce({ids}, ''), 'UTF8')), 'hex'),
    jsonb_strip_nulls(jsonb_build_object('head', (array_agg({id_} order by {order}))[count(*)]))
from {table} m"""


def fingerprint(ids: Iterable[str]) -> str:
    """What `ledger_mark` says of a ledger with entries of these ids."""
    return hashlib.sha256("\x1f".join(sorted(ids)).encode()).hexdigest()
