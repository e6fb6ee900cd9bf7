"""The steps of `migrate doctor` as aligned lines, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from migrator.cli.render import words
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import clean, line, short

if TYPE_CHECKING:
    from migrator.events.doctor import DoctorResult, DoctorStep, StepState

MARKS: Mapping[StepState, str] = {"ok": "ok", "warning": "warning", "failed": "FAILED", "not-reached": "-"}
"""What begins a line; it says the same without colour."""

_MARK, _NAME = 7, 11
_INDENT = " " * (_MARK + 2 + _NAME + 2)


def step(found: DoctorStep, ink: Ink, *, verbose: bool = False) -> Iterator[str]:
    """A line, and beneath it the way out where there is something to do; with `verbose` every fact."""
    mark = MARKS[found.state].ljust(_MARK)
    styles = {"ok": ink.good, "warning": ink.warn, "failed": ink.bad, "not-reached": ink.quiet}
    said = line(short(found.message)) if found.state != "not-reached" else ink.quiet("not reached")
    yield f"{styles[found.state](mark)}  {found.name.ljust(_NAME)}  {said}"
    if found.detail:
        yield from (f"{_INDENT}{part}" for part in clean(short(found.detail)).split("\n"))
    if found.hint and (found.state in {"warning", "failed"} or verbose):
        head, *rest = clean(short(found.hint)).split("\n")
        yield f"{_INDENT}{ink.good('hint:')} {head}"
        yield from (f"{_INDENT}{part}" for part in rest)
    yield from (f"{_INDENT}{ink.quiet('sql:')} {line(each)};" for each in found.sql)
    if verbose:
        yield from (f"{_INDENT}{ink.quiet(fact)}" for fact in _facts(found.facts))
        if found.duration is not None:
            yield f"{_INDENT}{ink.quiet(f'took {words.duration(found.duration)}')}"


def _facts(facts: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _facts(value, f"{before}{line(name)}.")
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value, 1):
                yield from _facts(each, f"{before}{line(name)} {number}.")
        elif value is not None:
            yield f"{before}{line(name)}: {_value(value)}"


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(line(str(each)) for each in value) or "none"
        case _:
            return line(str(value))


def verdict(result: DoctorResult, ink: Ink) -> str:
    """The last line: whether a run could work, and where to look first if not."""
    warnings = f"; {words.count(result.warnings, 'warning')}" if result.warnings else ""
    failed = next((step.name for step in result.steps if step.state == "failed"), None)
    if failed is not None:
        return f"{ink.bad('wrong:')} {failed}{warnings}"
    return f"{ink.good('nothing is wrong')}{warnings}"
