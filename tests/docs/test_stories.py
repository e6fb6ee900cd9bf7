"""Every page does what it says: its files and commands are played as one story on a fresh database.

`pytest --golden` writes what the commands say into the pages; read the difference before you commit it.
"""

import ast
import asyncio
import importlib.util
import json
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pages import DOCS, PAGES, README, ROOT, anchors, blocks, links
from story import Story, environment

from migrator.database.address.launch import DEFAULT_DIRECTORY, SUPABASE_DIRECTORY
from migrator.database.launching import embedded

EMBEDDED = {"configuration.md", "init.md", "servers.md", "supabase-server.md"}
"""Pages that talk about the embedded server: nothing else names a database there."""

EMPTY = {"init.md"}
"""Pages that begin in an empty folder, without the configuration that the others have."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty project folder that an ordinary account may enter; a server that a page starts in it is stopped."""
    place = Path(tempfile.mkdtemp(prefix="migrator-docs-")).resolve()
    place.chmod(0o755)
    yield place
    for directory in (DEFAULT_DIRECTORY, SUPABASE_DIRECTORY):
        asyncio.run(embedded.stop(place / directory))
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def story(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Story:
    """A story in that folder, whose project has a configuration that names no database."""
    (folder / "pyproject.toml").write_text("[tool.migrator]\n", encoding="utf-8")
    golden = request.config.getoption("--golden")
    return Story(folder=folder, environment=environment(tmp_path / "bin"), golden=golden)


@pytest.mark.db
@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in EMBEDDED], ids=lambda page: page.name)
def test_page(page: Path, story: Story, dsn: str, need: Callable[[str, str | None], None]):
    """What a page shows is what a user sees who does the same in an empty folder."""
    if page.name == "yoyo.md":
        need("yoyo", None if importlib.util.find_spec("psycopg2") else "yoyo needs psycopg2")
    story.environment["DATABASE_URL"] = dsn
    story.play(page)


@pytest.mark.db
@pytest.mark.parametrize("name", sorted(EMBEDDED))
def test_page_of_the_embedded_server(name: str, story: Story):
    """Such a page shows what a user sees who has no other database: the server is started by the first command."""
    if name in EMPTY:
        (story.folder / "pyproject.toml").unlink()
    story.play(DOCS / name)


@pytest.mark.db
def test_readme(story: Story, folder: Path, dsn: str):
    """The README's session is what a user sees who runs it in a fresh clone."""
    for name in ("migrations", "seeds"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    story.environment["DATABASE_URL"] = dsn
    story.play(README)


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_can_be_read(page: Path):
    """Python, JSON and TOML that a page shows is valid, also where it is not run."""
    read = {"python": ast.parse, "json": json.loads, "toml": tomllib.loads}
    for block in blocks(page):
        if block.language in read and "..." not in block.text.replace("...)", "").split():
            try:
                read[block.language](block.text)
            except (SyntaxError, ValueError) as error:
                pytest.fail(f"{page.name}:{block.line}: {error}", pytrace=False)


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    """Every link to a file of this repository names one that is there, and an anchor that it has."""
    broken = []
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []
