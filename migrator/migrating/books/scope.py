"""Which part of a database its migrations answer for."""

from migrator.config import Config
from migrator.migrating.books.ledger import Ledger
from migrator.schema.scope import Scope, ledger_mark


def scope(config: Config, known: Ledger) -> Scope:
    """What is compared of this database, and a mark of its ledger in the same snapshot.

    Of a ledger that is not there yet there is no mark: its table could not be asked.
    """
    entries = known.entries
    return Scope(
        own=config.schema,
        ledger=entries.schema,
        supabase=known.supabase if config.supabase is None else config.supabase,
        marked=None if known.missing else ledger_mark(table=entries.table, id_=entries.id, order=entries.order),
    )
