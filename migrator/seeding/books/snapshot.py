"""What a transaction of seeding begins with, and the transactions that only read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.role import refuse_role
from migrator.database.sessions.session import Session, settings
from migrator.sql.names import quote


def set_locally(session: Session, ours: Mapping[str, str]) -> str:
    """The statement that gives a transaction the settings of its address, and these."""
    wanted = {**dict(session.target.settings), **ours}
    return f"select {settings(tuple(wanted.items()), local=True)}"


def as_role(config: Config) -> list[str]:
    """The statement that makes a transaction the configured role's, if there is one."""
    return [] if config.role is None else [f"set local role {quote(config.role)}"]


@asynccontextmanager
async def rolled_back(session: Session, opening: Sequence[str]) -> AsyncIterator[None]:
    """The transaction that these statements open, for the block; nothing of it is left."""
    try:
        await session.run("; ".join(opening))
        yield
    except BaseException:
        await session.give_up()
        raise
    await session.run("rollback")


@asynccontextmanager
async def snapshot(session: Session, config: Config, ours: Mapping[str, str]) -> AsyncIterator[None]:
    """Read as the role of the configuration, at one moment, with these settings besides those of the address.

    Waits for a lock for `config.lock_timeout` seconds at most. Raises what `refuse_role` raises.
    """
    await refuse_role(session, config)
    wanted = {**ours, "lock_timeout": f"{config.lock_timeout * 1000:.0f}"}
    opening = ["begin isolation level repeatable read read only", set_locally(session, wanted), *as_role(config)]
    async with rolled_back(session, opening):
        yield
