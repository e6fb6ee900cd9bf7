"""What each key of the configuration may hold, wherever it is written: as a flag, in the environment, in a file.

Flags and variables are texts; a TOML file has types of its own. Both end as the same Python values.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

Reader: TypeAlias = Callable[[object], object]
"""Turns what was written into the value; raises `Unfit` with what the value should be."""


class Unfit(ValueError):  # noqa: N818 - never leaves the configuration
    """The text says what the value should have been."""


LONGEST = 24 * 24 * 3600.0
"""Seconds; the server counts milliseconds in 32 bits."""

NAME_BYTES = 63
"""The longest name that the server does not cut off:
https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS"""

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_REFERENCE = re.compile(r"\$(\$\{|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def duration(value: object) -> float:
    """Seconds, from a number of them or a text such as `5s`, `500ms` or `2min`."""
    seconds = math.nan
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())) and found[2] in _UNITS:
        seconds = float(found[1]) * _UNITS[found[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if 0 <= seconds <= LONGEST:
        return seconds
    raise Unfit('a duration such as `5`, `"5s"`, `"500ms"` or `"2min"`' + (", 24 days at most" * (seconds > LONGEST)))


def flag(value: object) -> bool:
    """A truth value."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise Unfit("`true` or `false`")


def text(value: object) -> str:
    """A text that is not empty, without NUL, which neither the server nor a file system takes."""
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value
    raise Unfit("a text without NUL" if isinstance(value, str) and "\0" in value else "a text that says something")


def name(value: object) -> str:
    """A name in the database."""
    try:
        if isinstance(value, str) and value.strip() and "\0" not in value and len(value.encode()) <= NAME_BYTES:
            return value
    except UnicodeEncodeError:
        pass
    raise Unfit(f"a name of at most {NAME_BYTES} bytes")


def texts(value: object) -> tuple[str, ...]:
    """One text, several between commas, or a list of them."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple) and value and all(str(part).strip() for part in value):
        parts = tuple(value)
        if all((isinstance(part, str) and "\0" not in part) or hasattr(part, "__fspath__") for part in parts):
            return tuple(str(part) for part in parts)
    if hasattr(value, "__fspath__"):
        return (str(value),)
    raise Unfit("a text or a list of texts")


def names(value: object) -> tuple[str, ...]:
    """Names in the database: one, several between commas, a list of them, which may be empty."""
    return () if value == [] else tuple(name(part) for part in texts(value))


def whole(least: int) -> Reader:
    """A whole number of at least `least`."""

    def read(value: object) -> int:
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise Unfit(f"a whole number from {least} on")

    return read


def one_of(*choices: str) -> Reader:
    """One of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise Unfit(" or ".join(f"`{choice}`" for choice in choices))

    return read


def tables(value: object) -> tuple[Mapping[str, str], ...]:
    """A list of tables that hold texts; a day is taken for its text."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        entries: list[dict[str, object]] = value
        if all(isinstance(part, str | date) for entry in entries for part in entry.values()):
            return tuple(MappingProxyType({key: str(part) for key, part in entry.items()}) for entry in entries)
    raise Unfit("a list of tables of texts, written `[[ignore]]`")


SETTINGS: Mapping[str, Reader] = MappingProxyType(
    {
        "database": text,
        "migrations": texts,
        "seeds": texts,
        "env": text,
        "supabase": flag,
        "automatic_grants": flag,
        "role": name,
        "ledger": one_of("yoyo", "supabase"),
        "out_of_order": flag,
        "lock_timeout": duration,
        "lock_retries": whole(0),
        "wait": duration,
        "pool_size": whole(1),
        "scratch": text,
        "schema": name,
        "readers": names,
        "ignore": tables,
    }
)
"""Every key of the configuration, and how its value is read."""

IGNORE = "ignore"
"""The key of a list of tables; each is an `Ignore`."""

IGNORE_KEYS = ("object", "check", "preset", "reason", "until")
"""What each of them may have."""


def expand(written: str, variables: Mapping[str, str]) -> tuple[str, str | None]:
    """The text with `${VAR}` replaced (`$${` means `${`), and the first variable that is not set or empty."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        if match[2] is None:
            return "${"
        if not variables.get(match[2]):
            missing.append(match[2])
        return variables.get(match[2], "")

    return _REFERENCE.sub(value_of, written), missing[0] if missing else None


def nearest(key: str, known: Collection[str] = SETTINGS.keys()) -> str:
    """What somebody may have meant who wrote a key that does not exist."""
    import difflib  # only for who has mistyped something

    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(f'`{name}`' for name in known)}"
