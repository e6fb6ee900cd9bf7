"""What a command was told: flag over environment over file over default, each value with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from migrator.events import Told

LedgerKind = Literal["yoyo", "supabase"]


@dataclass(frozen=True, slots=True)
class Address:
    """A database address as the user wrote it, which may hold a password: its text never shows.

    Attributes:
        text: the secret text; only `migrator.database` reads it.
        origin: where it came from, such as `DATABASE_URL`.
    """

    text: str = field(repr=False)
    origin: str

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
        supabase: treat the database as a Supabase one; None means find out.
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
    role: str | None = None
    ledger: LedgerKind | None = None
    out_of_order: bool = False
    lock_timeout: float = 5.0
    lock_retries: int = 10
    wait: float = 60.0
    pool_size: int | None = None
    scratch: Address | None = None
    schema: str = "migrator"
    readers: tuple[str, ...] = ()
    ignore: tuple[Mapping[str, str], ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    told: tuple[Told, ...] = ()
