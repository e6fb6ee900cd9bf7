"""`migrate server`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from migrator.cli.options import command as declare
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit

ACTIONS = ("start", "status", "url", "stop")


@declare("server", example='migrate server start\npsql "$(migrate server url)"')
@click.argument("action", type=click.Choice(ACTIONS))
def command(*, action: Literal["start", "status", "url", "stop"]) -> Order:
    """Start, stop or find the embedded PostgreSQL of this project; no data is changed.

    Commands on an `embedded:` address start it by themselves and leave it running. `url` prints an address for psql and
    for applications; `stop` keeps the data.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator.database.launching import project_server

        match action:
            case "start":
                return await project_server.start(config, emit)
            case "status":
                return await project_server.status(config, emit)
            case "url":
                return await project_server.url(config, emit)
            case "stop":
                return await project_server.stop(config, emit)

    return Order(command=f"server {action}", job=job, serving=True)
