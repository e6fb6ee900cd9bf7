"""Whether a command may write through what stands between it and the server.

A pooler in transaction mode gives each transaction another connection: the lock of a session belongs to anybody there.
"""

from collections.abc import Sequence

from migrator.database.address import pooler
from migrator.database.address.target import Host, Target
from migrator.database.sessions.probe import find_mode
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.migrating.planning.step import Step


async def refuse_pooler(session: Session, *, allowed: bool | None = None) -> None:
    """Raise `UnavailableError` behind a pooler in transaction mode, with the address where the command can run.

    For a command that is about to write: only here is a pooler at an unknown address asked for its mode. `allowed` is
    the user's `--allow-transaction-pooler`; None for a command that has no such option.
    """
    await find_mode(session)
    if session.target.kind == "transaction-pooler" and not allowed:
        raise await pooler_refused(session, option=allowed is not None)


async def pooler_refused(session: Session, *, option: bool) -> UnavailableError:
    """The refusal; `option`: the command has an `--allow-transaction-pooler`."""
    fence = ", or run on the ledger's own fence with `--allow-transaction-pooler`" if option else ""
    return UnavailableError(
        f"`{session.target}` is a pooler in transaction mode, where no session lock holds",
        code="transaction-pooler",
        outcome="nothing was changed",
        hint=f"{await _way_out(session)}{fence}",
    )


async def _way_out(session: Session) -> str:
    known = pooler.without_pooler(session.target)
    if known is not None:
        return f"use `{known}`, where sessions hold"
    place = await _place(session)
    if place is None:
        return "use the direct address of the server, or the session mode of the pooler"
    direct = Target(hosts=(place,), user=session.target.user, database=session.target.database)
    return f"use the session mode of the pooler, or the direct address of the server, which it says is `{direct}`"


async def _place(session: Session) -> Host | None:
    """Where the server says that the pooler has reached it; None for a unix socket."""
    try:
        ((name, port),) = await session.read(
            "select jsonb_build_array(host(pg_catalog.inet_server_addr()), pg_catalog.inet_server_port())"
        )
    except MigratorError:  # the refusal is what matters
        return None
    return None if name is None else Host(name=name, port=port)


def refuse_stepwise(session: Session, steps: Sequence[Step]) -> None:
    """Raise `UnavailableError` for a file without a transaction behind a pooler in transaction mode."""
    stepwise = next((step for step in steps if not step.script.transactional), None)
    if session.target.kind == "transaction-pooler" and stepwise is not None:
        raise UnavailableError(
            f"`{stepwise.migration.id}` runs without a transaction, which cannot be made safe behind this pooler",
            code="transaction-pooler",
            migration=stepwise.migration.id,
            outcome="nothing was changed",
            hint="use the direct address or the pooler's session mode for this run",
        )
