"""Whether a data directory was made for Supabase, told by a file in it. Every command asks, so this imports little."""

from pathlib import Path

from migrator.errors import StateError

MARK = "supabase.prelude"
"""The file in a data directory that says which prelude it has."""


def found(directory: Path) -> str | None:
    """Which prelude a data directory has; None for a plain one, and for one that is not there yet."""
    try:
        return (directory / MARK).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(directory: Path, text: str) -> None:
    """Say which prelude a data directory has."""
    (directory / MARK).write_text(f"{text}\n", encoding="utf-8")


def refuse_other(directory: Path, *, supabase: bool | None) -> None:
    """Raise `StateError` for a data directory that was made the other way; None takes it as it is."""
    made = found(directory) is not None
    if supabase is None or supabase is made:
        return
    kind, other = ("a plain server", "true") if supabase else ("Supabase", "false")
    raise StateError(
        f"the data directory `{directory}` was made for {kind}, and `supabase` is `{other}`",
        code="embedded-supabase",
        outcome="nothing was changed",
        hint="name another folder, as in `embedded:.migrator/other`, or set `supabase` to what it was made for",
    )
