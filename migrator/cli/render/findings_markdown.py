"""The answer of `migrate verify` and `check` as Markdown, within what GitHub takes for the page of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migrator.cli.render import findings, words
from migrator.cli.render.markdown import code, escape, prose, table
from migrator.cli.render.safe import short

if TYPE_CHECKING:
    from migrator.events.verifying import Finding, VerifyResult

SPARE = 4096
"""Bytes of a page that are kept for the page's head and for what says that something did not fit."""

MOST_LINES = 500
"""Lines of a diff that a page shows."""

MOST_ENTRIES = 100
"""Things not compared, and ignored ones, that it shows."""


def page(result: VerifyResult, room: int) -> list[str]:
    """The lines of the page, in at most `room` bytes of UTF-8 as far as the findings are concerned."""
    head = [] if result.against is None else [f"Compared with {prose(result.against)}.", ""]
    head += [f"**{escape(findings.verdict(result))}**", ""]
    tail = list(_looked_at(result))
    left = room - SPARE - _size(head) - _size(tail)
    found = findings.ordered(result.findings)
    rows: list[tuple[str, ...]] = []
    for finding in found:
        row = _row(finding)
        size = _size(["|  |  |  |  |  |", *row])
        if size > left:
            break
        rows.append(row)
        left -= size
    details: list[str] = []
    without = 0
    for finding in found[: len(rows)]:
        lines = list(_details(finding))
        if (size := _size(lines)) > left:
            without += 1
        else:
            details += lines
            left -= size
    listed = [*table(("", "check", "object", "place", "what"), rows), ""] if rows else []
    missing = len(found) - len(rows)
    return [*head, *listed, *_unshown(missing, without), *details, *tail]


def _unshown(missing: int, without: int) -> Iterator[str]:
    parts = [words.count(missing, "more finding")] if missing else []
    parts += [words.count(without, "difference")] if without else []
    if parts:
        yield f"GitHub takes 1 MiB: {' and '.join(parts)} did not fit; {prose(findings.ELSEWHERE)}."
        yield ""


def _size(lines: list[str]) -> int:
    return sum(len(part.encode(errors="backslashreplace")) + 1 for part in lines)


def _row(finding: Finding) -> tuple[str, ...]:
    place = "" if finding.where is None else code(str(finding.where))
    said = [finding.message, finding.detail, finding.hint and f"hint: {finding.hint}"]
    about = escape(finding.kind or "") + " " + code(finding.subject) if finding.subject else ""
    return (
        finding.severity,
        f"{escape(finding.code)} {escape(finding.name)}",
        about.strip(),
        place,
        "<br>".join(prose(part) for part in said if part),
    )


def _details(finding: Finding) -> Iterator[str]:
    if not finding.diff and not finding.sql:
        return
    title = " ".join(part for part in (finding.code, finding.name) if part)
    yield f"<details><summary>{escape(title)}: {escape(findings.about(finding))}</summary>"
    yield ""
    if finding.diff:
        yield from _fenced("diff", finding.diff)
    if finding.sql:
        yield from _fenced("sql", findings.statements(finding))
    yield "</details>"
    yield ""


def _fenced(language: str, text: str) -> Iterator[str]:
    """A block that ends where we end it: its fence is longer than any run of backticks within."""
    shown, more = findings.cut(text, most=MOST_LINES)
    fence = "`" * (max((len(run) for part in shown for run in re.findall("`+", part)), default=0) + 1)
    fence = fence.ljust(3, "`")
    yield f"{fence}{language}"
    yield from shown
    yield fence
    if more:
        yield ""
        yield f"… {words.count(more, 'more line')}: {prose(findings.ELSEWHERE)}"
    yield ""


def _looked_at(result: VerifyResult) -> Iterator[str]:
    classes = ", ".join(f"{escape(kind)} {number:,}" for kind, number in sorted(result.compared.items()))
    if classes:
        yield f"- compared: {classes}"
    if result.platform:
        yield f"- platform: {escape(findings.platform(result))}"
    yield from (f"- ❌ {prose(error.message)}" for error in result.untold)
    yield from _some([f"- not compared: {prose(findings.not_compared(each))}" for each in result.not_compared])
    yield from _some([f"- ignored: {escape(short(findings.ignored(each)))}" for each in result.ignored])


def _some(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_ENTRIES]
    if len(lines) > MOST_ENTRIES:
        yield f"- … and {len(lines) - MOST_ENTRIES:,} more"
