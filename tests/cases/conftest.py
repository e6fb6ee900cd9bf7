"""Golden files: compared as they are, written anew with `pytest --golden`."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], str]:
    """The text that a golden file holds; with `--golden`, after writing what was found to it."""

    def read(path: Path, found: str) -> str:
        if request.config.getoption("--golden"):
            path.write_text(found, encoding="utf-8", newline="")
        assert path.exists(), f"{path} is missing: `pytest --golden` writes it"
        return path.read_bytes().decode()

    return read
