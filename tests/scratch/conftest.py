"""Projects for `migrate check`, and a folder in which what a command leaves behind can be seen."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import make_place

from migrator.config import Address, Config


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that the account of a server may enter, for this process and those it starts."""
    folder = make_place()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def left(temporary: Path) -> Callable[[], list[str]]:
    """What is in that folder."""
    return lambda: sorted(path.name for path in temporary.iterdir())


@pytest.fixture
def unconnected(project: Callable[..., Config], dsn: str) -> Callable[..., Config]:
    """A project without a database, whose scratch database is the test's empty one."""

    def make(files: dict[str, str | bytes], **options: object) -> Config:
        return project(files, **{"database": None, "scratch": Address(dsn, "--scratch"), **options})

    return make
