"""The migrations and seeds in a scratch database: the jobs as they are, and what the schema is in between."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from migrator.database.connect import connect
from migrator.database.scratch import Scratch
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.events import Emit, Event, Planned
from migrator.events.verifying import Finding
from migrator.migrating import down, up
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.files.migration import Migration
from migrator.schema import reading
from migrator.schema.objects import Schema
from migrator.schema.scope import Scope
from migrator.verifying import checking
from migrator.verifying.checks import Check

Answer = TypeVar("Answer")

NO_ROLE = "42704"
"""undefined_object, which also stands for a role that does not exist."""

_ROLE = re.compile(r'role "((?:[^"]|"")+)" does not exist')


class Rehearsal:
    """What is done in a scratch database. Its methods raise what the jobs raise.

    Attributes:
        place: the database.
        made: roles that files name and nobody makes, which it has made.
    """

    def __init__(self, place: Scratch, emit: Emit) -> None:
        self.place = place
        self.made: list[str] = []
        self._emit = emit

    def _tell(self, event: Event) -> None:
        if not isinstance(event, Planned):  # each of many short runs has a plan of its own
            self._emit(event)

    async def up(self, to: str | None = None) -> None:
        """Apply what is pending, up to and including `to`."""
        await self._with_roles(lambda: up(self.place.config, to=to, emit=self._tell))

    async def down(self) -> None:
        """Roll back the newest migration."""
        await self._with_roles(lambda: down(self.place.config, emit=self._tell))

    async def _with_roles(self, job: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do it again for each role that it misses: roles are the server's, and made by whoever sets it up."""
        while True:
            try:
                return await job()
            except MigratorError as error:
                missing = _ROLE.search(error.detail or "") if error.sqlstate == NO_ROLE else None
                role = missing[1].replace('""', '"') if missing else None
                if role is None or role in self.made or self.place.superuser is None:
                    raise
            await self.place.make_roles([role])
            self.made.append(role)

    async def schema(self) -> Schema:
        """What is in the database now."""
        async with connect(self.place.config) as session:
            return await reading.read(session, await self._scope(session))

    async def findings(self, checks: Sequence[Check]) -> tuple[Finding, ...]:
        """What these checks find."""
        async with connect(self.place.config) as session:
            of = await self._scope(session)
            asking = partial(checking.findings, session, checks, of, first=reading.SETTINGS, then="rollback")
            return await reading.steadily(session, asking)

    async def _scope(self, session: Session) -> Scope:
        return scope(self.place.config, await ledger.read(session, self.place.config))


def reversible(migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """The newest migrations that can be rolled back one after the other, in the order in which they apply."""
    found: list[Migration] = []
    for migration in reversed(migrations):
        if migration.down is None or not migration.down.statements:
            break
        found.append(migration)
    return tuple(reversed(found))
