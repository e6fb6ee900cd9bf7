"""What a tool has to say of itself to be measured: how it is installed, called, and where it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layouts import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command runs: the address of its database in all the spellings that peers want, and its files.

    Attributes:
        url: `postgresql://USER@HOST:PORT/DATABASE?sslmode=disable`.
        host, port, user, database: its parts.
        folder: the workload in the peer's layout, and the current folder of the command.
        tools: where peers are installed.
    """

    url: str
    host: str
    port: int
    user: str
    database: str
    folder: Path
    tools: Path

    @property
    def python(self) -> Path:
        """The folder of the commands that came from PyPI."""
        return self.tools / "venv" / "bin"

    @property
    def node(self) -> Path:
        """The folder of the packages that came from npm."""
        return self.tools / "node" / "node_modules"


Line = Callable[[Place], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that can be installed.

    Attributes:
        name: what it is called in tables.
        source: `PyPI`, `npm` or `Debian`.
        packages: what is installed for it.
        version: the command that prints its version.
        environment: variables for it, made of the place.
    """

    name: str
    source: str
    packages: tuple[str, ...]
    version: Line
    environment: Callable[[Place], Mapping[str, str]] = field(default=lambda _: {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer(Tool):
    """A tool that applies migrations.

    Attributes:
        layout: writes a workload in its files.
        up: the command that applies what is pending.
        status: the command that tells what is applied; None where it has none.
        transactions: what it commits at once.
        usage: the command that prints its help, where that is not the one of its version with `--help`.
    """

    layout: Write
    up: Line
    status: Line | None = None
    transactions: str
    usage: Line | None = None

    def help(self, place: Place) -> list[str] | None:
        """The command that prints its help; None where it has none."""
        if self.usage is not None:
            return self.usage(place)
        *command, last = self.version(place)
        return [*command, "--help"] if last == "--version" else None
