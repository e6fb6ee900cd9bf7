"""Which scratch server a replay gets where nobody names one: the first that is of the live server's major version."""

import asyncio

from migrator.config import Address, Config
from migrator.database.launching import docker
from migrator.database.postgres import programs
from migrator.database.scratch import CREATE, DEFAULT
from migrator.errors import InputError, MigratorError

_MAJOR = 10000


async def choose(config: Config, *, version: int, supabase: bool, beside: bool) -> Address:
    """The configured address, or else one of a server of this version (`server_version_num`), or else the embedded one.

    In this order: the embedded server, a PostgreSQL that is installed here, a container, a new database `beside` the
    live one where that is allowed. What a Supabase project expects is only whole on PostgreSQL 18, and in containers.
    Starts nothing.
    """
    if config.scratch is not None:
        return config.scratch
    major = str(version // _MAJOR)
    origin = f"the live server's version, {major}"
    if await asyncio.to_thread(_embedded, config) == major:
        return DEFAULT
    installed = None if supabase else programs.of_major(major)
    if installed is not None and "?" not in str(installed):
        return Address(f"embedded:?bin={installed}", origin)
    if await asyncio.to_thread(docker.answers):
        return Address(f"docker:postgres:{major}", origin)
    return Address(CREATE, origin) if beside and not supabase else DEFAULT


def _embedded(config: Config) -> str | None:
    try:
        return programs.find(config.root).major
    except (InputError, MigratorError):
        return None
