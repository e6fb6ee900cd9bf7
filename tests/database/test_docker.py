"""`docker:IMAGE` addresses: a container for one command, and what is told where none can be had."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.config import Address, Config
from migrator.database.connect import connect, describe
from migrator.errors import InputError, UnavailableError
from migrator.events import Event, ServerStarted

IMAGE = os.environ.get("MIGRATOR_TEST_IMAGE", "postgres:17")


def config(address: str) -> Config:
    return Config(root=Path(), database=Address(address, "--database"))


async def refusal(address: str) -> tuple[int, str, str, str | None]:
    with pytest.raises((InputError, UnavailableError)) as raised:
        async with connect(config(address)):
            pass
    return raised.value.exit_code, raised.value.code, raised.value.message, raised.value.hint


async def test_no_image():
    """An address without an image says how to write one."""
    assert await refusal("docker:") == (
        2,
        "docker-image",
        "the address from --database names no image",
        "write `docker:postgres:17`",
    )


async def test_a_missing_extra(monkeypatch: pytest.MonkeyPatch):
    """Without testcontainers the error is the user's to solve, with the line to type."""
    for name in [name for name in sys.modules if name.startswith("testcontainers")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "testcontainers", None)
    assert await refusal("docker:postgres:17") == (
        2,
        "extra-missing",
        "`docker:` needs an extra that is not installed",
        "run `pip install 'migrator[docker]'`",
    )


def test_no_engine(tmp_path: Path):
    """Without an engine the error says so, and nothing hangs."""
    code = (
        "import asyncio; from migrator.database.launching.docker import container\n"
        "from migrator.errors import MigratorError\n"
        "async def go():\n"
        "    try:\n"
        "        async with container('postgres:17', 'test'): pass\n"
        "    except MigratorError as error: print(error.exit_code, error.code, error.message, error.hint, sep='|')\n"
        "asyncio.run(go())"
    )
    environ = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    # in a process of its own, because the client of Docker leaves its sockets open
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.strip().split("|") == [
        "3",
        "docker-unavailable",
        "no container of `postgres:17` could be started",
        "is the Docker engine running, and is the image's name right? `docker run` tells more",
    ]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_container_lives_as_long_as_the_command(docker_engine: None):
    """The server of the image answers inside the block and is gone behind it."""
    del docker_engine
    events: list[Event] = []
    async with connect(config(f"docker:{IMAGE}"), events.append) as session:
        info = describe(session)
        found = await session.read("select to_json(current_user::text)")
        port = session.target.hosts[0].port
    with pytest.raises(OSError, match=r".*"):
        await asyncio.open_connection("127.0.0.1", port)
    assert (info.kind, found, [event.kind for event in events if isinstance(event, ServerStarted)]) == (
        "docker",
        ["postgres"],
        ["docker"],
    )
