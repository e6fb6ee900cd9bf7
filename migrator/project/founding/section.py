"""The configuration's text: as a file of its own, or behind what a pyproject.toml holds, of which no byte changes."""

import json
import tomllib
from collections.abc import Sequence

from migrator.configuration_file import SECTION
from migrator.project.founding.found import Ground


def lines(ground: Ground) -> list[str]:
    """The keys and values of a new configuration."""
    said = []
    if ground.database.value is not None:
        comment = f"  # {ground.database.comment}" if ground.database.comment else ""
        said.append(f"database = {_toml(ground.database.value)}{comment}")
    if ground.supabase is not None:
        said.append(f"supabase = {str(ground.supabase).lower()}")
    for key, folders in (("migrations", ground.migrations), ("seeds", ground.seeds)):
        said.append(f"{key} = {_folders(folders)}")
    return said


def alone(ground: Ground) -> bytes:
    """The text of a `migrator.toml`."""
    return "".join(f"{line}\n" for line in lines(ground)).encode()


def appended(before: bytes, ground: Ground) -> bytes | None:
    """A pyproject.toml with our section at its end, in its own line ends.

    None where it cannot be put there: `tool` is written as one value, or the file says `tool.migrator` already.
    """
    eol = b"\r\n" if before.count(b"\r\n") * 2 > before.count(b"\n") else b"\n"
    gap = b"" if not before or before.endswith(b"\n") else eol
    gap += eol if before.strip(b"\xef\xbb\xbf \t\r\n") else b""
    section = eol.join(line.encode() for line in [f"[{SECTION}]", *lines(ground)])
    after = before + gap + section + eol
    try:
        tool = tomllib.loads(after.decode("utf-8-sig")).get("tool", {})
        was = tomllib.loads(before.decode("utf-8-sig")).get("tool", {})
    except tomllib.TOMLDecodeError:
        return None
    return None if "migrator" in was or "migrator" not in tool else after


def _folders(folders: Sequence[str]) -> str:
    return _toml(folders[0]) if len(folders) == 1 else f"[{', '.join(map(_toml, folders))}]"


def _toml(text: str) -> str:
    # a basic string of TOML is written as one of JSON, but for DEL, which no address or folder has a use for
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
