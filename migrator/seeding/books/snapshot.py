"""A transaction that only reads: everything in it is of one moment, under the settings of the address."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.role import refuse_role
from migrator.database.sessions.session import Session, settings
from migrator.sql.names import quote


@asynccontextmanager
async def snapshot(session: Session, config: Config, ours: Mapping[str, str]) -> AsyncIterator[None]:
    """Open it as the role of the configuration, with these settings besides; afterwards nothing of it is left.

    Waits for a lock for `config.lock_timeout` seconds at most. Raises what `refuse_role` raises.
    """
    await refuse_role(session, config)
    wanted = {**dict(session.target.settings), **ours, "lock_timeout": f"{config.lock_timeout * 1000:.0f}"}
    opening = ["begin isolation level repeatable read read only"]
    opening.append(f"select {settings(tuple(wanted.items()), local=True)}")
    opening += [f"set local role {quote(config.role)}"] if config.role is not None else []
    try:
        await session.run("; ".join(opening))
        yield
    except BaseException:
        await session.give_up()
        raise
    await session.run("rollback")
