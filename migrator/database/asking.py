"""A question to the database that may go unanswered: one attempt, within seconds, and no server is started for it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from migrator.config import Config
from migrator.database.launching.servers import standing
from migrator.database.network.bounds import bounded
from migrator.database.sessions.opening import apply_settings, open_session
from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError

Answer = TypeVar("Answer")


async def ask(config: Config, question: Callable[[Session], Awaitable[Answer]], *, patience: float) -> Answer | None:
    """What `question` answers over a session of its own; None where no database is configured, or none that runs.

    Connects once and waits for nothing: after `patience` seconds it gives up. Raises `UnavailableError` then and where
    the connection fails, `InputError` for an address that cannot be read, and whatever the question raises.
    """
    target = standing(config)
    if target is None:
        return None
    try:
        async with bounded(patience):
            session = await open_session(target)
            try:
                await apply_settings(session)
                return await question(session)
            finally:
                session.abandon()
    except TimeoutError:
        raise UnavailableError(
            f"no answer from `{target}` within {patience:g} s", code="connection-timeout", outcome="nothing was changed"
        ) from None
