"""What a command was told: flag over environment over file over default, each value with its origin."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from migrator.configuration_file import (
    ADDRESSES,
    OWN_FILE,
    SECTION,
    ConfigurationFile,
    find,
    read,
    read_variables,
    shorten,
    usual_folders,
)
from migrator.errors import InputError
from migrator.events import Told
from migrator.settings import IGNORE, SETTINGS, Unfit, expand, nearest
from migrator.source import Span

if TYPE_CHECKING:  # hardly any command needs it
    from migrator.ignore_list import Ignore

LedgerKind = Literal["yoyo", "supabase"]

DEFAULT_WAIT = 60.0
"""Seconds of patience when nobody said how many."""


@dataclass(frozen=True, slots=True)
class Address:
    """A database address as the user wrote it, which may hold a password: its text never shows.

    Attributes:
        text: the secret text; only `migrator.database` reads it.
        origin: where it came from, such as `DATABASE_URL`.
        base: the folder that relative folders in it count from; None for that of the configuration.
    """

    text: str = field(repr=False)
    origin: str
    base: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"<address from {self.origin}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that a job needs to know before it starts.

    Attributes:
        root: the folder of the configuration file, or the current folder; relative paths of the file count from it.
        database: the address; None when nothing named one (`migrator.database.connect` then says how to).
        migrations: folders of migrations, in order.
        seeds: folders of seed files, in order.
        env: which set of seed files applies.
        supabase: treat the database as a Supabase one, and make a server that we start one; None means find out.
        automatic_grants: on a server that we start for Supabase, new tables in `public` are open to the API at once.
        role: the role that owns what migrations make (`SET ROLE`).
        ledger: whose tables record what is applied; None means find out.
        out_of_order: apply pending migrations that sort below an applied one.
        lock_timeout: seconds that a statement of a transactional migration may wait for a lock.
        lock_retries: how often a migration that met a lock is tried again.
        wait: seconds to wait for what passes by itself: our own lock, a server that starts.
        pool_size: connections of a seeding run; None means find out.
        scratch: the address of a server for replays.
        schema: the schema of our own tables.
        readers: roles that may read our tables.
        ignore: entries of `[[tool.migrator.ignore]]`.
        environ: the environment that `PG*` variables and `${VAR}` are taken from, `.env` included.
        origins: where each value came from, by attribute name.
        told: what the user should hear about how this was put together.
    """

    root: Path
    database: Address | None = None
    migrations: tuple[Path, ...] = (Path("migrations"),)
    seeds: tuple[Path, ...] = (Path("seeds"),)
    env: str = "local"
    supabase: bool | None = None
    automatic_grants: bool = False
    role: str | None = None
    ledger: LedgerKind | None = None
    out_of_order: bool = False
    lock_timeout: float = 5.0
    lock_retries: int = 10
    wait: float = DEFAULT_WAIT
    pool_size: int | None = None
    scratch: Address | None = None
    schema: str = "migrator"
    readers: tuple[str, ...] = ()
    ignore: "tuple[Ignore, ...]" = ()
    environ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    told: tuple[Told, ...] = ()


ADDRESS_VARIABLES = ("MIGRATOR_DATABASE", "DATABASE_URL")
"""The variables that name the database, the stronger first."""

_WEAK_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_FOLDERS = frozenset({"migrations", "seeds"})


def load_config(
    flags: Mapping[str, object],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    offline: bool = False,
) -> Config:
    """Put the configuration together: flags, then the environment, then the nearest file, then defaults.

    The nearest file is `migrator.toml`, or a pyproject.toml with `[tool.migrator]`, in the current folder or above it.
    A `.env` beside it gives variables that are not set. Relative folders count from the file's folder, those of flags
    from the current one. Where nothing else names a database but PGHOST, PGSERVICE or PGDATABASE is set, the `PG*`
    variables are the address; they are weaker than a file, because they are often set for other programs.

    Args:
        flags: what the command line says, by the keys of the configuration; `config` names a file. None says nothing.
        environ: the environment; the process's own when not given.
        cwd: where to look from; the process's current folder when not given. Folders in the result are relative to
            the latter where they lie beneath it, so that they can be shown and opened as they are.
        offline: nobody will connect to the database: where the file gives it a variable that is not set, it has none.

    Raises `InputError` for a file that cannot be read, an unknown key and a value that does not fit. Reads files,
    touches no database.
    """
    standing = Path.cwd()
    current = standing if cwd is None else cwd.absolute()
    variables = dict(os.environ if environ is None else environ)
    named = flags.get("config") or variables.get("MIGRATOR_CONFIG")
    file = read(current / str(named), standing) if named else find(current, standing)
    root = file.path.parent if file else current
    from_dotenv = {key: value for key, value in read_variables(root, standing).items() if key not in variables}
    return _Loading(flags, variables, from_dotenv, file, root, current, standing, offline=offline).config()


def without_file(
    flags: Mapping[str, object], *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Config:
    """What flags and the environment say, for a command that is about to write the file: none is read, nor `.env`.

    The `root` is the current folder; `config` among the flags becomes `MIGRATOR_CONFIG` of the result's environment.
    Arguments and errors are those of `load_config`.
    """
    standing = Path.cwd()
    current = standing if cwd is None else cwd.absolute()
    variables = dict(os.environ if environ is None else environ)
    if flags.get("config"):
        variables["MIGRATOR_CONFIG"] = str(flags["config"])
    return replace(_Loading(flags, variables, {}, None, current, current, standing).config(), told=())


class _Loading:
    """One configuration while it is put together."""

    def __init__(
        self,
        flags: Mapping[str, object],
        variables: Mapping[str, str],
        from_dotenv: Mapping[str, str],
        file: ConfigurationFile | None,
        root: Path,
        current: Path,
        standing: Path,
        *,
        offline: bool = False,
    ) -> None:
        self.flags = flags
        self.variables = variables
        self.from_dotenv = from_dotenv
        self.environ = {**from_dotenv, **variables}
        self.file = file
        self.root = root
        self.current = current
        self.standing = standing
        self.offline = offline
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.told: list[Told] = []

    def config(self) -> Config:
        self._refuse_unknown()
        for key in SETTINGS:
            self._take(key)
        self._choose_folders()
        self._take_weak_address()
        self._tell()
        return Config(
            root=self.root,
            environ=MappingProxyType(self.environ),
            origins=MappingProxyType(self.origins),
            told=tuple(self.told),
            **self.values,
        )

    def _refuse_unknown(self) -> None:
        for key in self.flags:
            if key not in SETTINGS and key != "config":
                raise InputError(f"unknown setting `{key}`", code="configuration-key", hint=nearest(key))
        if self.file is None:
            return
        for key in self.file.values:
            if key not in SETTINGS:
                raise InputError(
                    f"unknown key `{key}` in `{self.file.source.path}`",
                    code="configuration-key",
                    where=self.file.place(key),
                    hint=self._misplaced(key) or nearest(key),
                )

    def _misplaced(self, key: str) -> str | None:
        if key == SECTION.partition(".")[0] and self.file is not None and not self.file.section:
            return f"in {OWN_FILE} the keys stand at the top, without `[{SECTION}]`"
        return None

    def _take(self, key: str) -> None:
        if self.flags.get(key) is not None:
            self._set(key, self.flags[key], f"--{key.replace('_', '-')}", base=self.current)
            return
        names = ADDRESS_VARIABLES if key == "database" else (f"MIGRATOR_{key.upper()}",)
        for variables, suffix in ((self.variables, ""), (self.from_dotenv, " in .env")):
            for name in names:
                if variables.get(name, "").strip() and key != IGNORE:
                    self._set(key, variables[name], f"{name}{suffix}", base=self.root)
                    return
        if self.file is not None and key in self.file.values:
            value = self.file.values[key]
            where = self.file.place(key)
            if key in ADDRESSES and isinstance(value, str):
                value, missing = expand(value, self.environ)
                if missing and key == "database" and self.offline:
                    self.origins[key] = "default"
                    return
                if missing:
                    raise InputError(
                        f"`{key}` refers to the variable `{missing}`, which is not set",
                        code="configuration-variable",
                        where=where,
                        hint=f"set `{missing}` in the environment or in `.env`, or give `--{key} ADDRESS`",
                    )
            self._set(key, value, self.file.origin(key), base=self.root, where=where)
            return
        self.origins[key] = "default"

    def _set(self, key: str, written: object, origin: str, *, base: Path, where: Span | None = None) -> None:
        try:
            value = SETTINGS[key](written)
        except Unfit as unfit:
            raise InputError(f"`{key}` from {origin} is not {unfit}", code="configuration-value", where=where) from None
        if key in ADDRESSES:
            value = Address(str(value).strip(), origin, base)
        elif key in _FOLDERS and isinstance(value, tuple):
            value = tuple(shorten(Path(base, Path(part).expanduser()), self.standing) for part in value)
        elif key == IGNORE and isinstance(value, tuple):
            from migrator.ignore_list import read as read_entries

            told_by_file = self.file is not None and origin == self.file.origin(key)
            value = read_entries(value, self.file.entry if self.file and told_by_file else lambda *_: None)
        self.values[key] = value
        self.origins[key] = origin

    def _choose_folders(self) -> None:
        chosen = "migrations" in self.values
        migrations, seeds, reason = usual_folders(self.root, self.standing, configured=self.file is not None)
        self.values.setdefault("migrations", (migrations,))
        self.values.setdefault("seeds", (seeds,))
        if reason and not chosen:
            message = f"migrations are read from `{migrations}`: {reason}"
            self.told.append(Told(code="migrations-chosen", message=message))

    def _take_weak_address(self) -> None:
        if "database" in self.values:
            return
        for name in _WEAK_VARIABLES:
            if self.environ.get(name):
                self.values["database"] = Address("", name)
                self.origins["database"] = name
                return

    def _tell(self) -> None:
        address, file = self.values.get("database"), None if self.offline else self.file
        if file is None or not isinstance(address, Address) or address.origin != file.origin("database"):
            return
        if address.text.startswith("embedded:") and self.environ.get("CI", "").lower() in {"true", "1"}:
            empty = [f"`{name}` is empty" for name in ADDRESS_VARIABLES if self.variables.get(name, "x").strip() == ""]
            message = f"CI is set, and the database is the embedded one of this checkout: {address.origin} says so"
            self.told.insert(0, Told(code="embedded-in-ci", message="; ".join([message, *empty])))
