"""Which seed files are in this database: the table `seed` in our schema, a row for each file and environment."""

import json
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path

from migrator._version import __version__
from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import InputError, ServerError
from migrator.events.status import SeedSummary
from migrator.seeding.files.folders import SeedFile, digest
from migrator.sql.names import literal, quote

LOADED_MEANWHILE = "MGS02"
"""The SQLSTATE that ends a unit which another run has loaded in the meantime."""

BACKEND = "pg_catalog.pg_backend_pid()"
"""Told with whatever is asked first: it tells of a pooler in between."""

_ABSENT = {"42P01", "3F000"}


@dataclass(frozen=True, slots=True)
class Known:
    """A file that is in this database.

    Attributes:
        sha256: of its bytes then.
        included: of the files that its cells included then, by the path from its folder, in hexadecimal digits.
    """

    sha256: bytes
    included: Map[str, str]

    def is_current(self, file: SeedFile) -> bool:
        """The file, and whatever it included, is as it was. Reads the included files."""
        return self.sha256 == file.sha256 and all(
            _digest_of(file.path.parent / name) == digest for name, digest in self.included.items()
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the table tells.

    Attributes:
        files: by name, in this environment.
        complete: the table has every column that this version writes.
    """

    files: Map[str, Known]
    complete: bool


def _digest_of(path: Path) -> str | None:
    try:
        return digest(path).hex()
    except InputError:
        return None


async def read(session: Session, config: Config) -> Ledger | None:
    """Every file that is in this database in this environment; None without a ledger.

    One round trip, and one more where there is no ledger; neither locks nor writes. Must not be called inside a
    transaction.
    """
    table = quote(config.schema, "seed")
    # as JSON, because a table of an earlier version has no column `included`
    row = "json_build_array(s.path, encode(s.sha256, 'hex'), to_jsonb(s) -> 'included')"
    files = f"select json_agg({row}) from {table} s where s.env = {literal(config.env)}"
    columns = (
        "select count(*) = 1 from pg_catalog.pg_attribute a "
        f"where a.attrelid = {literal(table)}::regclass and a.attname = 'included'"
    )
    try:
        ((backend, rows, complete),) = await session.read(f"select json_build_array({BACKEND}, ({files}), ({columns}))")
    except ServerError as error:
        if error.report.sqlstate in _ABSENT:
            if session.backend is None:
                session.answered_by(*await session.read(f"select to_json({BACKEND})"))
            return None
        raise
    session.answered_by(backend)
    files_known = {path: Known(bytes.fromhex(sha256), included or {}) for path, sha256, included in rows or []}
    return Ledger(files_known, bool(complete))


def compare(files: Iterable[SeedFile], known: Map[str, Known]) -> SeedSummary:
    """How many files are in the database as they are, changed since, or new."""
    current = changed = new = 0
    for file in files:
        found = known.get(file.name)
        if found is None:
            new += 1
        elif found.is_current(file):
            current += 1
        else:
            changed += 1
    return SeedSummary(current=current, changed=changed, new=new)


def stop_if_loaded(config: Config, files: Iterable[tuple[SeedFile, Map[str, bytes]]]) -> str:
    """A statement that fails with `LOADED_MEANWHILE` when all of these files are in the ledger as they are."""
    table = quote(config.schema, "seed")
    conditions = " and ".join(
        f"exists (select from {table} where path = {literal(file.name)} and env = {literal(config.env)} "
        f"and sha256 = decode('{file.sha256.hex()}', 'hex') and included is not distinct from {_included(included)})"
        for file, included in files
    )
    refusal = f"raise exception 'loaded meanwhile' using errcode = '{LOADED_MEANWHILE}'"
    body = f"begin if {conditions} then {refusal}; end if; end"
    return f"do {literal(body)}"


def record(config: Config, file: SeedFile, rows: int, included: Map[str, bytes]) -> str:
    """The statement that writes a file's row, for the transaction that loads it."""
    return (
        f"insert into {quote(config.schema, 'seed')} "
        "(path, env, sha256, included, rows, loaded_at, loaded_by, tool_version) values "
        f"({literal(file.name)}, {literal(config.env)}, decode('{file.sha256.hex()}', 'hex'), {_included(included)}, "
        f"{rows}, clock_timestamp(), session_user, {literal(__version__)}) on conflict (path, env) do update set "
        "sha256 = excluded.sha256, included = excluded.included, rows = excluded.rows, "
        "loaded_at = excluded.loaded_at, loaded_by = excluded.loaded_by, tool_version = excluded.tool_version"
    )


def _included(digests: Map[str, bytes]) -> str:
    """The SHA-256 of included files as our table has them: NULL where there are none."""
    if not digests:
        return "null::jsonb"
    return f"{literal(json.dumps({name: found.hex() for name, found in digests.items()}))}::jsonb"
