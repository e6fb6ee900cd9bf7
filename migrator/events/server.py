"""What the server makes a command wait for, and what became of a server of ours: most commands do without."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


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
