"""What the everyday deploy, an `up` with nothing to do, does without: most of a short command's time is its imports."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.config import Config
from migrator.migrating import up

UNNEEDED = (
    "difflib",
    "graphlib",
    "rich",
    "yaml",
    "yoyo",
    "migrator.cli.render.blocking",
    "migrator.cli.render.doctor",
    "migrator.cli.render.findings",
    "migrator.cli.render.founding",
    "migrator.cli.render.seeds",
    "migrator.database.address.launch",
    "migrator.database.launching.cluster",
    "migrator.database.launching.docker",
    "migrator.database.launching.embedded",
    "migrator.database.network.connect_failures",
    "migrator.database.network.lacking",
    "migrator.database.network.login_failures",
    "migrator.database.network.supavisor",
    "migrator.database.postgres.postmaster",
    "migrator.events.accepting",
    "migrator.events.blocking",
    "migrator.events.creating",
    "migrator.events.doctor",
    "migrator.events.founding",
    "migrator.events.protecting",
    "migrator.events.pulling",
    "migrator.events.running",
    "migrator.events.seeding",
    "migrator.events.server",
    "migrator.events.snapshot",
    "migrator.events.status",
    "migrator.events.verifying",
    "migrator.migrating.files.reading",
    "migrator.migrating.files.stored",
    "migrator.migrating.pending",
    "migrator.schema",
    "migrator.seeding",
    "migrator.sql.lexer",
    "migrator.verifying",
)
"""Modules that it must not load. Each `dataclass` costs 0.3 ms to make, each library several."""

RUN = """
import sys
from migrator.cli import run
code = run(sys.argv[1:])
print("\\nmodules:", *sorted(sys.modules))
sys.exit(code)
"""


def loaded(dsn: str, folder: Path, *arguments: str) -> set[str]:
    """The modules that a command line imports in a fresh interpreter."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MIGRATOR_", "GITHUB_"))}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**environ, "DATABASE_URL": dsn},
    )
    return set(done.stdout.rpartition("\nmodules:")[2].split())


@pytest.mark.parametrize("form", ["text", "json", "github"])
async def test_a_deploy_that_changes_nothing_loads_little(
    form: str, project: Callable[..., Config], dsn: str, tmp_path: Path
):
    """It makes no event that cannot happen in it, and loads nothing that only a failure or another command needs."""
    await up(project({"migrations/0001.a.sql": "create table a ()"}))
    modules = loaded(dsn, tmp_path, "up", "--format", form)
    assert [name for name in UNNEEDED if name in modules] == []


async def test_a_first_deploy_does_without_yoyo_and_what_only_failures_need(
    project: Callable[..., Config], dsn: str, tmp_path: Path
):
    """Its format is read by ourselves, and its order asked for only where the files' names give another."""
    project({"migrations/0001.a.sql": "create table a ()", "migrations/0002.b.sql": "-- depends: 0001.a\nselect 1"})
    others = {"yoyo", "difflib", "migrator.events.seeding", "migrator.events.status", "migrator.events.doctor"}
    failing = {
        f"migrator.migrating.running.{name}" for name in ("aftermath", "blame", "blockers", "recovery", "stepwise")
    }
    assert (others | failing) & loaded(dsn, tmp_path, "up") == set()
