"""`migrate doctor`: the order of its steps, and what becomes of one that fails."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from migrator.config import Config
from migrator.database.network.bounds import bounded
from migrator.errors import InputError, MigratorError, UnavailableError
from migrator.events import Emit, ignore
from migrator.events.doctor import DoctorResult, DoctorStep, Examined, Examining, StepName
from migrator.project.diagnosis import books, destination, network, role, server
from migrator.project.diagnosis.visit import Found, Visit, WrongError

Examine = Callable[[Visit], Awaitable[Found]]

STEPS: Mapping[StepName, Examine] = {
    "address": destination.address,
    "server": destination.server,
    "dns": network.names,
    "tcp": network.answers,
    "socket": network.answers,
    "tls": network.encryption,
    "login": network.login,
    "pooler": server.pooler,
    "version": server.version,
    "role": role.role,
    "search_path": server.search_path,
    "timeouts": server.timeouts,
    "extensions": server.extensions,
    "ledger": books.ledger_state,
}


async def doctor(config: Config, *, allow_transaction_pooler: bool = False, emit: Emit = ignore) -> DoctorResult:
    """Find out whether a run could work here, and if not, at which step it would fail and what to do.

    Follows the way of `migrate up`: the address, the names of its hosts, their ports, TLS, one login, then what the
    database says of itself, this role and the ledger. Writes nothing to the database and takes no lock; starts an
    `embedded:` or `docker:` server, without which there is nothing to look at. Does not wait for what may pass. Logs in
    once; where a pooler has to be asked for its mode, twice.

    Args:
        config: where and what.
        allow_transaction_pooler: go on behind one, as `up` does with the same word.
        emit: hears each step as `Examined`, and what the user should hear beside.

    Raises nothing that is wrong with the address, the way or the database: the first of it is the result's `error`.
    """
    async with AsyncExitStack() as stack:
        visit = Visit(config=config, emit=emit, stack=stack, allow_transaction_pooler=allow_transaction_pooler)
        done: list[DoctorStep] = []
        wrong: MigratorError | None = None
        for name in STEPS:
            if not destination.applies(name, visit):
                continue
            step = DoctorStep(name=name, state="not-reached")
            if wrong is None:
                emit(Examining(name=name))
                step, wrong = await _examine(name, visit)
            done.append(step)
            emit(Examined(step=step))
        return DoctorResult(steps=tuple(done), database=visit.database, error=wrong)


async def _examine(name: StepName, visit: Visit) -> tuple[DoctorStep, MigratorError | None]:
    """One step, and the failure that ends the examination."""
    began = time.monotonic()
    try:
        found = await (STEPS[name](visit) if visit.session is None else _within(visit, STEPS[name](visit)))
    except WrongError as more:
        return _failed(name, more, time.monotonic() - began)
    except MigratorError as error:
        return _failed(name, WrongError(error), time.monotonic() - began)
    step = DoctorStep(
        name=name,
        state=found.state,
        message=found.message,
        facts=found.facts,
        hint=found.hint,
        sql=found.sql,
        duration=time.monotonic() - began,
    )
    return step, None


async def _within(visit: Visit, examining: Awaitable[Found]) -> Found:
    """A step that asks the database, for as long as a connection may take: a doctor hangs at nothing."""
    patience = visit.reached.connect_timeout
    try:
        async with bounded(patience):
            return await examining
    except TimeoutError:
        raise UnavailableError(
            f"no answer from `{visit.connected.target}` within {patience:g} s",
            code="connection-timeout",
            outcome="nothing was changed",
            hint="another session may have locked what was to be read, which `pg_locks` tells; or the network was cut",
        ) from None


def _failed(name: StepName, wrong: WrongError, duration: float) -> tuple[DoctorStep, MigratorError]:
    error = wrong.error
    step = DoctorStep(
        name=name,
        state="failed",
        message=error.message,
        facts=wrong.facts,
        detail=error.detail,
        hint=error.hint,
        sql=wrong.sql,
        duration=duration,
    )
    return step, _environment(error)


def _environment(error: MigratorError) -> MigratorError:
    """The same failure with the exit code of this command: 2 for what the user wrote, 3 for everything else."""
    if isinstance(error, InputError | UnavailableError):
        return error
    return UnavailableError(
        error.message,
        code=error.code,
        where=error.where,
        detail=error.detail,
        outcome=error.outcome,
        hint=error.hint,
        sqlstate=error.sqlstate,
        causes=error.causes,
    )
