"""What connecting reports: which database it is, what it waits for, which server was started for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

DatabaseKind = Literal["direct", "pooler", "session-pooler", "transaction-pooler", "embedded", "docker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """The database that a command spoke to.

    Attributes:
        address: the redacted address; never a password.
        origin: where the address came from, such as `DATABASE_URL` or `[tool.migrator] database in pyproject.toml`.
        kind: what stands at that address.
        server_version: as in `17.4`.
        server_version_num: as in 170004.
        supabase: it is treated as a Supabase database.
        protected: `migrate protect` has marked it.
    """

    address: str
    origin: str
    kind: DatabaseKind
    server_version: str
    server_version_num: int
    supabase: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that the user should know and that changes nothing: a dropped option, a default that was taken.

    Attributes:
        code: a stable name such as `option-dropped`.
        message: what is so; lower case, no full stop.
        verbose: only for who asked to be told everything.
    """

    code: str
    message: str
    verbose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The command waits for something that passes by itself.

    Attributes:
        what: `lock`, `server` or `connection`.
        pid: the backend that holds the lock, where known.
        client: its host.
        application: its application name.
        since: when its backend started or took the lock.
        patience: seconds that are left before the command gives up.
    """

    what: Literal["lock", "server", "connection"]
    pid: int | None = None
    client: str | None = None
    application: str | None = None
    since: datetime | None = None
    patience: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStarted:
    """A server was started for this command.

    Attributes:
        kind: `embedded` or `docker`.
        where: its data directory or image.
        duration: seconds until it accepted connections.
        created: its data directory is new.
    """

    kind: Literal["embedded", "docker"]
    where: str
    duration: float
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerResult:
    """What `migrate server start|status|url|stop` found or did.

    Attributes:
        action: the subcommand.
        running: the server runs now.
        directory: its data directory.
        url: an address for psql and applications while it runs; that of `url` holds the password of its port, if any.
        pid: its postmaster.
        changed: this command started or stopped it.
    """

    action: Literal["start", "status", "url", "stop"]
    running: bool
    directory: str
    url: str | None = field(default=None, repr=False)
    pid: int | None = None
    changed: bool = False
