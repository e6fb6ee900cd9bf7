"""The answer of `migrate verify` and `check` as text: each finding, then what was looked at and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from migrator.cli.render import words
from migrator.cli.render.excerpt import report
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import clean, line, short
from migrator.cli.render.tables import aligned, database
from migrator.events.verifying import SEVERITIES

if TYPE_CHECKING:
    from migrator.events.verifying import ChecksResult, Finding, Ignored, NotCompared, Severity, VerifyResult

MOST_LINES = 60
"""Lines of a diff, and of the statements that restore an object, that are shown of a finding."""

ELSEWHERE = "`--format json` and `--sarif FILE` have all of it"
"""Where the rest of what is cut is found."""


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first; otherwise as they come."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def about(finding: Finding) -> str:
    """The object or the migration, such as `table public.orders`; empty where it is about neither."""
    return line(" ".join(part for part in (finding.kind, finding.subject) if part))


def cut(text: str, most: int = MOST_LINES) -> tuple[list[str], int]:
    """As many lines as are shown, without control characters, and how many more there are."""
    parts = text.rstrip("\n").split("\n")
    return [clean(short(part), keep="\t") for part in parts[:most]], max(0, len(parts) - most)


def statements(finding: Finding) -> str:
    """What would restore the object, each statement with its semicolon."""
    return "\n".join(each.rstrip().removesuffix(";") + ";" for each in finding.sql)


def counted(findings: Iterable[Finding]) -> str:
    """How many there are of each severity: `2 errors and 1 warning`; empty for none."""
    found = Counter(finding.severity for finding in findings)
    nouns: dict[Severity, tuple[str, str | None]] = {
        "error": ("error", None),
        "warning": ("warning", None),
        "info": ("note", None),
    }
    parts = [words.count(found[each], *nouns[each]) for each in SEVERITIES if found[each]]
    return " and ".join(part for part in [", ".join(parts[:-1]), *parts[-1:]] if part)


def verified(result: VerifyResult, ink: Ink, *, verbose: bool = False) -> Iterator[str]:
    """The whole answer; with `verbose` a line for each class of objects and for what is ignored."""
    yield from headline(result, ink)
    hints = Counter(finding.hint for finding in result.findings if finding.hint)
    for finding in ordered(result.findings):
        yield ""
        yield from _finding(finding, ink, hint=finding.hint if hints[finding.hint or ""] == 1 else None)
    for hint, number in hints.items():
        if number > 1:
            yield ""
            yield from _hint(f"{hint} ({words.count(number, 'finding')})", ink)
    for error in result.untold:
        yield ""
        yield from report(error, ink)
    yield ""
    yield from _looked_at(result, ink, verbose=verbose)
    yield _verdict(result, ink)


def headline(result: VerifyResult, ink: Ink) -> Iterator[str]:
    """Which server, and what its schema was compared with."""
    if result.database is not None:
        yield database(result.database, ink)
    if result.against is not None:
        yield f"compared with {line(result.against)}"


def _finding(finding: Finding, ink: Ink, *, hint: str | None) -> Iterator[str]:
    """A finding; `hint` is None where several have the same, which is told once behind them."""
    styles = {"error": ink.bad, "warning": ink.warn, "info": ink.quiet}
    head = [f"{styles[finding.severity](finding.severity)} {line(finding.code)} {line(finding.name)}"]
    head += [ink.strong(about(finding))] if about(finding) else []
    head += [ink.place(line(str(finding.where)))] if finding.where is not None else []
    yield "  ".join(head)
    for said in (finding.message, finding.detail):
        yield from (f"  {part}" for part in clean(short(said or "")).split("\n") if part)
    if finding.diff:
        yield from _diff(finding.diff, ink)
    if finding.sql:
        yield f"  {ink.good('sql:')}"
        yield from _cut(statements(finding))
    if hint:
        yield from (f"  {part}" for part in _hint(hint, ink))


def _hint(text: str, ink: Ink) -> Iterator[str]:
    first, *rest = clean(short(text)).split("\n")
    yield f"{ink.good('hint:')} {first}"
    yield from (f"  {part}" for part in rest)


def _diff(text: str, ink: Ink) -> Iterator[str]:
    styles = {"+": ink.good, "-": ink.bad, "@": ink.place}
    for part in _cut(text):
        yield part[:4] + styles.get(part[4:5], str)(part[4:])


def _cut(text: str) -> Iterator[str]:
    shown, more = cut(text)
    yield from (f"    {part}".rstrip() for part in shown)
    if more:
        yield f"    … {words.count(more, 'more line')}: {ELSEWHERE}"


def objects(result: VerifyResult) -> str:
    """How many objects were compared: `132 objects compared`."""
    number = sum(result.compared.values())
    return f"{words.count(number, 'object')} compared" if number else "no objects compared"


def not_compared(what: NotCompared) -> str:
    """One thing that was not looked at, and why."""
    number = "" if what.count is None else f" ({what.count:,})"
    return f"{line(what.what)}{number}: {line(what.why)}"


def ignored(entry: Ignored) -> str:
    """One finding that the configuration covers, with the reason."""
    finding, until = entry.finding, "" if entry.until is None else f", until {line(entry.until)}"
    of = f"  {about(finding)}" if about(finding) else ""
    return f"{finding.severity} {line(finding.code)} {line(finding.name)}{of}: {line(entry.reason)}{until}"


def platform(result: VerifyResult) -> str:
    """What only another version of the server explains."""
    verb = "differs" if result.platform == 1 else "differ"
    said = "in nothing but the words in which another version of the server prints them"
    return f"{words.count(result.platform, 'object')} {verb} {said}"


def _looked_at(result: VerifyResult, ink: Ink, *, verbose: bool) -> Iterator[str]:
    classes = sorted(result.compared.items())
    if classes and verbose:
        yield "compared:"
        rows = aligned([(f"{number:,}", line(kind)) for kind, number in classes], right=frozenset({0}))
        yield from (f"  {number}  {kind.rstrip()}" for number, kind in rows)
    elif classes:
        yield f"compared: {', '.join(f'{line(kind)} {number:,}' for kind, number in classes)}"
    if result.platform:
        yield ink.quiet(f"platform: {platform(result)}")
    yield from (f"{ink.warn('not compared:')} {not_compared(each)}" for each in result.not_compared)
    if result.ignored and verbose:
        yield "ignored:"
        yield from (f"  {ignored(each)}" for each in result.ignored)
    elif result.ignored:
        yield f"ignored: {words.count(len(result.ignored), 'finding')}; `-v` shows which, and why"


def verdict(result: VerifyResult) -> str:
    """The last line: what was found, what could not be told, and in how many objects."""
    parts = [counted(result.findings) or "no findings"]
    if result.untold:
        parts.append(f"{words.count(len(result.untold), 'question')} without an answer")
    return f"{', '.join(parts)}; {objects(result)}"


def _verdict(result: VerifyResult, ink: Ink) -> str:
    if result.failing:
        return ink.bad(verdict(result))
    return (ink.warn if result.untold or result.findings else ink.good)(verdict(result))


def checks(result: ChecksResult, ink: Ink) -> Iterator[str]:
    """The answer of `migrate verify --list`: every check in a line."""
    rows = [("code", "name", "severity", "what it finds")]
    rows += [(line(check.code), line(check.name), check.severity, line(check.title)) for check in result.checks]
    for number, row in enumerate(aligned(list(rows))):
        said = "  ".join(row).rstrip()
        yield said if number else ink.quiet(said)
