"""SQL that makes yoyo's tables, and enters, erases and logs migrations in them as yoyo does.

The shapes are those of yoyo 9 (`yoyo/internalmigrations/v2.py` and `yoyo/backends/base.py` of yoyo-migrations), so that
the `yoyo` command and `migrate` can take turns on one database.
"""

import getpass
import hashlib
import socket
import uuid

from migrator.database.own import closed_to_api_roles
from migrator.sql.names import literal, quote

MIGRATION, LOG, VERSION, LOCK = "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock"

UTC_NOW = "(pg_catalog.clock_timestamp() at time zone 'utc')"
"""The time as yoyo stores it. Never `now()`: it is the same for all migrations of one message."""


def creation(schema: str) -> str:
    """SQL that makes yoyo's tables in `schema` where they are missing, in the shapes that yoyo 9 gives them."""
    migration, log = quote(schema, MIGRATION), quote(schema, LOG)
    version, lock = quote(schema, VERSION), quote(schema, LOCK)
    return f"""
        create table if not exists {migration} (migration_hash varchar(64), migration_id varchar(255),
            applied_at_utc timestamp, primary key (migration_hash));
        create table if not exists {log} (id varchar(36), migration_hash varchar(64), migration_id varchar(255),
            operation varchar(10), username varchar(255), hostname varchar(255), comment varchar(255),
            created_at_utc timestamp, primary key (id));
        create table if not exists {version} (version integer not null primary key, installed_at_utc timestamp);
        insert into {version} select 2, {UTC_NOW} where not exists (select from {version});
        create table if not exists {lock} (locked integer default 1, ctime timestamp, pid integer not null,
            primary key (locked))"""


def creation_closed(schema: str) -> str:
    """SQL that makes yoyo's tables where they are missing and closes them to the roles of API keys."""
    return f"{creation(schema)}; {closed_to_api_roles(tables(schema))}"


def tables(schema: str) -> list[str]:
    """Yoyo's tables, quoted."""
    return [quote(schema, name) for name in (MIGRATION, LOG, VERSION, LOCK)]


def hash_of(id_: str) -> str:
    """The key of a migration in yoyo's tables: sha256 of its id, in hexadecimal."""
    return hashlib.sha256(id_.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def record(schema: str, id_: str) -> str:
    """SQL that enters a migration as applied. A plain insert, so that 23505 tells a second runner under every
    isolation level; `on conflict` would answer 40001 under some.
    """  # noqa: D205 - one sentence carries the reason
    return (
        f"insert into {quote(schema, MIGRATION)} (migration_hash, migration_id, applied_at_utc) "
        f"values ('{hash_of(id_)}', {literal(id_)}, {UTC_NOW})"
    )


def erase(schema: str, id_: str) -> str:
    """SQL that removes a migration's entry."""
    return f"delete from {quote(schema, MIGRATION)} where migration_hash = '{hash_of(id_)}'"


def present(schema: str, id_: str) -> str:
    """SQL that locks a migration's entry until the transaction ends, or fails with 22012 where there is none.

    A division by zero because plain SQL has no other way to fail that every server knows.
    """
    return (
        f"select 1 / count(*) from (select from {quote(schema, MIGRATION)} "
        f"where migration_hash = '{hash_of(id_)}' for update) entry"
    )


def absent(schema: str, id_: str) -> str:
    """SQL that fails with 22012 where a migration has an entry."""
    return f"select 1 / (count(*) = 0)::integer from {quote(schema, MIGRATION)} where migration_hash = '{hash_of(id_)}'"


def log(schema: str, id_: str, operation: str) -> str:
    """SQL that logs an operation (apply, rollback, mark, unmark) as yoyo does."""
    values = [str(uuid.uuid1()), hash_of(id_), id_, operation, _user(), socket.gethostname()]
    return (
        f"insert into {quote(schema, LOG)} "
        "(id, migration_hash, migration_id, operation, username, hostname, created_at_utc) "
        f"values ({', '.join(map(literal, values))}, {UTC_NOW})"
    )


def lock_row(schema: str, pid: int) -> str:
    """SQL that takes yoyo's lock; 23505 where somebody has it."""
    return f"insert into {quote(schema, LOCK)} (locked, ctime, pid) values (1, {UTC_NOW}, {pid})"


def unlock_row(schema: str, pid: int) -> str:
    """SQL that gives yoyo's lock back."""
    return f"delete from {quote(schema, LOCK)} where pid = {pid}"
