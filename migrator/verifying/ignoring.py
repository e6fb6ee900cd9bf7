"""Findings without those that the configuration covers, and a word on entries that cover nothing any more. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from migrator.errors import InputError
from migrator.events.verifying import Finding, Ignored
from migrator.ignore_list import Ignore, matches, parsed
from migrator.schema.presets import PRESETS
from migrator.settings import nearest
from migrator.verifying.checks import Check, all_checks, v901_ignore_expired, v902_ignore_unused

OF_OBJECTS = ("V2", "V3")
"""Families of checks that find objects: what an entry without a check is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of findings.

    Attributes:
        findings: those that nothing covers, and those about the entries themselves.
        ignored: those that an entry covers, with its reason.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]


def refuse_unknown(entries: Sequence[Ignore]) -> None:
    """Raise `InputError` for an entry whose check or preset does not exist: it would cover nothing, for ever."""
    names = [name for check in all_checks() for name in (check.code, check.name)]
    for entry in entries:
        if entry.check is not None and not _checks(entry):
            raise InputError(
                f"no check is called `{entry.check}`, which an entry of `ignore` names",
                code="configuration-value",
                where=entry.where,
                hint=f"{nearest(entry.check, names)} `migrate verify --list` shows all",
            )
        if entry.preset is not None and entry.preset not in PRESETS:
            raise InputError(
                f"no preset is called `{entry.preset}`, which an entry of `ignore` names",
                code="configuration-value",
                where=entry.where,
                hint=nearest(entry.preset, PRESETS),
            )


def remaining(
    findings: Iterable[Finding], entries: Sequence[Ignore], *, asked: Iterable[str], today: date
) -> Remaining:
    """Take away what the entries cover on this day.

    `asked` are the codes of the checks that were carried out: an entry that covers nothing is told only where all that
    it could cover was looked at.
    """
    holding = [entry for entry in entries if entry.until is None or today <= entry.until]
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    used: set[int] = set()
    for finding in findings:
        covering = [number for number, entry in enumerate(holding) if covers(entry, finding)]
        if not covering:
            kept.append(finding)
            continue
        used.update(covering)
        first = holding[covering[0]]
        until = None if first.until is None else first.until.isoformat()
        ignored.append(Ignored(finding=finding, reason=first.reason, until=until))
    unused = [entry for number, entry in enumerate(holding) if number not in used]
    own = [*map(_expired, (entry for entry in entries if entry not in holding)), *_unused(unused, frozenset(asked))]
    return Remaining(findings=(*kept, *own), ignored=tuple(ignored))


def covers(entry: Ignore, finding: Finding) -> bool:
    """Whether a finding is one of those that the entry means, whatever day it is."""
    if entry.preset is None:
        return entry.fits(codes=(finding.code, finding.name), kind=finding.kind, identity=finding.subject)
    parts = (Ignore(reason=entry.reason, kind=kind, object=of) for kind, of in map(parsed, PRESETS[entry.preset]))
    return any(part.fits(codes=(), kind=finding.kind, identity=finding.subject) for part in parts)


def _checks(entry: Ignore) -> list[Check]:
    """The checks that it can cover."""
    if entry.check is None:
        return [check for check in all_checks() if check.code.startswith(OF_OBJECTS)]
    pattern = entry.check.lower()
    return [check for check in all_checks() if any(matches(pattern, each.lower()) for each in (check.code, check.name))]


def _expired(entry: Ignore) -> Finding:
    return v901_ignore_expired.CHECK.finding(
        f"the entry of `ignore` for {entry} held until {entry.until}, and covers nothing any more",
        subject=str(entry).replace("`", ""),
        where=entry.where,
        detail=f"its reason was: {entry.reason}",
        hint="take it out, or give it another day",
    )


def _unused(entries: Iterable[Ignore], asked: frozenset[str]) -> Iterator[Finding]:
    for entry in entries:
        # a preset is for what comes and goes by itself
        if entry.preset is not None or not {each.code for each in _checks(entry)} <= asked:
            continue
        yield v902_ignore_unused.CHECK.finding(
            f"the entry of `ignore` for {entry} covers nothing",
            subject=str(entry).replace("`", ""),
            where=entry.where,
            detail=f"its reason was: {entry.reason}",
            hint="take it out, or correct it",
        )
