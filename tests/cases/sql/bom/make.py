"""A migration that begins with a byte order mark, as some Windows editors write it, and directives behind it."""

from pathlib import Path

INDEX = """\
-- depends: 0001.create-users
-- transactional: false

CREATE INDEX CONCURRENTLY users_id ON users (user_id);
"""

folder = Path("migrations")
folder.mkdir()
(folder / "0001.create-users.sql").write_bytes(b"CREATE TABLE users (user_id serial PRIMARY KEY);\n")
(folder / "0000.index-users.sql").write_bytes(b"\xef\xbb\xbf" + INDEX.encode())
