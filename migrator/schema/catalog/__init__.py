"""One query per class of objects, one canonical row per object; `common.sql` holds what they share.

A file begins with `-- one row: ...` and ends without a semicolon; `-- from: 150000` on a line of its own says below
which version of the server (`server_version_num`) it is left out. Each gives three columns: the class, the identity,
and a jsonb object of attributes without nulls.

Lines of `-- if: ...`, each with the indented ones below it, are conditions, one of which holds wherever the query gives
a row: most databases have nothing of most classes, and it takes the server longer to plan all of these queries than to
find that out.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from migrator.database.supabase.managed import PLATFORM_EVENT_TRIGGERS, PLATFORM_EXTENSIONS, PLATFORM_ROLES
from migrator.sql.names import literal

_SINCE = re.compile(r"^-- from: (\d+)$", re.MULTILINE)
_IF = re.compile(r"^-- if: (.+(?:\n--    .+)*)$", re.MULTILINE)
_SHARED = re.compile(r"^(?:with )?((\w+) (?:\(\w+\) )?as (?:materialized )?\(\n.*?^\)),?$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r":(?<![:\w]:)(\w+)")  # begins with a character to look for: three times as fast
_WORD = re.compile(r"\w+")
_UNSENT = re.compile(r"^[ \t]*(?:--.*\n)?", re.MULTILINE)
_BATCH = ":batch"

COMMON = "common"

HIDDEN_NAMES = "secret|passw|token|key|credential|jwt|conn_string|connection_string|dsn"
"""Names of settings and options of which the value is never shown."""

HIDDEN_VALUES = "://[^/@]*:[^/@]*@|password[[:space:]]*="
"""A value with a password in it, whatever its name."""

TOLD_SETTINGS = (
    *("auto_explain", "cron", "hnsw", "ivfflat", "pg_stat_statements", "pg_trgm", "pgaudit", "pgrst", "plpgsql"),
    *("plpython", "postgis", "timescaledb"),
)
"""What the settings of programs begin with; any other name with a dot is a project's own, and may hold anything."""

_PUBLISHED_SCHEMAS = 150000
_NONE_PUBLISHED = "(select 0::oid as pnpubid, 0::oid as pnnspid)"

BATCHES = "batches"
"""The class of the row that tells how many batches there are."""

LOCKS = (
    "greatest(100, current_setting('max_locks_per_transaction')::bigint"
    " * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) / 3)"
)
"""How many locks a batch may hold: a third of the server's room for them, which all of its sessions share."""

TOO_MANY_LOCKS = "22012"
"""The SQLSTATE of a statement that would lock too much: a division by zero, of which a query has no other."""

_COUNT = f"select '{BATCHES}', '', jsonb_build_object('count', coalesce(max(batch), 0) + 1) from locking"
TOO_MANY = f"select '{BATCHES}', '', to_jsonb(1 / (max(batch) - max(batch))) from locking having max(batch) > 0"
"""A query that fails with `TOO_MANY_LOCKS` where one statement would lock too much, or gives no row."""


@cache
def texts() -> dict[str, str]:
    """Every file of the folder by its name without the ending, in the order of names."""
    # not importlib.resources, whose import takes longer than reading these
    found = sorted(Path(__file__).parent.glob("*.sql"))
    return {each.stem: each.read_text(encoding="utf-8") for each in found}


@cache
def unsent(text: str) -> str:
    """Without comments and indentation: far away each ten thousand characters may cost a round trip."""
    return _UNSENT.sub("", text)


@cache
def _shared(common: str) -> dict[str, tuple[str, frozenset[str]]]:
    """The CTEs of a text by name, in its order, each with the words in it."""
    found = {name: unsent(whole) for whole, name in _SHARED.findall(common)}
    return {name: (text, frozenset(_WORD.findall(text))) for name, text in found.items()}


def sharing(queries: Sequence[str], values: Mapping[str, str], common: str | None = None) -> str:
    """The `with` of what `common.sql`, or another text of CTEs, has for these queries; empty where that is nothing.

    The server parses and analyzes whatever is there, used or not.
    """
    words = {word for text in queries for word in _WORD.findall(text)}
    used = list[str]()
    shared = _shared(texts()[COMMON] if common is None else common)
    for name, (text, inside) in reversed(shared.items()):  # each needs only those above it
        if name in words:
            used.insert(0, filled(text, values))
            words |= inside
    return "with " + ",\n".join(used) if used else ""


def conditions(name: str) -> list[str]:
    """SQL of which some is true wherever a query gives a row; empty where nothing of the kind is known."""
    return [found.replace("\n--", "\n") for found in _IF.findall(texts()[name])]


def names(version: int) -> list[str]:
    """The queries that a server of this version (`server_version_num`) understands."""
    return [
        name
        for name, text in texts().items()
        if name != COMMON and ((since := _SINCE.search(text)) is None or int(since[1]) <= version)
    ]


def values(
    version: int,
    *,
    hidden: Sequence[str],
    managed: Sequence[str],
    tables: Sequence[tuple[str, str]],
    supabase: bool = False,
    partitions: bool = False,
) -> dict[str, str]:
    """What is put in for the names in the files.

    Args:
        version: `server_version_num` of the server that it is for.
        hidden: schemas that are left out whole.
        managed: schemas of the platform: of their tables, policies and triggers alone are compared.
        tables: tables that are left out with all that belongs to them, as (schema, name).
        supabase: leave out what Supabase itself makes.
        partitions: compare the children of partitioned tables, too.
    """
    return {
        "hidden": array(hidden),
        "managed": array(managed),
        "left_out": array([f"{schema}.{name}" for schema, name in tables]),
        "partitions": str(partitions).lower(),
        "supabase": str(supabase).lower(),
        "platform_roles": literal(PLATFORM_ROLES),
        "platform_extensions": array(sorted(PLATFORM_EXTENSIONS)),
        "platform_event_triggers": array(sorted(PLATFORM_EVENT_TRIGGERS)),
        "publication_namespace": "pg_publication_namespace" if version >= _PUBLISHED_SCHEMAS else _NONE_PUBLISHED,
        "hidden_names": literal(HIDDEN_NAMES),
        "hidden_values": literal(HIDDEN_VALUES),
        "told_settings": array(TOLD_SETTINGS),
        "locks": LOCKS,
    }


def query(
    chosen: Sequence[str], values: Mapping[str, str], *, beside: Sequence[str] = (), batch: int | None = None
) -> str:
    """Classes in one statement of three text columns: class, identity, definition.

    What makes the server lock whole queries (`locking` in `common.sql`) may be too much for one statement. Without
    `batch` that fails with `TOO_MANY_LOCKS`, before anything is read; with `batch` 0 a row of class `BATCHES` says how
    many there are, and each further one gives what is left out so far.

    Args:
        chosen: names of files.
        values: what `values` gives.
        beside: further queries of three such columns, to be answered over the same snapshot.
        batch: which part of what is locked, from 0; None for all of it.
    """
    # last what the server locks until the end, so that it is locked for a moment only
    chosen = sorted(chosen, key=lambda name: _BATCH in texts()[name])
    if batch:
        chosen, beside = [name for name in chosen if _BATCH in texts()[name]], ()
    filling = {**values, "batch": str(batch or 0)}
    queries = [filled(unsent(texts()[name]), filling) for name in chosen] + [*beside]
    if any(_BATCH in texts()[name] for name in chosen) and not batch:
        queries.insert(0, TOO_MANY if batch is None else _COUNT)
    return f"{sharing(queries, filling)}\n" + "\nunion all\n".join(map(part, queries))


def part(query: str) -> str:
    """A query as one of several."""
    return f"(select kind::text, identity::text, definition::text from (\n{query}\n) o (kind, identity, definition))"


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with `:name` replaced by its value, which is SQL."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


def array(names: Sequence[str]) -> str:
    """SQL of a list of texts."""
    return f"array[{', '.join(map(literal, names))}]::text[]"
