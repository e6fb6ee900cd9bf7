"""What a project begins with, as pieces: which files, with which content, and which not, and why.

Whether a piece is there already is asked when it is written; here is told only what is wanted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.migrating.files.folder import ROLLBACK, is_supabase, natural
from migrator.migrating.files.naming import following
from migrator.project.founding import section, workflow
from migrator.project.founding.found import Ground
from migrator.project.founding.workflow import template

FIRST = "create-notes"
SEED = "notes.yaml"
PLACEHOLDER = ".gitkeep"
"""Git forgets an empty folder, and `migrate seed` in a fresh clone would miss it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file that a project begins with.

    Attributes:
        path: where.
        content: what it shall hold; None where nothing is to be written, for the `reason`.
        before: what the file holds now, where it is to be replaced by `content`; None for a new file.
        kept: it is there, and `content` is not wanted because of that.
        reason: why, or what is written into a file of others.
    """

    path: Path
    content: bytes | None = None
    before: bytes | None = None
    kept: bool = False
    reason: str | None = None


def pieces(ground: Ground, *, ci: bool | None) -> tuple[Piece, ...]:
    """Everything, in the order in which it is written: what the rest is found by comes first."""
    return (_configuration(ground), *_files(ground), _workflow(ground, ci=ci))


def _configuration(ground: Ground) -> Piece:
    if ground.configuration is not None:
        said = "`[tool.migrator]` is there already" if ground.configuration.section else "it is there already"
        return Piece(path=ground.configuration.path, kept=True, reason=said)
    target = ground.target
    if target.name != "pyproject.toml" or not target.is_file():
        return Piece(path=target, content=section.alone(ground))
    before = target.read_bytes()
    after = section.appended(before, ground)
    if after is None:
        own = target.with_name("migrator.toml")
        said = "no section can be added to the pyproject.toml, which writes `tool` in a way of its own"
        return Piece(path=own, content=section.alone(ground), reason=said)
    return Piece(path=target, content=after, before=before, reason="`[tool.migrator]` at its end")


def _files(ground: Ground) -> Iterator[Piece]:
    folder = ground.root / ground.migrations[-1]
    seeds = ground.root / ground.seeds[-1]
    migrations = [name for each in ground.migrations for name in _names(ground.root / each, (".sql", ".py"))]
    rows = _names(seeds, (".yaml", ".yml"))
    script = template("first-supabase.sql" if ground.supabase else "first.sql").encode()
    first = _first(folder, migrations, script)
    if first is None:
        said = f"it holds {_count(len(migrations), 'migration')}, so no first one is written"
        yield Piece(path=folder, kept=True, reason=said)
    else:
        rollback = (
            folder.parent / "rollbacks" / f"{first}.sql" if is_supabase(folder) else folder / f"{first}{ROLLBACK}"
        )
        yield Piece(path=folder / f"{first}.sql", content=script)
        yield Piece(path=rollback, content=template("first.rollback.sql").encode())
    if first is not None and set(rows) <= {SEED}:
        yield Piece(path=seeds / SEED, content=template("seed.yaml").encode())
    elif rows:
        yield Piece(path=seeds, kept=True, reason=f"it holds {_count(len(rows), 'seed file')}")
    else:
        yield Piece(path=seeds / PLACEHOLDER, content=b"")


def _first(folder: Path, migrations: list[str], script: bytes) -> str | None:
    """The id of the first migration: a new one, or that of an earlier run; None where there are others."""
    if not migrations:
        return following([], FIRST, supabase=is_supabase(folder))
    name = migrations[0].removesuffix(".sql")
    ours = len(migrations) == 1 and name.replace("_", "-").endswith(FIRST)
    return name if ours and _read(folder / migrations[0]) == script else None


def _names(folder: Path, endings: tuple[str, ...]) -> list[str]:
    """The files of a folder that count, without rollbacks, which count for their migrations."""
    try:
        names = [path.name for path in folder.iterdir() if path.name.endswith(endings)]
    except OSError:
        return []
    hidden = (".", "_tmp_yoyonew", "__init__")
    return sorted((each for each in names if not each.startswith(hidden) and not each.endswith(ROLLBACK)), key=natural)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError:
        return None


def _workflow(ground: Ground, *, ci: bool | None) -> Piece:
    path = workflow.path(ground)
    if ci is False:
        return Piece(path=path, reason="`--no-ci`")
    other = None if ground.repository is None else ground.repository.other_system
    if ci is None and other is not None:
        return Piece(path=path, reason=f"`{other}` is there, and no `.github`; `--ci` writes it all the same")
    return Piece(path=path, content=workflow.text(ground).encode())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
