"""A migration in Latin-1: `ï` is a byte that UTF-8 does not know."""

from pathlib import Path

folder = Path("migrations")
folder.mkdir()
(folder / "0001.names.sql").write_bytes(
    "CREATE TABLE names (name text);\nINSERT INTO names VALUES ('Loïc');\n".encode("latin-1")
)
