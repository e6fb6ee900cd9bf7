"""The curves of growth as one SVG: time and memory, both axes logarithmic, readable on light and on dark."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 960, 400
TOP, BOTTOM, LEFT, GAP, LEGEND = 34, 40, 56, 64, 22
COLOURS = ("#3b82f6", "#e8590c", "#2f9e44", "#c026d3", "#a37b00", "#0e9aa7", "#e03131", "#7c6ff0")
GREY = "#808080"
PANELS = (("wall", "seconds", 1.0), ("peak", "megabytes", 1e-6))


def drawn(growth: Mapping[str, Any]) -> str:
    """The SVG of all curves: each of ours in a colour of its own, those beside it dashed in the colour of its first."""
    lines = []
    colours = itertools.cycle(COLOURS)
    for name, found in growth.items():
        ours = {who: next(colours) for who in found["curves"] if who.startswith("migrate")}
        beside = next(iter(ours.values()), GREY)
        lines += [
            (f"{name}: {who}", points, ours.get(who, beside), who not in ours)
            for who, points in found["curves"].items()
            if points
        ]
    wide = (WIDTH - LEFT - GAP) / len(PANELS) - GAP / 2
    parts = []
    for number, (what, unit, factor) in enumerate(PANELS):
        left = LEFT + number * (wide + GAP)
        series = [
            ([(point["count"], point[what] * factor) for point in points], colour, dashed)
            for _, points, colour, dashed in lines
        ]
        parts += _panel(unit, series, left, wide)
    rows = math.ceil(len(lines) / 2)
    for number, (name, _, colour, dashed) in enumerate(lines):
        x, y = LEFT + number % 2 * (WIDTH / 2 - GAP / 2), HEIGHT + 20 + number // 2 * LEGEND
        parts.append(_stroke([(x, y - 4), (x + 28, y - 4)], colour, dashed=dashed))
        parts.append(_text(x + 36, y, name, "start"))
    size = f'width="{WIDTH}" height="{HEIGHT + 30 + rows * LEGEND}"'
    view = f'viewBox="0 0 {WIDTH} {HEIGHT + 30 + rows * LEGEND}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} font-family="sans-serif" font-size="12">'
    return "\n".join([head, *parts, "</svg>", ""])


def _panel(
    unit: str, series: Sequence[tuple[Sequence[tuple[float, float]], str, bool]], left: float, wide: float
) -> Iterator[str]:
    xs = [x for points, _, _ in series for x, _ in points]
    ys = [y for points, _, _ in series for _, y in points]
    if not xs:
        return
    low_x, high_x = _span(xs)
    low_y, high_y = _span(ys)

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low_x) / (high_x - low_x)
        up = (math.log10(y) - low_y) / (high_y - low_y)
        return left + across * wide, HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    yield _text(left, TOP - 14, unit, "start")
    for power in range(low_x, high_x + 1):
        x, y = at(10**power, 10**low_y)
        yield _grid((x, y), (x, TOP))
        yield _text(x, y + 18, _number(power), "middle")
    for power in range(low_y, high_y + 1):
        x, y = at(10**low_x, 10**power)
        yield _grid((x, y), (left + wide, y))
        yield _text(x - 6, y + 4, _number(power), "end")
    for points, colour, dashed in series:
        places = [at(x, y) for x, y in points]
        yield _stroke(places, colour, dashed=dashed)
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _span(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around them, never the same one twice."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


def _grid(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {at} stroke="{GREY}" stroke-opacity="0.3"/>'


def _stroke(places: Sequence[tuple[float, float]], colour: str, *, dashed: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{GREY}">{escape(words)}</text>'
