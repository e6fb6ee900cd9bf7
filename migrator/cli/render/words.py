"""Numbers, times and names as a person reads them."""

from datetime import UTC, datetime

from migrator.cli.render.safe import line

_SECOND = 1.0
_MINUTE = 60.0
_HOUR = 3600.0


def duration(seconds: float | None) -> str:
    """A duration in the unit that suits it: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`; nothing for none."""
    if seconds is None:
        return ""
    if round(seconds * 1000) < 1000:  # noqa: PLR2004 - a second
        return f"{round(seconds * 1000)} ms"
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(when: datetime | None) -> str:
    """A time in UTC, to the minute; nothing for none."""
    if when is None:
        return ""
    return (when if when.tzinfo is None else when.astimezone(UTC)).strftime("%Y-%m-%d %H:%M")


def iso(when: datetime | None) -> str | None:
    """A time in UTC as JSON has it: `2026-11-22T06:39:00Z`, with microseconds only where there are any."""
    if when is None:
        return None
    return (when if when.tzinfo is None else when.astimezone(UTC)).replace(tzinfo=None).isoformat() + "Z"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun: `1 migration`, `3 migrations`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(names: tuple[str, ...] | list[str], limit: int = 5) -> str:
    """A few names and how many more: `a`, `b` and 7 more."""
    shown = [f"`{line(name)}`" for name in names[:limit]]
    if len(names) > limit:
        return f"{', '.join(shown)} and {len(names) - limit} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
