"""The face: options -> Config -> one job -> renderer -> exit code. The only asyncio.run, the only end of a process."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from migrator.cli.commands import group
from migrator.cli.endings import BUG, ending, traceback_of
from migrator.cli.options import Common
from migrator.cli.order import Order
from migrator.cli.render import Surroundings, choose, pick
from migrator.cli.stopping import Stop, hear_termination
from migrator.cli.usage import refuse_stray_address, wanted_format
from migrator.errors import InputError, ProtectedError, WorkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrator.cli.render import Format, Renderer
    from migrator.cli.render.result import Result
    from migrator.errors import MigratorError


def main() -> NoReturn:
    """The command `migrate`: carry out the process's command line and end the process with its exit code."""
    # most of a short command is imports, whose thousands of new objects are no garbage to look for
    gc.set_threshold(100_000)
    hear_termination()
    code = run(sys.argv[1:])
    _let_go_of_pipes()
    # everything is closed and written: taking the interpreter apart would only cost the user another tenth
    os._exit(code)


def run(argv: Sequence[str]) -> int:
    """Carry out one command line on the process's own streams and give its exit code; raises nothing."""
    common, stop = Common(), Stop()
    wanted = choose(wanted_format(argv, os.environ), os.environ)
    _fill_in_closed()
    _make_safe(wanted)
    renderer: Renderer | None = None
    try:
        refuse_stray_address(argv)
        order = group.main(list(argv), prog_name="migrate", standalone_mode=False, obj=common)
        if not isinstance(order, Order):
            return int(order or 0)
        common.command = order.command
        renderer = _renderer(wanted, common)
        result = _carry_out(order, common, renderer, stop)
        _answer(renderer, result)
        no = _refusal(result)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ends a command, it ends with one message and one code
        failure, code = ending(error, stop)
        renderer = renderer or _renderer(wanted, common)
        renderer.close()
        if code == BUG:
            sys.stderr.write(traceback_of(error))
        with contextlib.suppress(OSError):
            renderer.failed(failure, exit_code=code)
        return code
    else:
        return 0 if no is None else no.exit_code
    finally:
        if renderer is not None:
            renderer.close()


def _carry_out(order: Order, common: Common, renderer: Renderer, stop: Stop) -> Result:
    folder = _current_folder()  # first of all: in a folder that is gone, Python 3.13.0 fails to import asyncio
    # with these comes everything that `--help` does without
    import asyncio

    from migrator.cli.journey import Journey

    journey = Journey(order, common, renderer, stop)
    config = journey.configure(os.environ, folder)
    if order.preview is not None and not common.yes:
        journey.require_terminal()
        shown = asyncio.run(journey.carry(order.preview, config))
        if not journey.ask(shown):
            return shown
    try:
        return asyncio.run(journey.carry(order.job, config))
    except ProtectedError as error:
        job = journey.confirm(error)
    return asyncio.run(journey.carry(job, config))


def _refusal(result: Result) -> MigratorError | None:
    from migrator.cli.render.verdict import refusal

    return refusal(result)


def _answer(renderer: Renderer, result: Result) -> None:
    try:
        renderer.done(result)
    except OSError as error:
        raise WorkError(
            f"cannot write the answer: {error.strerror or type(error).__name__}",
            code="output-failed",
            outcome="the command itself succeeded",
        ) from error


def _renderer(wanted: Format, common: Common) -> Renderer:
    surroundings = Surroundings(
        command=common.command,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        quiet=common.quiet,
        verbose=common.verbose,
    )
    return pick(wanted, surroundings)


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise InputError(
            "the current folder does not exist any more", code="no-current-folder", hint="`cd` to one that does"
        ) from None


def _fill_in_closed() -> None:
    """Put the null device where the process began without a stream (`>&-`): nobody reads there, and nothing fails.

    It also takes the free descriptor, which would else be that of a connection.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end


def _make_safe(wanted: Format) -> None:
    """Let no text fail to be written, whatever the locale: what it lacks is written as an escape."""
    encoding = {"encoding": "utf-8"} if wanted == "json" else {}
    for stream, keywords in ((sys.stdout, encoding), (sys.stderr, {})):
        reconfigure = getattr(stream, "reconfigure", None)  # streams that tests put here have none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", **keywords)


def _let_go_of_pipes() -> None:
    """Keep Python from complaining at its end about a reader that has gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
