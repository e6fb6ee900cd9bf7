"""What the steps of an examination hand on to each other, and what each of them finds."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Literal

from migrator.config import Config
from migrator.database.address.target import Host, Target
from migrator.database.network.lookup import HostAddress
from migrator.database.sessions.session import Session
from migrator.errors import InputError, MigratorError
from migrator.events import Emit
from migrator.events.database import DatabaseInfo
from migrator.migrating.files.migration import Migration


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a step found; see `migrator.events.doctor.DoctorStep`."""

    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["ok", "warning"] = "ok"
    hint: str | None = None
    sql: tuple[str, ...] = ()


class WrongError(Exception):
    """A step failed, and there is more to tell of it than its error does."""

    def __init__(
        self, error: MigratorError, *, facts: Mapping[str, Any] | None = None, sql: tuple[str, ...] = ()
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.facts = facts or {}
        self.sql = sql


@dataclass(slots=True)
class Visit:
    """One examination on its way.

    Attributes:
        config: where and what.
        allow_transaction_pooler: one is no reason to stop.
        emit: hears what the user should hear beside the steps.
        stack: closes at the end what a step has opened.
        target: the address, once it is read; of a server of ours, once it runs.
        addresses: of each host whose name is known.
        causes: why a host will not do.
        answering: hosts at which something listens, in order, each with the address of it that answers.
        session: the connection, once it is logged in.
        database: what is known of the database.
        migrations: the files, once they are read; None where they cannot be.
        unreadable: why they cannot.
    """

    config: Config
    emit: Emit
    allow_transaction_pooler: bool = field(default=False, kw_only=True)
    stack: AsyncExitStack
    target: Target | None = None
    addresses: dict[Host, Sequence[HostAddress]] = field(default_factory=dict)
    causes: dict[Host, MigratorError] = field(default_factory=dict)
    answering: dict[Host, Host] = field(default_factory=dict)
    session: Session | None = None
    database: DatabaseInfo | None = None
    migrations: tuple[Migration, ...] | None = None
    unreadable: InputError | None = None

    @property
    def reached(self) -> Target:
        """The target, in steps that come behind its own."""
        assert self.target is not None  # noqa: S101 - a failure before would have ended the examination
        return self.target

    @property
    def connected(self) -> Session:
        """The session, in steps behind the login."""
        assert self.session is not None  # noqa: S101 - likewise
        return self.session
