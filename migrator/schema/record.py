"""The record: the schema as our runs left it, one row of `migrator.snapshot`.

It holds what the migrations made, not what was found: a run adds what itself has changed, so that what somebody changed
by hand stays a difference until it is accepted. It counts only while the ledger is the one that it was written with.
"""

import json
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from migrator._version import __version__
from migrator.database.sessions.session import Session
from migrator.errors import ServerError
from migrator.schema.compare import compare
from migrator.schema.objects import CATALOG_VERSION, Key, Schema, definition, schema_of
from migrator.sql.names import literal, quote

TABLE = "snapshot"

ACCEPT = "`migrate accept` records the schema as it is now, after showing what that changes"
"""The way out where the record is not what is meant."""

RIGHTS = frozenset({"granted", "revoked", "usage granted", "usage revoked"})
"""Attributes that hold privileges, joined by commas, by role."""

UNREADABLE = -1
"""The catalog version of a row whose objects are no such thing."""

_NO_TABLE = frozenset({"42P01", "3F000"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the row says.

    Attributes:
        schema: the objects, with the ledger's fingerprint and its newest migration at that time.
        catalog_version: which rows the queries gave then, see `CATALOG_VERSION`.
        recorded_at: when.
        recorded_by: the role of the session that wrote it.
    """

    schema: Schema
    catalog_version: int
    recorded_at: datetime
    recorded_by: str | None = None

    @property
    def readable(self) -> bool:
        """Its objects can be compared with what this version of the program reads."""
        return self.catalog_version == CATALOG_VERSION


def query(own: str) -> str:
    """A query for the row, as one jsonb; `own` is the schema of our tables."""
    columns = "ledger, head, server_version_num, catalog_version, supabase, recorded_at, recorded_by"
    pairs = ", ".join(f"'{name}', {name}" for name in columns.split(", "))
    # not base64, which puts line ends into its text
    objects = "'objects', encode(objects, 'hex')"
    return f"select jsonb_build_object({pairs}, {objects}) from {quote(own, TABLE)}"


async def load(session: Session, own: str) -> Record | None:
    """The record in the schema `own`; None where there is none. One round trip; writes nothing.

    Raises `ServerError` 42501 where this role may not read it. Inside a transaction a table that is missing ends that.
    """
    row = await fetch(session, own)
    return None if row is None else unpack(row)


async def fetch(session: Session, own: str) -> dict[str, Any] | None:
    """The same as it is kept, for `unpack`, which takes some 2 µs an object and no server."""
    try:
        found = await session.read(query(own))
    except ServerError as error:
        if error.report.sqlstate not in _NO_TABLE:
            raise
        return None
    return found[0] if found else None


def unpack(row: dict[str, Any]) -> Record:
    """The record that `fetch` found. Pure."""
    version = row["catalog_version"]
    try:
        # another version may pack them otherwise
        rows = _unpacked(bytes.fromhex(row["objects"])) if version == CATALOG_VERSION else []
    except (ValueError, zlib.error):
        rows, version = [], UNREADABLE
    schema = schema_of(rows, server_version_num=row["server_version_num"], supabase=row["supabase"])
    return Record(
        schema=replace(schema, ledger=row["ledger"], head=row["head"]),
        catalog_version=version,
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        recorded_by=row["recorded_by"],
    )


def packed(schema: Schema) -> bytes:
    """The objects as they are kept: JSON holds no raw control character, and in a name the separators are escaped."""
    lines = ("\x1f".join((kind, _escaped(name), text)) for (kind, name), text in schema.objects.items())
    return zlib.compress("\x1e".join(lines).encode(), 6)


def _unpacked(objects: bytes) -> list[tuple[str, str, str]]:
    rows = (line.split("\x1f") for line in zlib.decompress(objects).decode().split("\x1e") if line)
    return [(kind, _unescaped(name), text) for kind, name, text in rows]


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("\x1e", "\\e").replace("\x1f", "\\f")


def _unescaped(name: str) -> str:
    if "\\" not in name:
        return name
    parts = name.split("\\\\")
    return "\\".join(part.replace("\\e", "\x1e").replace("\\f", "\x1f") for part in parts)


def with_changes(recorded: Schema, before: Schema, after: Schema) -> Schema:
    """The record after a run: what it was, and whatever differs between `before` and `after` the run as it is after.

    Of an object that is there on all sides only the attributes that the run changed, and of those that hold several
    things, such as who may do what, or the tables of a publication, only these: what somebody changed by hand there
    stays drift.
    """
    objects = dict(recorded.objects)
    former = _former_names(recorded, before, after)
    for key in before.objects.keys() | after.objects.keys():
        old = former.get(key, key)
        known, was, now = recorded.objects.get(old), before.objects.get(old), after.objects.get(key)
        if was == now and old == key:
            continue
        if now is None:
            objects.pop(key, None)
        elif was is None or known == was:
            objects[key] = now
        elif known is not None:  # else somebody made it by hand, and it stays drift, whatever the run did to it
            objects[key] = definition(_merged(json.loads(known), json.loads(was), json.loads(now)) or {})
    return replace(recorded, objects=dict(sorted(objects.items())), ledger=after.ledger, head=after.head)


def _former_names(recorded: Schema, before: Schema, after: Schema) -> dict[Key, Key]:
    """What an object was called that the run has given a new name, and what belongs to it.

    Only where something had been changed by hand: else a new name is as good as a new object.
    """
    gone, new = before.objects.keys() - after.objects.keys(), after.objects.keys() - before.objects.keys()
    if not gone or not new or all(recorded.objects.get(key) == before.objects[key] for key in gone):
        return {}
    from migrator.schema.gathering import gathered

    found = {}
    for each in gathered(compare(before, after).differences, before, after):
        if each.renamed is None:
            continue
        old, now = each.difference.identity, each.renamed.identity
        found[each.renamed.kind, now] = each.difference.kind, old
        for kind, identity in new:
            if identity.startswith(f"{now}.") and (kind, old + identity.removeprefix(now)) in gone:
                found[kind, identity] = kind, old + identity.removeprefix(now)
    return found


def _merged(known: Any, was: Any, now: Any, *, rights: bool = False) -> Any:
    """What is known with what the run changed; None where there is nothing any more."""
    if was == now:
        return known
    if all(isinstance(each, dict | None) for each in (known, was, now)):
        known, was, now = known or {}, was or {}, now or {}
        names = known.keys() | was.keys() | now.keys()
        merged = {
            name: _merged(known.get(name), was.get(name), now.get(name), rights=rights or name in RIGHTS)
            for name in names
        }
        return {name: value for name, value in merged.items() if value is not None} or None
    if rights and "ALL" not in (known, was, now):  # it says not what it stands for
        return ", ".join(_together(*((each or "").split(", ") for each in (known, was, now)))) or None
    if all(isinstance(each, list | None) for each in (known, was, now)):
        return _together(known or [], was or [], now or []) or None
    return now


def _together(known: list[Any], was: list[Any], now: list[Any]) -> list[Any]:
    """What is known without what the run took away, and with what it added, in the order of now."""
    kept = [each for each in now if each and (each in known or each not in was)]
    gone = [each for each in known if each and each not in now and each not in was]
    in_order = known == sorted(known, key=str)
    return sorted([*kept, *gone], key=str) if gone and in_order else [*kept, *gone]


def writing(own: str, schema: Schema, *, instead_of: str | None) -> str:
    """A transaction that writes the row.

    Where there is one already, it is written over only if its fingerprint is `instead_of`: another run may have been
    faster. None writes over whatever there is.
    """
    if schema.ledger is None:
        message = "a record without the ledger's fingerprint would never be comparable"
        raise ValueError(message)
    values = {
        "ledger": literal(schema.ledger),
        "head": literal(schema.head),
        "objects": f"decode('{packed(schema).hex()}', 'hex')",
        "server_version_num": str(schema.server_version_num),
        "catalog_version": str(CATALOG_VERSION),
        "supabase": str(schema.supabase).lower(),
        "recorded_at": "pg_catalog.clock_timestamp()",
        "recorded_by": "session_user",
        "tool_version": literal(__version__),
    }
    assigned = ", ".join(f"{name} = excluded.{name}" for name in values)
    condition = "" if instead_of is None else f" where s.ledger = {literal(instead_of)}"
    written = (
        f"insert into {quote(own, TABLE)} as s ({', '.join(values)}) values ({', '.join(values.values())}) "
        f"on conflict (id) do update set {assigned}{condition}"
    )
    return f"begin; set local lock_timeout = '5s'; {written}; commit"


def follow(own: str, ledger: str) -> tuple[str, str]:
    """SQL for the begin and the end of a transaction that changes the ledger's entries while the schema stays.

    The record counts on where it counted before. `ledger` is a query for the row of the ledger, as `ledger_mark` makes
    it; the table of the record is there.
    """
    seen = f"(select l.identity, l.definition ->> 'head' from ({ledger}) l (kind, identity, definition))"
    before = "current_setting('migrator.ledger', true)"
    return (
        f"select set_config('migrator.ledger', l.identity, true) from {seen} l (identity, head)",
        f"update {quote(own, TABLE)} set (ledger, head) = {seen} where ledger = {before}",
    )
