"""Why no connection came about, as our errors with the host, the port, the cause and the way out.

What the operating system says is told here; what a server answers to the login is told in `login_failures`.
"""

import errno
import socket
import ssl

import asyncpg

from migrator.database.address.pooler import is_supabase
from migrator.database.address.target import Host, Target
from migrator.database.network.login_failures import refused_login
from migrator.database.network.lookup import has_ipv6
from migrator.database.network.raised import REJECTED
from migrator.database.network.tls_failures import REFUSED_CERTIFICATE, failed_handshake
from migrator.errors import MigratorError, UnavailableError

_UNREACHABLE = frozenset({errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAFNOSUPPORT})
_CLOSED = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})
_REFUSED = frozenset({errno.ECONNREFUSED, errno.ENOENT, errno.ENOTSOCK})


def failed(  # noqa: PLR0911 - a table, a cause a line
    error: BaseException, target: Target, host: Host, *, encrypted: bool
) -> MigratorError:
    """The failure of one attempt at one host."""
    if isinstance(error, asyncpg.ConnectionDoesNotExistError) and isinstance(error.__cause__, ssl.SSLError):
        # with TLS 1.3 the server looks at our certificate when the handshake is over
        return failed_handshake(error.__cause__, target, host)
    if isinstance(error, asyncpg.ConnectionDoesNotExistError | EOFError):
        return _closed(target, host, None, encrypted=encrypted)
    if isinstance(error, asyncpg.PostgresError):
        return refused_login(error, target, host)
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return UnavailableError(
            f"`{host}` is not `{target.session_attributes}`",
            code="session-attributes",
            hint="correct `target_session_attrs`, or name the host that is",
        )
    if isinstance(error, ssl.SSLError):
        return failed_handshake(error, target, host)
    if isinstance(error, TimeoutError):
        return _silent(target, host)
    if isinstance(error, socket.gaierror):
        return _unknown_host(error, host)
    if isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError):
        return UnavailableError(
            f"`{host.name}` cannot be the name of a host", code="host-unknown", hint="correct the host in the address"
        )
    if isinstance(error, OSError):
        return _system(error, target, host, encrypted=encrypted)
    return _not_understood(error, target, host)


def _not_understood(error: BaseException, target: Target, host: Host) -> UnavailableError:
    said = str(error)
    if "gssapi module" in said or "authentication method" in said.lower():
        asked = "GSSAPI" if "gssapi module" in said else said.rpartition(": ")[2].strip("'")
        return UnavailableError(
            f"the server at `{host}` wants user `{target.user}` to log in in a way that is not supported",
            code="login-refused",
            detail=f"it asks for method {asked}" if asked.isdigit() else f"it asks for {asked}",
            hint="let its pg_hba.conf ask for `scram-sha-256`, or for a certificate (`cert`)",
        )
    return UnavailableError(
        f"the answer of `{host}` cannot be understood",
        code="connection-protocol",
        detail=type(error).__name__,
        hint="is it a PostgreSQL server that listens there?",
    )


def _system(error: OSError, target: Target, host: Host, *, encrypted: bool) -> MigratorError:
    if error.errno in _REFUSED:
        return _refused(host)
    if error.errno in _UNREACHABLE:
        return _unreachable(error, host)
    if REJECTED in str(error):
        return UnavailableError(
            f"`{host}` offers no TLS, and `{target.tls.mode or 'require'}` asks for it",
            code="tls-unsupported",
            hint="add `sslmode=disable` to the address if nobody else can read the network to that host",
        )
    if error.errno in _CLOSED or isinstance(error, ConnectionError):
        when = "during the TLS handshake" if encrypted and not error.errno else None
        return _closed(target, host, when, encrypted=encrypted)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return UnavailableError(
            f"the system does not permit to connect to `{host}`",
            code="connection-permission",
            detail=error.strerror,
            hint="the socket belongs to another user, or a firewall of this machine forbids it",
        )
    return UnavailableError(f"no connection to `{host}`", code="connection-failed", detail=error.strerror or str(error))


def _refused(host: Host) -> UnavailableError:
    if host.is_socket:
        return UnavailableError(
            f"no PostgreSQL server listens at `{host}`",
            code="connection-refused",
            hint="start it, or correct the folder and the port; `--wait 60s` waits for one that is starting",
        )
    if is_supabase(host):
        return UnavailableError(
            f"`{host}` refuses connections",
            code="connection-refused",
            hint="the project is paused, this address is banned after failed logins, or the port is wrong: see the "
            "project's dashboard (Database > Settings > Network bans)",
        )
    return UnavailableError(
        f"`{host}` refuses connections",
        code="connection-refused",
        hint="start the server, or correct host and port; `--wait 60s` waits for one that is starting",
    )


def _ipv6_only(host: Host) -> bool:
    return is_supabase(host) and host.name.lower().startswith("db.")


def _session_pooler(host: Host) -> str:
    return f"`postgres.{host.name.split('.')[1]}@...pooler.supabase.com:5432`, as the dashboard's `Connect` shows it"


def _ipv6(host: Host) -> UnavailableError:
    return UnavailableError(
        f"`{host}` has only an IPv6 address, and this machine has no IPv6",
        code="ipv6-unreachable",
        hint=f"use the session pooler, {_session_pooler(host)}, or the IPv4 add-on",
    )


def _unreachable(error: OSError, host: Host) -> UnavailableError:
    if _ipv6_only(host):
        return _ipv6(host)
    return UnavailableError(
        f"`{host}` cannot be reached from this machine",
        code="host-unreachable",
        detail=error.strerror or str(error),
        hint="check the network and the VPN; the host may have only an IPv6 address, and this machine none",
    )


def _unknown_host(error: socket.gaierror, host: Host) -> UnavailableError:
    if error.errno == socket.EAI_AGAIN:
        hint = "the name service does not answer: check the network"
    elif is_supabase(host) and not _ipv6_only(host):
        hint = "copy the host with its prefix (`aws-0-`, `aws-1-`) and region from the dashboard's `Connect`"
    elif not _ipv6_only(host):
        hint = "check the spelling; a name inside a container network is known only inside it"
    elif not has_ipv6():  # some name services keep addresses back that their client cannot use
        return _ipv6(host)
    else:
        hint = "check the project's reference; a project that is paused or deleted has no address"
    return UnavailableError(
        f"the host `{host.name}` has no address", code="host-unknown", detail=error.strerror, hint=hint
    )


def silent_name_service(target: Target, host: Host) -> UnavailableError:
    """Nobody said within `connect_timeout` which address the name has."""
    return UnavailableError(
        f"the name service does not tell the address of `{host.name}` within {target.connect_timeout:g} s",
        code="host-unknown",
        hint="check the network and the VPN",
    )


def _silent(target: Target, host: Host) -> UnavailableError:
    hint = "a wrong host, or a firewall that drops what it does not allow; `connect_timeout=60` waits longer"
    if _ipv6_only(host):
        hint = f"the network may lose what goes by IPv6: use the session pooler, {_session_pooler(host)}; or the "
        hint += "project is paused"
    return UnavailableError(
        f"no answer from `{host}` within {target.connect_timeout:g} s", code="connection-timeout", hint=hint
    )


def _closed(target: Target, host: Host, when: str | None, *, encrypted: bool) -> UnavailableError:
    hint = "is it a PostgreSQL server that listens there? one that is starting or stopping may do so, too"
    if encrypted and target.tls.cert:  # its reason may be lost when it hangs up at once
        hint = f"{REFUSED_CERTIFICATE}; or the server is starting or stopping"
    return UnavailableError(
        f"`{host}` closed the connection {when or 'before the login was done'}",
        code="connection-closed",
        hint=hint,
    )
