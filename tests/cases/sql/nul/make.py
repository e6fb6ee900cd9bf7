"""A migration with a NUL character, which no PostgreSQL text holds."""

from pathlib import Path

folder = Path("migrations")
folder.mkdir()
(folder / "0001.names.sql").write_bytes(b"CREATE TABLE names (name text);\nINSERT INTO names VALUES ('Lo\0c');\n")
