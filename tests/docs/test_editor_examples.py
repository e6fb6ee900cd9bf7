"""The seed files that docs/seeds.md shows, as an editor with our schema sees them."""

import yaml12
from jsonschema import Draft202012Validator
from pages import DOCS, blocks

from migrator.seeding.editor_schema import editor_schema

WRONG = {
    "users:\n  - {user_id: 1, email: ada@example.com, zipp: 01234}\n  - {user_id: 1, email: ~}\n",
    "products:\n  - {sku: A-1, status: life}\n",
}
"""What the page shows as mistakes."""


async def test_the_files_of_the_page(db, project):
    """Each of them has nothing to mark, but for those that the page shows as mistakes."""
    shown = blocks(DOCS / "seeds.md")
    for block in shown:
        if block.title is not None and block.title.startswith("migrations/") and "rollback" not in block.title:
            await db.execute(block.text)
    validator = Draft202012Validator((await editor_schema(project({}))).document)
    files = [block.text for block in shown if block.title is not None and block.title.endswith((".yaml", ".yml"))]
    assert len(files) > 8
    assert {text for text in files if not validator.is_valid(yaml12.load(text))} == WRONG
