"""`migrate check`: do the files of this project work from nothing? For pull requests: no database, no secret."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from migrator.config import Config
from migrator.database.address import pooler
from migrator.database.launching.servers import standing
from migrator.database.scratch import Scratch, on_live_server, scratch
from migrator.errors import InputError, MigratorError
from migrator.events import Checking, Emit, Told, ignore
from migrator.events.verifying import SEVERITIES, Finding, NotCompared, Severity, VerifyResult
from migrator.migrating.files.folder import is_supabase
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning.standing import read_all
from migrator.schema.objects import Schema
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.parsing import parse_seeds
from migrator.verifying import ignoring
from migrator.verifying.checks import all_checks
from migrator.verifying.naming.named import Named, placed
from migrator.verifying.replaying import server_wide
from migrator.verifying.replaying.rehearsal import Rehearsal, reversible
from migrator.verifying.trying.failing import findings_of, not_reached
from migrator.verifying.trying.loading_twice import loaded_twice
from migrator.verifying.trying.undoing import applied, undone_and_redone

WHERE = {
    "embedded": "a temporary server",
    "docker": "a container",
    "create": "a new database",
    "address": "a database",
}
"""What a scratch database is, in words."""

SECURITY, ROLLBACKS, SEEDS = "the security checks", "rollbacks", "seeds"


async def check(config: Config, *, fail_on: Severity = "error", emit: Emit = ignore) -> VerifyResult:
    """Apply every migration to an empty scratch database, roll back and apply again, and load the seeds twice.

    Everything is read first. The configured database is not connected to, but for `create`, to make another one on its
    server. What is written is written to the scratch database (`config.scratch`, a temporary server of ours where that
    is not set), which is gone at the end. Takes the locks of `up`, `down` and `seed` there.

    Args:
        config: files and the scratch database.
        fail_on: the mildest severity at which the answer is no.
        emit: hears what happens.

    Whatever the files do wrong when they run is a finding. Raises `InputError` for files that cannot be read and for a
    scratch database that is not empty, `UnavailableError` where there is none.
    """
    ignoring.refuse_unknown(config.ignore)
    migrations, seeds = _read(config, emit)
    if on_live_server(config):
        server_wide.refuse(migrations)
    config = replace(config, supabase=for_supabase(config))
    answer = _Answer(config, migrations, seeds, emit)
    async with scratch(config, supabase=bool(config.supabase), emit=emit) as place:
        emit(_told(place))
        await answer.migrations(Rehearsal(place, migrations, emit))
        if answer.sound and seeds:
            await answer.seeds(place)
    if not answer.sound and answer.schema is not None and seeds:
        await _seeds_elsewhere(answer, place)
    return answer.result(place, fail_on)


class _Answer:
    """What is known so far.

    Attributes:
        sound: the database is what the migrations make of an empty one.
        schema: that; None where they fail.
    """

    def __init__(self, config: Config, migrations: Sequence[Migration], seeds: Sequence[SeedFile], emit: Emit) -> None:
        self.config = config
        self.sound = False
        self.schema: Schema | None = None
        self._migrations = migrations
        self._seeds = seeds
        self._emit = emit
        self._findings: list[Finding] = []
        self._not_compared: list[NotCompared] = []
        self._asked: list[str] = ["V503"]

    async def migrations(self, rehearsal: Rehearsal) -> None:
        """Apply them, ask what is to be asked of the result, roll back what can be, and apply that again."""
        regular = [each for each in self._migrations if not each.post_apply]
        undone = reversible(regular)
        if len(undone) < len(regular):
            self._not_compared.append(_stopped(regular, undone))
        if len(undone) and len(regular) < len(self._migrations):
            undone = ()
            why = "a `post-apply` file runs behind each step, and nothing tells what it made from what a rollback left"
            self._not_compared += not_reached(ROLLBACKS, why=why)
        self._emit(Checking(part="migrations"))
        try:
            seen = await applied(rehearsal, regular, undone)
        except MigratorError as error:
            self._findings += findings_of("V503", error)
            what = [SECURITY, *([ROLLBACKS] if undone else []), *([SEEDS] if self._seeds else [])]
            self._not_compared += not_reached(*what, why="a migration fails")
            return
        self.schema, self.sound = seen[-1], True
        self._emit(Checking(part="security"))
        asked = [each for each in all_checks() if each.query is not None]
        if not self.config.supabase:
            why = "this is another database"
            self._not_compared.append(NotCompared(what="checks that are about Supabase", why=why))
            asked = [each for each in asked if not each.supabase_only]
        self._asked += (each.code for each in asked)
        if asked:
            self._findings += placed(await rehearsal.findings(asked), Named(self._migrations), self.schema)
        if undone:
            self._emit(Checking(part="rollbacks"))
            self._asked.append("V501")
            found, self.sound = await undone_and_redone(rehearsal, undone, seen)
            self._findings += found
        self._not_compared += (
            NotCompared(what=f"what the role `{role}` may do", why="no migration makes it: it was made for this check")
            for role in rehearsal.made
        )

    async def seeds(self, place: Scratch) -> None:
        """Load them twice."""
        self._emit(Checking(part="seeds"))
        self._asked += ("V502", "V504")
        self._findings += await loaded_twice(place, self._seeds, self._emit)

    def leave_out_seeds(self, why: str) -> None:
        """Say that they were not loaded."""
        self._not_compared += not_reached(SEEDS, why=why)

    def result(self, place: Scratch, fail_on: Severity) -> VerifyResult:
        """All of it, the worst first."""
        rest = ignoring.remaining(self._findings, self.config.ignore, asked=self._asked, today=datetime.now(UTC).date())
        return VerifyResult(
            command="check",
            database=place.database,
            findings=tuple(sorted(rest.findings, key=lambda each: SEVERITIES.index(each.severity))),
            compared={} if self.schema is None else self.schema.counts(),
            not_compared=tuple(self._not_compared),
            ignored=rest.ignored,
            fail_on=fail_on,
        )


async def _seeds_elsewhere(answer: _Answer, place: Scratch) -> None:
    """Where rollbacks have left something else, the seeds get another database that the migrations alone have made."""
    if not place.again:
        answer.leave_out_seeds("the rollbacks have left another schema, and there is no second scratch database")
        return
    async with scratch(answer.config, supabase=bool(answer.config.supabase), emit=ignore) as second:
        await Rehearsal(second, (), ignore).up()
        await answer.seeds(second)


def _read(config: Config, emit: Emit) -> tuple[tuple[Migration, ...], tuple[SeedFile, ...]]:
    """Every file; raises one `InputError` with all that cannot be read."""
    problems: list[MigratorError] = []
    migrations: tuple[Migration, ...] = ()
    try:
        migrations = read_all(config)
    except InputError as error:
        problems += error.causes or (error,)
    seeds, unreadable = parse_seeds(config, emit)
    problems += unreadable
    if len(problems) == 1:
        raise problems[0]
    if problems:
        for problem in problems:
            problem.outcome = None  # said once, of all of them
        raise InputError(
            f"{len(problems)} files cannot be read",
            code="unreadable-files",
            outcome="nothing was started",
            causes=tuple(problems),
        )
    return migrations, seeds


def for_supabase(config: Config) -> bool:
    """What the configuration says, or else what it looks like: the folder of the Supabase CLI, or an address there."""
    if config.supabase is not None:
        return config.supabase
    if any(is_supabase(folder) for folder in config.migrations):
        return True
    try:
        target = standing(config)
    except MigratorError:  # an address that nobody needs here
        return False
    return target is not None and any(pooler.is_supabase(host) for host in target.hosts)


def _stopped(migrations: Sequence[Migration], undone: Sequence[Migration]) -> NotCompared:
    """Which rollbacks were not tried, because of which migration."""
    left = len(migrations) - len(undone)
    last = migrations[left - 1]
    reason = "has no rollback" if last.down is None else "has a rollback that does nothing"
    why = f"`{last.id}` {reason}, so nothing is rolled back from there on"
    return NotCompared(what=ROLLBACKS, why=why, count=left)


def _told(place: Scratch) -> Told:
    version, where = place.database.server_version, place.database.address
    what = WHERE[place.kind]
    kind = " with what a Supabase project expects" if place.config.supabase and place.superuser is not None else ""
    return Told(code="scratch", message=f"all of this happens on {what} of PostgreSQL {version} (`{where}`){kind}")
