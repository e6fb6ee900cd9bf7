"""Which part of a database its migrations answer for."""

from migrator.config import Config
from migrator.migrating.books.ledger import Ledger
from migrator.schema.scope import Scope, ledger_mark


def scope(config: Config, known: Ledger) -> Scope:
    """What is compared of this database, and a mark of its ledger in the same snapshot."""
    entries = known.entries
    table = None if known.missing else entries.table
    return Scope(
        own=config.schema,
        ledger=entries.schema,
        supabase=known.supabase if config.supabase is None else config.supabase,
        marked=ledger_mark(table=table, id_=entries.id, order=entries.order),
    )
