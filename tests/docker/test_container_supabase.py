"""`supabase = true` on `docker:IMAGE`: the prelude in a container, and none where the image brings its own."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from migrator import seed, up
from migrator.config import Address, Config
from migrator.database.launching import docker
from migrator.database.supabase import containers

IMAGE = "postgres:15"
PROJECT = Path(__file__).parents[1] / "prelude" / "support"


class Running:
    """A container as testcontainers gives it, found by the port that it answers on."""

    def __init__(self, client: Any, port: int) -> None:
        self.found = next(
            each
            for each in client.containers.list()
            if any(str(port) == to["HostPort"] for to in (each.ports.get("5432/tcp") or []))
        )

    def get_wrapped_container(self) -> Any:
        return self.found


@pytest.mark.usefixtures("engine")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_supabase_project_runs_in_a_container(tmp_path: Path) -> None:
    """On a plain image: migrations and seeds as `postgres`, which is no superuser and creates contrib's extensions.

    Where `auth.users` is there already, as in an image of Supabase's own, nothing is laid over it.
    """
    import docker as engine

    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    async with docker.container(IMAGE, "test", supabase=True) as target:
        assert target.password is not None
        host = target.hosts[0]
        password = target.password.reveal()
        dsn = f"postgresql://postgres:{password}@{host}/postgres?sslmode=disable"
        config = Config(
            root=tmp_path,
            database=Address(dsn, "test"),
            migrations=(tmp_path / "supabase" / "migrations",),
            seeds=(tmp_path / "seeds",),
        )
        applied = await up(config)
        seeded = await seed(config)
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        role = await connection.fetchval("select rolsuper from pg_roles where rolname = current_user")
        admin = await asyncpg.connect(dsn.replace("//postgres:", "//supabase_admin:"))
        await admin.execute("drop function auth.email()")
        with contextlib.closing(engine.from_env()) as client:
            containers.settle(Running(client, host.port), IMAGE, password, automatic_grants=False)
        left = await admin.fetchval("select to_regproc('auth.email')::text")
        await admin.close()
        await connection.close()
    assert ([each.id for each in applied.done], len(seeded.files), applied.database.supabase, role, left) == (
        ["20240110080000_remote_schema", "20261105080000_membership", "20261106080000_webhook", "20261107080000_jobs"],
        1,
        True,
        False,
        None,
    )


def test_supabases_own_image_is_told_by_its_name() -> None:
    """Its superuser has another name, so it has to be known before it starts."""
    names = ["supabase/postgres:17.6.1", "public.ecr.aws/supabase/postgres:15.8", "postgres:17", "me/supabase-pg:1"]
    assert [containers.is_own_image(name) for name in names] == [True, True, False, False]
