"""The main job on a PostgreSQL in a container: with a password over TCP, and as `docker:IMAGE` for one command."""

import contextlib
import json
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Config
from migrator.verifying.replaying.choosing import choose

pytestmark = pytest.mark.db

IMAGE = "postgres:15"
Start = Callable[..., subprocess.Popen[str]]

FILES = {
    "migrations/0001.create-users.sql": "create table users (user_id serial primary key, first_name text not null);",
    "migrations/0002.add-city.sql": "-- depends: 0001.create-users\nalter table users add column city text;",
    "seeds/users.yaml": "users:\n  - {user_id: 1, first_name: Tomas}\n  - {user_id: 2, first_name: John, city: York}\n",
}


@pytest.fixture(scope="module")
def container(engine: None) -> Iterator[str]:
    """The address of a server in a container, with a password."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer releases have moved the module
        from testcontainers.postgres import PostgresContainer
    with PostgresContainer(IMAGE, username="ada", password="p@ss/word", dbname="shop", driver=None) as running:
        # it has no certificate, and its address is that of a network, where TLS is asked for
        yield running.get_connection_url() + "?sslmode=disable"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of two migrations and a seed file."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def answer(process: subprocess.Popen[str]) -> dict[str, object]:
    """The JSON document that a command wrote, which must have succeeded."""
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, out + errors
    document = json.loads(out)
    assert document["ok"] is True
    return document


@pytest.mark.usefixtures("folder")
async def test_up_seed_and_status_on_a_server_in_a_container(start: Start, container: str) -> None:
    """A server that asks for a password over TCP gets the migrations and the seeds, and the status says so."""
    up = answer(start("up", "--json", DATABASE_URL=container))
    assert [done["id"] for done in up["done"]] == ["0001.create-users", "0002.add-city"]
    seed = answer(start("seed", "--json", DATABASE_URL=container))
    assert seed["files"][0]["tables"] == {"users": {"inserted": 2, "updated": 0, "unchanged": 0, "deleted": 0}}
    status = answer(start("status", "--json", "--check", DATABASE_URL=container))
    assert [(m["id"], m["state"], m["steps"]) for m in status["migrations"]] == [
        ("0001.create-users", "applied", {"done": 1, "total": 1}),
        ("0002.add-city", "applied", {"done": 1, "total": 1}),
    ]
    assert status["database"]["server_version"].split(".")[0] == "15"
    assert "p@ss" not in json.dumps(status)
    assert "p%40ss" not in json.dumps(status)
    connection = await asyncpg.connect(container)
    rows = [tuple(row) for row in await connection.fetch("select * from users order by 1")]
    await connection.close()
    assert rows == [(1, "Tomas", None), (2, "John", "York")]


@pytest.mark.usefixtures("folder", "engine")
def test_an_image_as_the_address_is_a_server_for_one_command(start: Start) -> None:
    """`docker:IMAGE` starts an empty server, migrates it, and takes it away with everything; a reset is not remote."""
    environment = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    address = {"DATABASE_URL": f"docker:{IMAGE}", **environment}
    before = _containers()
    up = answer(start("up", "--json", **address))
    assert [done["id"] for done in up["done"]] == ["0001.create-users", "0002.add-city"]
    assert up["database"]["kind"] == "docker"
    assert up["database"]["server_version"].split(".")[0] == "15"
    reset = answer(start("reset", "--yes", "--json", **address))
    assert reset["dropped"] == ["public"]  # as in every new database: what `up` made is gone
    assert [done["id"] for done in reset["up"]["done"]] == ["0001.create-users", "0002.add-city"]
    assert _containers() == before


@pytest.mark.usefixtures("folder", "engine")
def test_a_doctor_of_an_image(start: Start) -> None:
    """An image is started for the examination, every step is well, and it is taken away."""
    environment = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    before = _containers()
    document = answer(start("doctor", "--json", DATABASE_URL=f"docker:{IMAGE}", **environment))
    steps = {each["name"]: each["state"] for each in document["steps"]}
    assert (set(steps.values()), list(steps)[:6]) == ({"ok"}, ["address", "server", "dns", "tcp", "tls", "login"])
    assert document["steps"][1]["message"] == f"a container of {IMAGE}, for this command alone"
    assert _containers() == before


def _containers() -> set[str]:
    import docker

    with contextlib.closing(docker.from_env()) as client:
        return {container.id for container in client.containers.list(all=True)}


@pytest.mark.usefixtures("folder", "engine")
def test_an_image_that_does_not_exist_is_told_without_a_traceback(start: Start) -> None:
    """A wrong image name is a failure of the environment: exit 3, the image named, no traceback."""
    process = start("up", "--json", DATABASE_URL="docker:migrator-no-such-image:1")
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 3, out + errors
    assert "migrator-no-such-image:1" in json.loads(out)["error"]["message"]
    assert "Traceback" not in errors


@pytest.mark.usefixtures("folder", "engine")
def test_files_tried_out_in_a_container(start: Start) -> None:
    """`check` on an image leaves no container, whether it ends well or is interrupted while the container starts."""
    before = _containers()
    tried = answer(start("check", "--json", "--scratch", f"docker:{IMAGE}", DATABASE_URL=""))
    stopped = start("check", "--json", "--scratch", f"docker:{IMAGE}", DATABASE_URL="")
    while stopped.poll() is None and _containers() == before:
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    out, _ = stopped.communicate(timeout=120)
    database = tried["database"]
    assert isinstance(database, dict)
    assert (database["address"], database["kind"], tried["findings"]) == (f"docker:{IMAGE}", "docker", [])
    assert (stopped.returncode, json.loads(out)["error"]["code"], _containers()) == (130, "interrupted", before)


@pytest.mark.usefixtures("engine")
async def test_a_replay_takes_a_container_of_the_live_version(tmp_path: Path) -> None:
    """Where no server of that version is installed, or what Supabase expects has to be whole, it is an image."""
    config = Config(root=tmp_path)
    chosen = [await choose(config, version=version, supabase=True, beside=True) for version in (150018, 180000)]
    assert [address.text for address in chosen] == ["docker:postgres:15", "embedded:"]
