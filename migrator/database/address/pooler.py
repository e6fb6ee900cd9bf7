"""What stands between us and the server, as far as an address and two process ids tell. Pure.

Sources for the poolers of Supabase and Neon: https://supabase.com/docs/guides/database/connecting-to-postgres and
https://neon.com/docs/connect/connection-pooling.
"""

from dataclasses import replace

from migrator.database.address.target import DEFAULT_PORT, Host, Target, TargetKind
from migrator.events.database import Told

TRANSACTION_PORT = 6543

POOLERS: frozenset[TargetKind] = frozenset({"pooler", "session-pooler", "transaction-pooler"})
"""The kinds whose server connection goes on to other clients afterwards."""


def _is_shared_supabase_pooler(host: Host) -> bool:
    return host.name.lower().endswith(".pooler.supabase.com")


def _is_supabase_database(host: Host) -> bool:
    name = host.name.lower()
    return name.startswith("db.") and name.endswith((".supabase.co", ".supabase.net"))


def is_supabase(host: Host) -> bool:
    """The host belongs to Supabase."""
    return _is_shared_supabase_pooler(host) or _is_supabase_database(host)


def is_neon_pooler(host: Host) -> bool:
    """The host is a PgBouncer of Neon, which pools by transaction."""
    return _is_neon(host) and host.name.lower().partition(".")[0].endswith("-pooler")


def _is_neon(host: Host) -> bool:
    return host.name.lower().endswith(".neon.tech")


def _kind_of(host: Host) -> TargetKind:
    if is_supabase(host) and host.port == TRANSACTION_PORT:
        return "transaction-pooler"
    if _is_shared_supabase_pooler(host):
        return "session-pooler"
    return "transaction-pooler" if is_neon_pooler(host) else "direct"


def kind_of(hosts: tuple[Host, ...]) -> TargetKind:
    """What stands at the hosts, going by their names and ports alone; the most limiting of them."""
    kinds = {_kind_of(host) for host in hosts}
    for kind in ("transaction-pooler", "session-pooler"):
        if kind in kinds:
            return kind
    return "direct"


def for_migrating(target: Target) -> Target:
    """The same database where migrations can run: Supabase's port 6543 becomes 5432, with a notice in `told`.

    Host and login stay the same; on the shared pooler 5432 pools by session, on a project's own host it is the server.
    Any other target is returned as it is, a transaction pooler that has no known second door included.
    """
    if target.kind != "transaction-pooler":
        return target
    hosts = tuple(_direct(host) if is_supabase(host) else host for host in target.hosts)
    if hosts == target.hosts:
        return target
    notice = Told(
        code="pooler-port",
        message=f"port {TRANSACTION_PORT} pools by transaction and cannot migrate: connecting to {hosts[0]} instead",
    )
    return replace(target, hosts=hosts, kind=kind_of(hosts), told=(*target.told, notice))


def without_pooler(target: Target) -> Target | None:
    """The same database behind its known second door, where sessions hold; None where none is known."""
    hosts = tuple(_direct(host) for host in target.hosts)
    return None if hosts == target.hosts else replace(target, hosts=hosts, kind=kind_of(hosts))


def _direct(host: Host) -> Host:
    if is_neon_pooler(host):
        name, dot, rest = host.name.partition(".")
        return replace(host, name=name[: -len("-pooler")] + dot + rest)
    return replace(host, port=DEFAULT_PORT) if is_supabase(host) and host.port == TRANSACTION_PORT else host


def seen(target: Target, *, handshake: int, before: int | None, now: int) -> TargetKind:
    """What stands between, going by the ids of backends: of the handshake, of the last command and of this one.

    One connection whose commands are answered by two backends is shared by transaction, whatever its address; that the
    backend stays the same proves nothing. A pooler cannot know at the handshake which backend will answer, so it makes
    an id up. That says nothing new of an address whose kind is known: Neon has a proxy before its direct one, too.
    """
    if before is not None and before != now:
        return "transaction-pooler"
    known = any(is_supabase(host) or _is_neon(host) for host in target.hosts)
    return "pooler" if target.kind == "direct" and now != handshake and not known else target.kind
