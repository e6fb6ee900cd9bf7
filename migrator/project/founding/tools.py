"""Traces of tools that a project may go on with: the Supabase CLI's folder, and a `yoyo.ini`.

Only reads; a file that cannot be read tells nothing, because its own tool says what is wrong with it.
"""

import configparser
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPABASE_PORT = 54322
"""Where the Supabase CLI's local database listens, unless its `config.toml` says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseProject:
    """A folder of the Supabase CLI.

    Attributes:
        port: of its local database.
        reference: of the hosted project that it is linked to, if any.
        seed: it has a `seed.sql`, which is the CLI's.
    """

    port: int
    reference: str | None
    seed: bool

    @property
    def address(self) -> str:
        """Its local database; the password is the same on every machine and documented by Supabase."""
        return f"postgresql://postgres:postgres@127.0.0.1:{self.port}/postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class YoyoProject:
    """What a `yoyo.ini` says.

    Attributes:
        sources: its folders of migrations, as far as they are folders.
        database: its database, which may hold a password.
        prefix: what the names of its files begin with.
    """

    sources: tuple[Path, ...]
    database: str | None
    prefix: str | None


def text_of(path: Path) -> str | None:
    """The file's text; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None


def _is_there(path: Path) -> bool:
    """Unlike `Path.exists()` it raises `OSError` where that cannot be told, in every version of Python."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def supabase(root: Path) -> SupabaseProject | None:
    """The Supabase CLI's project in a folder. Raises `OSError` where that cannot be told."""
    folder = root / "supabase"
    if not _is_there(folder / "config.toml") and not _is_there(folder / "migrations"):
        return None
    settings: dict[str, Any] = {}
    try:
        settings = tomllib.loads(text_of(folder / "config.toml") or "").get("db", {})
        port = settings.get("port")
    except (tomllib.TOMLDecodeError, AttributeError):
        port = None
    reference = (text_of(folder / ".temp" / "project-ref") or "").strip()
    return SupabaseProject(
        port=port if isinstance(port, int) and 0 < port < 65536 else SUPABASE_PORT,  # noqa: PLR2004 - TCP's
        reference=reference if re.fullmatch(r"[a-z0-9]{8,40}", reference) else None,
        seed=(folder / "seed.sql").is_file(),
    )


def yoyo(root: Path) -> YoyoProject | None:
    """What the `yoyo.ini` of a folder says."""
    text = text_of(root / "yoyo.ini")
    if text is None:
        return None
    parser = configparser.RawConfigParser()  # a `%` in a password is no interpolation for us
    try:
        parser.read_string(text)
    except configparser.Error:
        return YoyoProject(sources=(), database=None, prefix=None)
    values = parser.defaults()
    named = values.get("sources", "").replace("%(here)s", str(root)).split()
    folders = [Path(root, each) for each in named if ":" not in each and "*" not in each and "%(" not in each]
    return YoyoProject(
        sources=tuple(Path(*each.parts) for each in folders),
        database=values.get("database", "").replace("%%", "%") or None,
        prefix=values.get("prefix") or None,
    )
