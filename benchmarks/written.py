"""results.md: the targets, a table for each row, the growth; and the ten lines of them that the README shows."""

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from promises import FLOOR, OURS, PEER, decades, medians, promised
from report import MEGABYTE

TITLES = {
    "help": "`--help`",
    "fresh": "{count} migrations from empty",
    "idle": "nothing to do, {count} applied",
    "status": "status, {count} applied",
    "seeds": "{count} rows into an empty table",
    "verify": "verify, {count} tables",
}
HOW = {"fresh": "transactions"}

SHOWN = (
    *("fresh-100-near", "fresh-100-far", "fresh-1000-near", "fresh-1000-far"),
    *("idle-1000-near", "idle-1000-far", "seeds-20000-near", "verify-1000-far"),
)
"""The rows that the README shows: ten lines with the head."""

ROW, GROWTH = "python benchmarks/everything.py --rows {}", "python benchmarks/growth.py --only {}"


def title(key: str, round_trip: float) -> str:
    """A row's name in words."""
    action, count, where = key.split("-")
    words = TITLES[action].format(count=f"{int(count):,}")
    words = words.replace("migrations", "migration") if count == "1" else words
    return f"{words}, {f'{round_trip:g} ms away' if where == 'far' else 'same machine'}"


def page(data: Mapping[str, Any]) -> list[str]:
    """The lines of results.md."""
    data = {**data, "rows": {key: data["rows"][key] for key in sorted(data["rows"], key=_order)}}
    lines = [
        "# Results",
        "",
        "Written by `python benchmarks/everything.py` and `python benchmarks/growth.py`; see [README.md](README.md).",
        "Whole processes: medians of wall time in seconds, the fastest and the slowest run, CPU time with that of",
        "children, peak memory of the largest of them. *Italics* are floors: programs that do less, or no tools.",
        "Every tool has left what `psql` makes of the same statements, or its row says why not.",
        "",
    ]
    if "server" in data:
        versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
        lines += [f"{data['server']}. {versions}.", ""]
    lines += [f"{name} could not be installed: {why}." for name, why in data.get("missing", {}).items()]
    targets = promised(data)
    if targets:
        lines += ["## Targets", "", *(f"- {target}" for target in targets), ""]
    for key, row in data["rows"].items():
        lines += [*_table(key, row), ""]
    if data["growth"]:
        lines += _growth(data["growth"])
    return lines[:-1] if lines[-1] == "" else lines


def short(data: Mapping[str, Any]) -> list[str]:
    """The table of the README: `migrate`, the floor, and the nearest and the slowest of the peers."""
    lines = ["| seconds | `migrate` | floor | nearest peer | slowest peer |", "|---|---|---|---|---|"]
    for key in (key for key in SHOWN if key in data["rows"]):
        row = data["rows"][key]
        found = medians(row)
        ours = next((wall for kind, _, wall in found if kind == OURS), None)
        peers = sorted((wall, name) for kind, name, wall in found if kind == PEER)
        floor = next((f"{wall:.2f} {name}" for kind, name, wall in found if kind == FLOOR), "")
        near, slow = (f"{wall:.2f} {name}" for wall, name in (peers[0], peers[-1])) if peers else ("", "")
        mine = "" if ours is None else f"**{ours:.2f}**"
        lines.append(f"| {title(key, row['round_trip'])} | {mine} | {floor} | {near} | {slow} |")
    machines = dict.fromkeys(row["machine"] for key, row in data["rows"].items() if key in SHOWN)
    return [
        *lines,
        "",
        f"`python benchmarks/everything.py` on {' and '.join(machines)}; [all of it](benchmarks/results.md).",
    ]


def _table(key: str, row: Mapping[str, Any]) -> list[str]:
    action, _, where = key.split("-")
    far = where == "far"
    heads = ["", "median s", "min", "max", "CPU s", "peak MB", "beside `migrate`", *(["round trips"] if far else [])]
    heads.append(HOW.get(action, "how"))
    found = {name: wall for _, name, wall in medians(row)}
    ranked = sorted(row["measured"], key=lambda each: found.get(each["name"], float("inf")))
    ours = found.get("migrate")
    return [
        f"## {_capital(title(key, row['round_trip']))}",
        "",
        f"`{ROW.format(key)}`, {row['when']} UTC, {row['machine']}, load {row['load']}, Python {row['python']}",
        "",
        _cells(heads),
        _cells(["---"] * len(heads)),
        *(_line(each, found.get(each["name"]), ours, far=far) for each in ranked),
    ]


def _line(each: Mapping[str, Any], median: float | None, ours: float | None, *, far: bool) -> str:
    name = {OURS: "**{}**", FLOOR: "*{}*"}.get(each["kind"], "{}").format(each["name"])
    how = "; ".join(word for word in (each["note"], each["failed"]) if word)
    if median is None:
        return _cells([name, *[""] * (7 if far else 6), how])
    walls = each["walls"]
    return _cells(
        [
            name,
            f"{median:.3f}",
            f"{min(walls):.3f}",
            f"{max(walls):.3f}",
            f"{statistics.median(each['cpus']):.3f}",
            f"{each['peak'] / MEGABYTE:.0f}",
            f"{median / ours:.2f} x" if ours else "",
            *([str(each["round_trips"])] if far else []),
            how,
        ]
    )


def _growth(growth: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Growth",
        "",
        "Time and memory as what is worked on grows. The slope is that since the point before; 1 is linear. A curve",
        "that begins flat shows the start of Python and the connection. Dashed are the others.",
        "",
        "![time and memory as what is worked on grows](growth.svg)",
        "",
    ]
    for name, found in growth.items():
        heads = ["", "count", "wall s", "slope", "CPU s", "peak MB", "slope"]
        lines += [
            f"### {_capital(found['title'])}",
            "",
            f"`{GROWTH.format(name)}`, {found['when']} UTC, {found['machine']}, load {found['load']}",
            "",
            _cells(heads),
            _cells(["---"] * len(heads)),
        ]
        for who, points in found["curves"].items():
            slopes = {count: (time, memory) for count, time, memory in decades(points)}
            for point in points:
                time, memory = slopes.get(point["count"], (None, None))
                lines.append(
                    _cells(
                        [
                            who,
                            f"{point['count']:,}",
                            f"{point['wall']:.3f}",
                            "" if time is None else f"{time:.2f}",
                            f"{point['cpu']:.3f}",
                            f"{point['peak'] / MEGABYTE:.0f}",
                            "" if memory is None else f"{memory:.2f}",
                        ]
                    )
                )
        lines.append("")
    return lines


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _order(key: str) -> tuple[int, int, int]:
    action, count, where = key.split("-")
    return list(TITLES).index(action), int(count), where == "far"
