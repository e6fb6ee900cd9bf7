"""Migrations of tools whose files are not what `migrate` runs, so that their folders are left alone.

What matters is what would happen if they were run all the same: a file that holds both directions (dbmate, goose), or a
pair `.up.sql` and `.down.sql`, would be applied whole. Only reads.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from migrator.events.founding import Trace
from migrator.project.founding.tools import text_of

FLYWAY = re.compile(r"V\d[\d._]*__.+\.sql")

_PLACES = (
    *(
        "migrations",
        "db/migrations",
        "prisma/migrations",
        "drizzle",
        "alembic",
        "db/migration",
        "sql",
        "sql/migrations",
    ),
    *("sql/schema", "src/main/resources/db/migration"),
)
_LOOKED_INTO = 20
_MUCH = 65_536


def _says(mark: str) -> Callable[[Path, frozenset[str]], bool]:
    def look(folder: Path, names: frozenset[str]) -> bool:
        scripts = sorted(name for name in names if name.endswith(".sql"))[:_LOOKED_INTO]
        return any(mark in (text_of(folder / name) or "")[:_MUCH].lower() for name in scripts)

    return look


_SIGNS: Mapping[str, Callable[[Path, frozenset[str]], bool]] = {
    "Alembic": lambda _, names: "env.py" in names and bool({"script.py.mako", "versions"} & names),
    "Prisma": lambda folder, names: (
        "migration_lock.toml" in names or any((folder / name / "migration.sql").is_file() for name in names)
    ),
    "Drizzle": lambda folder, _: (folder / "meta" / "_journal.json").is_file(),
    "Flyway": lambda _, names: any(FLYWAY.fullmatch(name) for name in names),
    "golang-migrate or sqlx": lambda _, names: any(name.endswith((".down.sql", ".up.sql")) for name in names),
    "Django": lambda _, names: (
        "__init__.py" in names
        and any(re.match(r"\d{4}_.*\.py$", name) for name in names)
        and not any(name.endswith(".sql") for name in names)
    ),
    "goose": _says("-- +goose up"),
    "dbmate": _says("-- migrate:up"),
}
"""Each tool, and how its folder is told from others."""


def owner(folder: Path) -> str | None:
    """The tool whose files a folder of migrations holds; None where it is none that we know."""
    try:
        names = frozenset(path.name for path in folder.iterdir())
    except OSError:
        return None
    return next((tool for tool, is_its in _SIGNS.items() if is_its(folder, names)), None)


def others(root: Path) -> dict[Path, Trace]:
    """Folders that hold another tool's migrations, and what follows from that."""
    found = {}
    for place in _PLACES:
        tool = owner(root / place)
        if tool is not None:
            found[root / place] = Trace(path=place, message=_told(tool, place))
    if (root / "alembic.ini").is_file():
        message = (
            "Alembic's; its migrations are Python and stay as they are, `alembic upgrade head --sql` shows their SQL"
        )
        found[root / "alembic.ini"] = Trace(path="alembic.ini", message=message)
    return found


def _told(tool: str, place: str) -> str:
    if tool == "Flyway":
        return (
            "Flyway's; `migrate` accepts names such as `V1__create.sql`: move its `R__` and `U__` files away, then "
            f"`migrate init --migrations {place}` takes the folder over, and `migrate mark` tells what is applied"
        )
    if tool in {"dbmate", "goose", "golang-migrate or sqlx"}:
        return f"{tool}'s; `migrate` would apply the statements of both directions, so the folder is left alone"
    return f"{tool}'s; `migrate` does not read its files, so the folder is left alone"
