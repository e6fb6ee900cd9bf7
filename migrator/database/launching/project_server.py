"""The project's embedded server, apart from any work on it: `migrate server`."""

from pathlib import Path

from migrator.config import Config
from migrator.database.address import launch
from migrator.database.launching import embedded
from migrator.events import Emit, ignore
from migrator.events.server import ServerResult


def directory(config: Config) -> Path:
    """The data directory of the project's embedded server, whatever the address is."""
    return launch.read(config, config.database).directory


async def start(config: Config, emit: Emit = ignore) -> ServerResult:
    """`migrate server start`: start the project's embedded server if it does not run; raises as `embedded.start`."""
    return await embedded.start(launch.read(config, config.database), emit)


async def stop(config: Config, emit: Emit = ignore) -> ServerResult:
    """`migrate server stop`: end the project's embedded server; open transactions are rolled back."""
    return await embedded.stop(directory(config), emit)


async def status(config: Config, emit: Emit = ignore) -> ServerResult:
    """`migrate server status`: whether the project's embedded server runs. Starts nothing."""
    return embedded.status(launch.read(config, config.database), emit)


async def url(config: Config, emit: Emit = ignore) -> ServerResult:
    """`migrate server url`: its address for psql and applications while it runs. Starts nothing."""
    return await embedded.url(launch.read(config, config.database), emit)
