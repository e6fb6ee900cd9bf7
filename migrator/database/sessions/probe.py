"""The mode of a pooler at an unknown address, found by asking two connections which backend answers them.

While a transaction is open on one connection, its backend is taken. Where it is the backend that answered the other
one before, or where the other one is answered by a new backend now, connections are shared by transaction. That neither
happens is no proof of the opposite: the pool may have had no other choice.
"""

from migrator.database.network.bounds import bounded
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError

PATIENCE = 2.0
"""Seconds for the second connection: where a pool is spent, it would wait for minutes."""

ROUNDS = 2

BACKEND = "select to_jsonb(pg_catalog.pg_backend_pid())"

# should the pool have this one connection only, the first session gets it when this transaction is ended by the server
TAKE = f"begin read only; set local idle_in_transaction_session_timeout = '{PATIENCE:g}s'"


async def find_mode(session: Session) -> None:
    """Ask for the mode of the pooler where only a pooler is known yet; `session.target.kind` tells it afterwards.

    Opens a second connection for a moment; reads nothing but process ids. Must not be called inside a transaction.
    Raises `ConnectionLostError` (`statement-pooler`) where no transaction can be open.
    """
    if session.target.kind != "pooler":
        return
    await _ask(session)  # some poolers take turns
    if session.target.kind == "pooler":
        # an answer that does not come in time proves nothing, and neither does a pooler that lets nobody else in
        try:
            await _compare(session)
        except (TimeoutError, MigratorError) as error:
            if isinstance(error, MigratorError) and error.code == "statement-pooler":
                error.outcome = "nothing was changed"
                raise
    if session.target.kind == "pooler":
        session.found("session-pooler")


async def _compare(session: Session) -> None:
    async with bounded(PATIENCE):
        other = await open_session(session.target)
    try:
        for _ in range(ROUNDS):
            async with bounded(PATIENCE):
                await other.run(TAKE)
                (taken,) = await other.read(BACKEND)
            if taken == session.backend:
                session.found("transaction-pooler")
            else:
                await _ask(session)
            async with bounded(PATIENCE):
                await other.run("rollback")
            if session.target.kind == "transaction-pooler":
                return
    finally:
        other.abandon()


async def _ask(session: Session) -> None:
    (backend,) = await session.read(BACKEND)
    session.answered_by(backend)
