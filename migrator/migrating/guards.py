"""Which database a command speaks to, and whether it may."""

from dataclasses import replace

from migrator.config import Config
from migrator.database.connect import describe
from migrator.database.session import Session
from migrator.errors import StateError
from migrator.events.database import DatabaseInfo
from migrator.migrating.ledger import Ledger


def database_info(session: Session, known: Ledger, config: Config) -> DatabaseInfo:
    """The database at the other end, with what only the ledger's query could tell."""
    supabase = known.supabase if config.supabase is None else config.supabase
    return replace(describe(session), supabase=supabase, protected=known.protected)


def refuse_other_ledger(known: Ledger) -> None:
    """Raise `StateError` where the Supabase CLI has recorded migrations: all of them would be applied once more."""
    if known.elsewhere:
        raise StateError(
            "the Supabase CLI keeps this database's ledger, in `supabase_migrations.schema_migrations`",
            code="other-ledger",
            outcome="nothing was changed",
            hint="record what it has applied with `migrate mark ID --applied --until`, then run `migrate up` again",
        )
