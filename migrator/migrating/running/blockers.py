"""Asking PostgreSQL who blocks a backend. Each question is one round trip and leaves no snapshot behind.

`pg_blocking_pids` knows only while the backend waits, so it is asked from another session. It stops the lock manager
for a moment, and is therefore called only where the backend's own wait event says that it waits for a lock.
https://www.postgresql.org/docs/current/functions-info.html
"""

import re
from dataclasses import dataclass
from typing import Any

from migrator.database.sessions.session import Session
from migrator.events.blocking import Blocker
from migrator.sql.masking import masked
from migrator.sql.names import literal

MOST = 10
"""Blockers that are told; a queue may be longer."""

_SAME = "locktype, {0}.database, {0}.relation, {0}.page, {0}.tuple, {0}.virtualxid, {0}.transactionid, {0}.classid, \
{0}.objid, {0}.objsubid"


_NOT_PREPARED = "(select null::text as gid, null::name as owner, null::timestamptz as prepared)"


def _described(pids: str, prepared: str) -> str:
    """A subquery: the sessions of the integer set `pids`, 0 standing for a prepared transaction, as one json array."""
    return f"""(select jsonb_agg(to_jsonb(b) order by b.waits, b.open desc nulls last) from (
        select nullif(p.pid, 0) as pid, coalesce(a.usename, x.owner) as "user",
               coalesce(nullif(a.application_name, ''), nullif(a.backend_type, 'client backend')) as application,
               coalesce(a.client_hostname, host(a.client_addr)) as client, a.state,
               extract(epoch from clock_timestamp() - coalesce(a.xact_start, x.prepared)) as open,
               a.query, a.query = '<insufficient privilege>' as hidden, x.gid as prepared,
               coalesce(a.wait_event_type = 'Lock', false) as waits
        from (select distinct pid from {pids} pid where pid <> pg_catalog.pg_backend_pid()) p
        left join pg_catalog.pg_stat_activity a on a.pid = p.pid and p.pid <> 0
        left join lateral {prepared} x on p.pid = 0
        order by waits, open desc nulls last limit {MOST}) b)"""


def _waiting(us: str) -> str:
    """One jsonb, or no row where the backend does not wait for a lock: what for, and who is before it."""
    # a prepared transaction has no backend: it is the one that holds a lock of the same thing, where that is one alone
    prepared = f"""(
        select min(x.gid) as gid, min(x.owner) as owner, min(x.prepared) as prepared
        from pg_catalog.pg_prepared_xacts x
        join pg_catalog.pg_locks k on k.pid is null and k.transactionid = x.transaction
        join pg_catalog.pg_locks h on h.pid is null and h.virtualtransaction = k.virtualtransaction
        join pg_catalog.pg_locks w on w.pid = us.pid and not w.granted
             and (w.{_SAME.format("w")}) is not distinct from (h.{_SAME.format("h")})
        having count(distinct x.gid) = 1)"""
    return f"""select jsonb_build_object(
            'lock', (select jsonb_build_object('type', l.locktype, 'mode', l.mode, 'relation', l.relation::regclass)
                     from pg_catalog.pg_locks l where l.pid = us.pid and not l.granted limit 1),
            'blockers', {_described("unnest(pg_catalog.pg_blocking_pids(us.pid))", prepared)})
        from ({us}) us where us.pid is not null"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a backend waits for; see `migrator.events.blocking.Blocked`."""

    lock: str | None
    relation: str | None
    snapshot: bool
    blockers: tuple[Blocker, ...]


def _blocker(row: dict[str, Any]) -> Blocker:
    query = None if row["hidden"] or not row["query"] else masked(row["query"])
    return Blocker(
        pid=row["pid"],
        user=row["user"],
        application=row["application"],
        client=row["client"],
        state=row["state"],
        open=None if row["open"] is None else max(0.0, row["open"]),
        query=query,
        prepared=row["prepared"],
    )


async def ask(session: Session, *, pid: int | None, application: str) -> Wait | None:
    """What a backend waits for; None where it does not, or nothing is known of it.

    It is told by its `pid`, or, where a pooler hides that, as the only one that waits under this application name.
    """
    activity = "pg_catalog.pg_stat_activity where wait_event_type = 'Lock'"
    us = f"select pid from {activity} and pid = {pid}"
    if pid is None:
        us = (
            f"select min(pid) as pid from {activity} and datname = current_database() "
            f"and application_name = {literal(application)} having count(*) = 1"
        )
    rows = await session.read(_waiting(us))
    if not rows or not rows[0]["blockers"]:
        return None
    lock = rows[0]["lock"] or {}
    return Wait(
        lock=lock.get("mode"),
        relation=lock.get("relation"),
        snapshot=lock.get("type") == "virtualxid",
        blockers=tuple(map(_blocker, rows[0]["blockers"])),
    )


def in_deadlock(detail: str) -> tuple[int, ...]:
    """The other backends that the detail of a 40P01 names.

    Each of its lines begins with a process that waits, ours first, in every language of the server's messages.
    """
    firsts = [int(found[0]) for line in detail.splitlines() if (found := re.search(r"\d+", line))]
    return tuple(dict.fromkeys(pid for pid in firsts[1:] if pid != firsts[0]))


async def describe(session: Session, pids: tuple[int, ...]) -> tuple[Blocker, ...]:
    """What these backends are doing now; those that have ended are left out."""
    numbers = ", ".join(map(str, pids))
    query = f"select {_described(f'unnest(array[{numbers}]::integer[])', _NOT_PREPARED)}"
    (rows,) = await session.read(query)
    return tuple(_blocker(row) for row in rows or () if row["user"] or row["application"] or row["state"])


async def writers(session: Session, tables: list[str]) -> tuple[Blocker, ...]:
    """Who writes to these tables (quoted names) in a transaction that is open now: on a ledger, another runner."""
    names = ", ".join(f"to_regclass({literal(table)})" for table in tables)
    pids = (
        f"(select l.pid from pg_catalog.pg_locks l where l.relation in ({names}) and l.mode = 'RowExclusiveLock' "
        "and l.granted and l.pid is not null and l.database = "
        "(select oid from pg_catalog.pg_database where datname = current_database()))"
    )
    (rows,) = await session.read(f"select {_described(pids, _NOT_PREPARED)}")
    return tuple(map(_blocker, rows or ()))
