"""Which seed files are in this database: the table `seed` in our schema, a row for each file and environment."""

from collections.abc import Iterable

from migrator._version import __version__
from migrator.config import Config
from migrator.database.session import Session
from migrator.errors import ServerError
from migrator.events.status import SeedSummary
from migrator.seeding.files.folders import SeedFile
from migrator.sql.names import literal, quote

LOADED_MEANWHILE = "MGS02"
"""The SQLSTATE that ends a unit which another run has loaded in the meantime."""

BACKEND = "pg_catalog.pg_backend_pid()"
"""Told with whatever is asked first: it tells of a pooler in between."""

_ABSENT = {"42P01", "3F000"}


async def read(session: Session, config: Config) -> dict[str, bytes] | None:
    """The SHA-256 of every file that is in this database in this environment; None without a ledger.

    One round trip, and one more where there is no ledger; neither locks nor writes. Must not be called inside a
    transaction.
    """
    table = quote(config.schema, "seed")
    files = f"select json_agg(json_build_array(path, encode(sha256, 'hex'))) from {table}"
    files += f" where env = {literal(config.env)}"
    try:
        ((backend, rows),) = await session.read(f"select json_build_array({BACKEND}, ({files}))")
    except ServerError as error:
        if error.report.sqlstate in _ABSENT:
            if session.backend is None:
                session.answered_by(*await session.read(f"select to_json({BACKEND})"))
            return None
        raise
    session.answered_by(backend)
    return {path: bytes.fromhex(digest) for path, digest in rows or []}


def compare(files: Iterable[SeedFile], known: dict[str, bytes]) -> SeedSummary:
    """How many files are in the database as they are, changed since, or new."""
    current = changed = new = 0
    for file in files:
        digest = known.get(file.name)
        if digest is None:
            new += 1
        elif digest == file.sha256:
            current += 1
        else:
            changed += 1
    return SeedSummary(current=current, changed=changed, new=new)


def stop_if_loaded(config: Config, files: Iterable[SeedFile]) -> str:
    """A statement that fails with `LOADED_MEANWHILE` when all of these files are in the ledger as they are."""
    table = quote(config.schema, "seed")
    conditions = " and ".join(
        f"exists (select from {table} where path = {literal(file.name)} and env = {literal(config.env)} "
        f"and sha256 = decode('{file.sha256.hex()}', 'hex'))"
        for file in files
    )
    refusal = f"raise exception 'loaded meanwhile' using errcode = '{LOADED_MEANWHILE}'"
    body = f"begin if {conditions} then {refusal}; end if; end"
    return f"do {literal(body)}"


def record(config: Config, file: SeedFile, rows: int) -> str:
    """The statement that writes a file's row, for the transaction that loads it."""
    return (
        f"insert into {quote(config.schema, 'seed')} "
        "(path, env, sha256, rows, loaded_at, loaded_by, tool_version) values "
        f"({literal(file.name)}, {literal(config.env)}, decode('{file.sha256.hex()}', 'hex'), {rows}, "
        f"clock_timestamp(), session_user, {literal(__version__)}) on conflict (path, env) do update set "
        "sha256 = excluded.sha256, rows = excluded.rows, loaded_at = excluded.loaded_at, "
        "loaded_by = excluded.loaded_by, tool_version = excluded.tool_version"
    )
