"""A migration with the line ends of Windows; the error's place counts lines all the same."""

from pathlib import Path

folder = Path("migrations")
folder.mkdir()
(folder / "0001.create-users.sql").write_bytes(b"CREATE TABLE users (\r\n    user_id serial PRIMARY KEY\r\n);\r\n")
(folder / "0002.fail.sql").write_bytes(
    b"-- depends: 0001.create-users\r\n\r\nINSERT INTO users\r\nVALUES (1), (1);\r\n"
)
