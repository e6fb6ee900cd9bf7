"""Folders for servers that the product starts: pytest's own are closed to the account that runs them for root."""

import tempfile
from pathlib import Path


def make_place() -> Path:
    """An empty folder that an ordinary account may enter, whoever runs the tests; the caller removes it."""
    folder = Path(tempfile.mkdtemp(prefix="migrator-place-")).resolve()
    folder.chmod(0o755)
    return folder
