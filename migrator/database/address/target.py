"""A parsed database address: what a connection needs, with the secret behind one door."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from migrator.events.database import Told

TlsMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
SessionAttributes = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
TargetKind = Literal["direct", "pooler", "session-pooler", "transaction-pooler", "embedded", "docker"]
"""`pooler`: there is one, and nobody has asked yet for its mode."""

DEFAULT_PORT = 5432
# names are shown as people know them, but for what a URL would take for something else
_ESCAPED = str.maketrans({character: f"%{ord(character):02X}" for character in "%/?#@ "})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Secret:
    """A password. Its text leaves by `reveal()` alone, which only `migrator.database.network.dialling` calls."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One server.

    Attributes:
        name: its name or number, or the directory of a unix socket (it begins with `/`).
        port: its port.
        address: the number to connect to without asking for the name; the certificate still has to be the name's.
        password: the secret for this host alone, as a password file gives it.
    """

    name: str
    port: int = DEFAULT_PORT
    address: str = ""
    password: Secret | None = None

    @property
    def is_socket(self) -> bool:
        """It is the directory of a unix socket."""
        return self.name.startswith("/")

    @property
    def is_local(self) -> bool:
        """No network lies between."""
        return self.is_socket or (self.address or self.name) in LOCAL_HOSTS

    def __str__(self) -> str:
        if self.is_socket:
            return f"{self.name}/.s.PGSQL.{self.port}"
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How the connection is encrypted and whom it trusts; the names are libpq's.

    Attributes:
        mode: `sslmode`; None means what is safe for the host: `require` unless it is local.
        rootcert: the path of the authority's certificate, or `system`.
        cert: the client's certificate.
        key: the client's key.
    """

    mode: TlsMode | None = None
    rootcert: str | None = None
    cert: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to connect, as what.

    Attributes:
        hosts: one or more servers, tried in order.
        user: the role that logs in.
        database: the database.
        password: the secret, if any.
        tls: encryption.
        settings: server settings from `options=-c k=v`; set inside our transactions, never sent at start-up.
        application_name: the name in `pg_stat_activity`.
        connect_timeout: seconds, for each host.
        session_attributes: which of several hosts will do, as in libpq's `target_session_attrs`.
        origin: where the address came from.
        origins: where single values came from, when not from `origin`, such as `port: PGPORT`.
        kind: what stands at the address, as far as the address tells and `Session.answered_by` has found out.
        told: what was dropped or changed in the address.
    """

    hosts: tuple[Host, ...]
    user: str
    database: str
    password: Secret | None = None
    tls: Tls = Tls()
    settings: tuple[tuple[str, str], ...] = ()
    application_name: str = "migrate"
    connect_timeout: float = 15.0
    session_attributes: SessionAttributes = "any"
    origin: str = "argument"
    origins: tuple[tuple[str, str], ...] = ()
    kind: TargetKind = "direct"
    told: tuple[Told, ...] = ()

    def __str__(self) -> str:
        """The address without its password, in a form that psql takes."""
        user = quote(self.user, safe="")
        database = quote(self.database, safe="")
        if any(host.is_socket for host in self.hosts):
            names = ",".join(quote(host.name, safe="/") for host in self.hosts)
            ports = ",".join(str(host.port) for host in self.hosts)
            port = "" if all(host.port == DEFAULT_PORT for host in self.hosts) else f"&port={ports}"
            return f"postgresql://{user}@/{database}?host={names}{port}"
        dialled = ",".join(host.address for host in self.hosts)
        query = f"?hostaddr={quote(dialled, safe=',:.')}" if dialled.strip(",") else ""
        hosts = ",".join(str(host) for host in self.hosts).translate(_ESCAPED)
        return f"postgresql://{user}@{hosts}/{database}{query}"

    def __repr__(self) -> str:
        return f"Target({self})"

    def secret(self, host: Host) -> Secret | None:
        """The password for one of the hosts."""
        return self.password or host.password

    @property
    def is_local(self) -> bool:
        """No network lies between us and any of the hosts, but that of a container of ours."""
        return self.kind == "docker" or all(host.is_local for host in self.hosts)
