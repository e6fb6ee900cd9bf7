"""What stands at the end of the way: a pooler, the server's version, and the settings that a session begins with."""

import re
from typing import Any

from migrator.database.connect import describe
from migrator.database.sessions.probe import BACKEND
from migrator.database.sessions.session import Session
from migrator.errors import InputError, UnavailableError
from migrator.migrating.books import ledger
from migrator.migrating.planning.standing import read_all
from migrator.migrating.running.sharing import refuse_pooler
from migrator.migrating.running.timeouts import TIMEOUTS
from migrator.project.diagnosis.visit import Found, Visit
from migrator.sql.extensions import created_extension
from migrator.sql.names import literal
from migrator.sql.script import split

OLDEST, NEWEST = 14, 18
"""Major versions that this version of ours is tested with."""

_POOLERS = {
    "session-pooler": "a pooler in session mode, where locks hold",
    "embedded": "none: the server itself",
    "docker": "none: the server itself",
    "direct": "none: the server itself",
}


async def pooler(visit: Visit) -> Found:
    """Find out what stands in between. Raises where sessions are shared, as `up` does, unless that is allowed."""
    session = visit.connected
    by_address = session.target.kind
    session.answered_by(*await session.read(BACKEND))
    await refuse_pooler(session, allowed=visit.allow_transaction_pooler)
    visit.database = describe(session)
    kind = session.target.kind
    facts = {"kind": kind, "known_by": "address" if kind == by_address else "probe"}
    if kind == "transaction-pooler":
        return Found(
            message="a pooler in transaction mode, allowed",
            facts=facts,
            state="warning",
            hint="`up` needs `--allow-transaction-pooler` here, and files without a transaction cannot run at all",
        )
    return Found(message=_POOLERS.get(kind, kind), facts=facts)


SERVER = """select jsonb_build_object(
    'standby', pg_catalog.pg_is_in_recovery(),
    'read_only', current_setting('default_transaction_read_only') = 'on',
    'encoding', current_setting('server_encoding'))"""


async def version(visit: Visit) -> Found:
    """The server's version, and whether it can be written to. Raises for a version that is too old."""
    session = visit.connected
    number, text = session.version
    major = number // 10000
    if major < OLDEST:
        raise UnavailableError(
            f"PostgreSQL {text} is too old: versions {OLDEST} to {NEWEST} are supported",
            code="server-version",
            outcome="nothing was changed",
            hint=f"upgrade the server to PostgreSQL {OLDEST} or newer",
        )
    (found,) = await session.read_as_asked(SERVER)
    facts = {
        "server_version": text,
        "server_version_num": number,
        "standby": found["standby"],
        "read_only": found["read_only"],
        "encoding": found["encoding"],
    }
    if found["standby"]:
        return Found(
            message=f"PostgreSQL {text}, a standby: nothing can be written",
            facts=facts,
            state="warning",
            hint="name the primary in the address, or all of the servers with `target_session_attrs=read-write`",
        )
    if found["read_only"]:
        return Found(
            message=f"PostgreSQL {text}, where transactions are read-only unless they say otherwise",
            facts=facts,
            state="warning",
            hint="`default_transaction_read_only` is on, for the server, the database or the role",
        )
    if major > NEWEST:
        return Found(
            message=f"PostgreSQL {text}, which is newer than {NEWEST}",
            facts=facts,
            state="warning",
            hint="this version of `migrate` was not tested with it: see whether there is a newer one",
        )
    return Found(message=f"PostgreSQL {text}", facts=facts)


def _settings(names: str) -> str:
    """A query for settings: the value with its unit, and who has set it."""
    return f"""select jsonb_object_agg(name, jsonb_build_object(
        'value', current_setting(name), 'number', setting, 'source', source))
        from pg_catalog.pg_settings where name in ({names})"""


SEARCH_PATH = f"""select jsonb_build_object(
    'settings', ({_settings("'search_path'")}),
    'existing', to_jsonb(pg_catalog.current_schemas(false)),
    'current', pg_catalog.current_schema())"""

_NAME = re.compile(r'"((?:[^"]|"")*)"|([^\s,]+)')

_SOURCES = {
    "default": "the default",
    "configuration file": "set for the server",
    "command line": "set for the server",
    "database": "set for the database",
    "user": "set for the role",
    "database user": "set for the role in this database",
    "client": "set by a pooler",
    "session": "set by the address",
}


def _source(entry: dict[str, Any]) -> str:
    return _SOURCES.get(entry["source"]) or str(entry["source"])


async def search_path(visit: Visit) -> Found:
    """Where names without a schema are looked up and made. Raises where the ledger would have no place."""
    session = visit.connected
    (found,) = await session.read_as_asked(SEARCH_PATH)
    entry = found["settings"]["search_path"]
    written = [match[2] or match[1].replace('""', '"') for match in _NAME.finditer(entry["value"])]
    facts = {
        "search_path": entry["value"],
        "source": entry["source"],
        "current_schema": found["current"],
        "existing": found["existing"],
        "missing": [name for name in written if name not in {"$user", *(found["existing"] or ())}],
    }
    told = f"{entry['value']} ({_source(entry)})"
    if found["current"] is None:
        await ledger.read(session, visit.config)  # it knows whether the ledger needs one
        return Found(
            message=f"{told}; none of these schemas exists or may be used",
            facts=facts,
            state="warning",
            hint="a migration has to name the schema of whatever it makes",
        )
    return Found(message=f"{told}; new objects go to {found['current']}", facts=facts)


ASKED = ("lock_timeout", *TIMEOUTS)


async def timeouts(visit: Visit) -> Found:
    """The server's patience with statements and sessions, and what of it a run lifts."""
    session = visit.connected
    (found,) = await session.read_as_asked(_settings(", ".join(map(literal, ASKED))))
    chosen = {name.lower() for name, _ in session.target.settings}
    limits = {name: found[name] for name in ASKED if name in found and found[name]["number"] != "0"}
    facts = {
        name: {"value": entry["value"], "source": entry["source"], "lifted": name in TIMEOUTS and name not in chosen}
        for name, entry in ((name, found[name]) for name in ASKED if name in found)
    }
    kept = [f"{name} is {limits[name]['value']}" for name in limits if name in TIMEOUTS and name in chosen]
    if kept:
        return Found(
            message=f"{', '.join(kept)} (set by the address), also while migrations run",
            facts=facts,
            state="warning",
            hint="a statement that takes longer fails: take it out of `options` in the address for long migrations",
        )
    told = ", ".join(
        f"{name} is {entry['value']} ({_source(entry)})" for name, entry in limits.items() if name in TIMEOUTS
    )
    if not told:
        return Found(message="none that could end a run", facts=facts)
    return Found(message=f"{told}; lifted while migrations run", facts=facts)


EXTENSIONS = """select jsonb_build_object(
    'installed', (select jsonb_object_agg(extname, extversion) from pg_catalog.pg_extension),
    'available', (select jsonb_agg(name order by name) from pg_catalog.pg_available_extensions))"""


async def extensions(visit: Visit) -> Found:
    """Which extensions there are, and which of those that the migrations create the server does not have."""
    session: Session = visit.connected
    (found,) = await session.read(EXTENSIONS)
    installed, available = found["installed"] or {}, found["available"] or []
    wanted = _wanted(visit)
    missing = {name: where for name, where in wanted.items() if name not in installed and name not in available}
    facts = {
        "installed": dict(sorted(installed.items())),
        "available": available,
        "created": wanted,
        "missing": sorted(missing),
    }
    told = ", ".join(f"{name} {each}" for name, each in sorted(installed.items()) if name != "plpgsql")
    told = f"installed: {told}" if told else "none installed"
    if not missing:
        return Found(message=told, facts=facts)
    names = ", ".join(f"`{name}` ({where})" for name, where in missing.items())
    return Found(
        message=f"{told}; the server lacks what migrations create: {names}",
        facts=facts,
        state="warning",
        hint="`create extension` fails there: install it on the server, or use one that has it",
    )


def _wanted(visit: Visit) -> dict[str, str]:
    """Each extension that a migration creates, and the first file that does."""
    try:
        visit.migrations = read_all(visit.config)
    except InputError as error:  # the ledger's step says so
        visit.unreadable = error
        return {}
    wanted: dict[str, str] = {}
    for migration in visit.migrations:
        for statement in split(migration.up.source):
            name = created_extension(statement)
            if name is not None:
                wanted.setdefault(name, migration.path)
    return wanted
