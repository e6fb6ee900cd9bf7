"""Which files there are to seed, by name and hash. Reads no YAML, so that asking costs nothing."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from migrator.config import Config
from migrator.errors import InputError
from migrator.events import Emit, Noticed, ignore
from migrator.source import shown

CSV_SUFFIXES = (".csv", ".csv.gz")
SUFFIXES = (".yaml", ".yml", ".sql", *CSV_SUFFIXES)
_ENDS = "seed files end in `.yaml`, `.yml`, `.csv`, `.csv.gz` or `.sql`"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFile:
    """A seed file.

    Attributes:
        path: where it is.
        shown: as the user would write it from the current folder.
        name: relative to the folder of seeds, with `/`: what the ledger knows it by on every machine.
        sha256: of its bytes.
    """

    path: Path
    shown: str
    name: str
    sha256: bytes

    @property
    def is_script(self) -> bool:
        """It is SQL that runs as it is."""
        return self.path.suffix == ".sql"

    @property
    def has_tables(self) -> bool:
        """It is YAML: what it writes stands in it."""
        return not self.is_script and self.table is None

    @property
    def table(self) -> str | None:
        """The table that a CSV file is called after; None for any other file."""
        suffix = next((suffix for suffix in CSV_SUFFIXES if self.path.name.endswith(suffix)), None)
        return self.path.name.removesuffix(suffix) if suffix is not None else None


def find(config: Config, paths: tuple[Path, ...] = (), emit: Emit = ignore) -> tuple[SeedFile, ...]:
    """The seed files of the configured folders, or of `paths` (files or folders) alone, in path order, hashed.

    Raises `InputError` for a path that is not there, and for two files of one name.
    """
    folders = [_absolute(config.root / folder) for folder in config.seeds]
    found: dict[str, Path] = {}
    for start in [_absolute(path) for path in paths] or folders:
        if not start.exists():
            raise InputError(
                f"there is no `{shown(start)}`",
                code="no-seeds",
                hint="name an existing file or folder"
                if paths
                else "create the folder and put a YAML file into it, or name another with `--seeds`",
            )
        for path in _files(start, emit):
            name = _name(path, folders, config.root)
            if found.setdefault(name, path) != path:
                raise InputError(
                    f"two seed files are called `{name}`: `{shown(found[name])}` and `{shown(path)}`",
                    code="seed-name-twice",
                    hint="rename one of them",
                )
    return tuple(
        SeedFile(path=path, shown=shown(path), name=name, sha256=digest(path)) for name, path in sorted(found.items())
    )


def digest(path: Path) -> bytes:
    """The SHA-256 of a file's bytes. Raises `InputError` when it cannot be read."""
    state = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                state.update(block)
    except OSError as error:
        raise InputError(f"cannot read `{shown(path)}`: {error.strerror}", code="unreadable-file") from error
    return state.digest()


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links, which are the user's names


def _files(start: Path, emit: Emit) -> list[Path]:
    if start.is_file():
        if not start.name.endswith(SUFFIXES):
            raise InputError(f"`{shown(start)}` is not a seed file", code="not-a-seed", hint=_ENDS)
        return [start]
    files = []
    for path in sorted(start.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(start).parts) or not path.is_file():
            continue
        if path.name.endswith(SUFFIXES):
            files.append(path)
        elif path.suffix == ".gz":
            emit(Noticed(severity="WARNING", message=f"`{shown(path)}` is not loaded: {_ENDS}"))
    return files


def _name(path: Path, folders: list[Path], root: Path) -> str:
    for folder in [*folders, _absolute(root)]:
        if path != folder and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.as_posix()
