"""Seed files with a text of 5 MB: one for a text column, one where a date should stand."""

from pathlib import Path

folder = Path("seeds")
folder.mkdir()
text = "x" * 5_000_000
(folder / "text.yaml").write_text(f"users:\n  - {{user_id: 1, first_name: {text}}}\n")
(folder / "wrong.yaml").write_text(f"users:\n  - {{user_id: 2, first_name: Ada, born: {text}}}\n")
