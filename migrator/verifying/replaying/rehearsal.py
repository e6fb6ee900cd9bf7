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
from migrator.migrating import up
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning.plan import plan_down, plan_up
from migrator.migrating.planning.states import assess
from migrator.migrating.running.attempts import Attempts, Planner
from migrator.schema import reading, record
from migrator.schema.objects import Schema
from migrator.schema.scope import Scope
from migrator.sql.names import quote
from migrator.verifying.asking import checking
from migrator.verifying.checks import Check

Answer = TypeVar("Answer")

NO_ROLE = frozenset({"42704", "22023"})
"""undefined_object, and what `set role` says: a role that does not exist, among other things."""

_ROLE = re.compile(r'role "((?:[^"]|"")+)" does not exist')


class Rehearsal:
    """What is done in a scratch database. Its methods raise what the jobs raise.

    Attributes:
        place: the database.
        made: roles that files name and nobody makes, which it has made.
    """

    def __init__(self, place: Scratch, migrations: Sequence[Migration], emit: Emit) -> None:
        self.place = place
        self._migrations = migrations
        self.made: list[str] = []
        self._emit = emit
        self._unrecorded = False

    def _tell(self, event: Event) -> None:
        if not isinstance(event, Planned):  # each of many short runs has a plan of its own
            self._emit(event)

    async def up(self, to: str | None = None) -> None:
        """Apply what is pending, up to and including `to`."""
        await self._with_roles(lambda: up(self.place.config, to=to, emit=self._tell))
        await self._drop_record()

    async def _drop_record(self) -> None:
        """Without a record no later step reads the schema twice to keep one, which takes half of the time."""
        if self._unrecorded:
            return
        async with connect(self.place.config) as session:
            await session.run(f"delete from {quote(self.place.config.schema, record.TABLE)}")
        self._unrecorded = True

    async def step_up(self, migration: Migration) -> None:
        """Apply this one, the next, as `up` does; but the files are not read again."""
        await self._step(lambda now: plan_up(assess(self._migrations, now), to=migration.id))

    async def step_down(self) -> None:
        """Roll back the newest migration, as `down` does."""
        await self._step(lambda now: plan_down(assess(self._migrations, now), steps=1), planned_once=True)

    async def _step(self, plan: Planner, *, planned_once: bool = False) -> None:
        config = self.place.config

        async def carried_out() -> None:
            async with connect(config, migrating=True) as session:
                known = await ledger.read(session, config)
                attempts = Attempts(
                    session=session,
                    config=config,
                    plan=plan,
                    migrations=self._migrations,
                    emit=self._tell,
                    planned_once=planned_once,
                )
                await attempts.carry_out(known)

        await self._with_roles(carried_out)
        await self._drop_record()

    async def _with_roles(self, job: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do it again for each role that it misses: roles are the server's, and made by whoever sets it up."""
        while True:
            try:
                return await job()
            except MigratorError as error:
                missing = _ROLE.search(error.detail or "") if error.sqlstate in NO_ROLE else None
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
