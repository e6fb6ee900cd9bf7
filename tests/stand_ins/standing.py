"""Where the stand-ins are, and how to ask a server for something."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

import migrator

FOLDER = Path(migrator.__file__).parent / "database" / "supabase" / "extensions"
NAMES = sorted(path.stem for path in FOLDER.glob("*.control"))


def version(name: str) -> str:
    """The version that a stand-in has."""
    found = re.search(r"^default_version = '(.*)'$", (FOLDER / f"{name}.control").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def run(dsn: str, work: Callable[["asyncpg.Connection[asyncpg.Record]"], Any]) -> Any:
    """Do something on a connection of its own."""

    async def go() -> Any:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(go())
