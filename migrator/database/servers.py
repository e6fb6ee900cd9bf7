"""From a configured address to a target that can be connected to: a DSN as it is, a server of ours once it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.dsn import parse
from migrator.database.target import Target
from migrator.errors import InputError
from migrator.events import Emit, ignore


@asynccontextmanager
async def locate(config: Config, emit: Emit = ignore) -> AsyncIterator[Target]:
    """The target that the configuration names; emits what the user should hear about it.

    Raises `InputError` when no address was given or it cannot be read.
    """
    if config.database is None:
        raise InputError("no database address", code="no-address")
    yield parse(config.database, config.environ)
