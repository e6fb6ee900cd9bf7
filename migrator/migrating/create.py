"""`migrate new`: the next migration's file, named as the folder names its files."""

import re
from datetime import UTC, datetime
from pathlib import Path

from migrator.config import Config
from migrator.errors import InputError
from migrator.events.migrating import NewResult
from migrator.migrating import folder
from migrator.migrating.folder import MigrationFile
from migrator.migrating.plan import resolve
from migrator.source import shown

NUMBERED = re.compile(r"(?P<prefix>\D*)(?P<number>\d+)(?P<separator>[._-]+)(?P<rest>.*)")
TIMESTAMP_DIGITS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}
FIRST = "0001."
SUPABASE_FORMAT = "%Y%m%d%H%M%S"


def new(config: Config, name: str, *, depends: tuple[str, ...] = (), transactional: bool = True) -> NewResult:
    """Write the file of a new migration into the last of `config.migrations`. Touches no database.

    Its number continues the folder's: one more than the highest, as wide, or the time of now in UTC where the folder's
    names are times. Unless `depends` says otherwise it depends on the newest migration.

    Raises `InputError` for a name without letters or digits, an unknown dependency, and a file that exists.
    """
    where = config.migrations[-1]
    existing = folder.find(tuple(each for each in config.migrations if each.exists()))
    numbered = [each for each in existing if not each.post_apply]
    ids = [each.id for each in numbered]
    needed = tuple(resolve(each, ids) for each in depends) or tuple(ids[-1:])
    id_ = _next_id(numbered, _slug(name, _word_separator(ids)), supabase=folder.is_supabase(where))
    path = where / f"{id_}.sql"
    if path.exists() or id_ in ids:
        raise InputError(f"`{shown(path)}` exists already", code="file-exists", outcome="nothing was written")
    lines = [f"-- {name.strip()}"]
    # the Supabase CLI runs its folder in the order of the names and knows no directives
    if needed and not folder.is_supabase(where):
        lines.append(f"-- depends: {' '.join(needed)}")
    if not transactional:
        lines.append("-- transactional: false")
    where.mkdir(parents=True, exist_ok=True)
    _write(path, "\n".join([*lines, "", ""]))
    return NewResult(id=id_, paths=(shown(path),))


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"`{shown(path)}` cannot be written: {error.strerror}", code="unwritable-file") from None


def _slug(name: str, separator: str) -> str:
    slug = separator.join(re.findall(r"\w+", name.replace("_", " ").lower()))
    if not slug:
        raise InputError(
            f"a migration's name needs letters or digits, and `{name}` has none",
            code="invalid-name",
            outcome="nothing was written",
            hint="say what it does: `migrate new 'add orders'`",
        )
    return slug


def _word_separator(ids: list[str]) -> str:
    newest = NUMBERED.fullmatch(ids[-1]) if ids else None
    return "_" if newest and "_" in newest["rest"] + newest["separator"] and "-" not in newest["rest"] else "-"


def _next_id(existing: list[MigrationFile], slug: str, *, supabase: bool) -> str:
    newest = NUMBERED.fullmatch(existing[-1].id) if existing else None
    if supabase:
        return f"{_later(SUPABASE_FORMAT, existing)}_{slug.replace('-', '_')}"
    if newest is None:
        return f"{FIRST}{slug}"
    number = newest["number"]
    form = TIMESTAMP_DIGITS.get(len(number))
    following = _later(form, existing) if form else str(int(number) + 1).zfill(len(number))
    return f"{newest['prefix']}{following}{newest['separator']}{slug}"


def _later(form: str, existing: list[MigrationFile]) -> str:
    """The time of now, or one more than the newest name where that is not later: names must sort behind each other."""
    now = datetime.now(UTC).strftime(form)
    newest = NUMBERED.fullmatch(existing[-1].id) if existing else None
    if newest is None or len(newest["number"]) != len(now) or now > newest["number"]:
        return now
    return str(int(newest["number"]) + 1)
