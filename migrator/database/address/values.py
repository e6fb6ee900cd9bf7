"""The texts of an address's parameters as typed values: hosts and ports, TLS, seconds, server settings.

Every function takes the text and where it came from, and raises `InputError` that names the latter.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import cast, get_args

from migrator.database.address.target import DEFAULT_PORT, Host, SessionAttributes, Tls, TlsMode
from migrator.errors import InputError
from migrator.events.database import Told

Origin = Callable[[str], str]
"""From a parameter's name to where its value came from."""

MAXIMUM_PORT = 65535
DEFAULT_CONNECT_TIMEOUT = 15.0

_SOCKET = re.compile(r"(/.*)/\.s\.PGSQL\.(\d+)")
_OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z_][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_WORD = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL | re.ASCII)
# Neon's and Supabase's ways to name a project to a proxy that does not see the host name; asyncpg sends it with TLS.
_ROUTING = ("endpoint", "project", "reference")
# what a text means depends on them, and the driver expects UTF-8
_OURS = frozenset({"client_encoding", "standard_conforming_strings"})


def read_hosts(values: Mapping[str, str], origin: Origin, default: Callable[[int], str]) -> tuple[Host, ...]:
    """The servers to try, in order; `default` names the host of a port where the address has none."""
    numbers = [_number(text.strip(), origin("hostaddr")) for text in values.get("hostaddr", "").split(",")]
    specs = values["host"].split(",") if values.get("host") else numbers
    ports = [_port(text, origin("port")) for text in values.get("port", "").split(",")]
    if numbers == [""] or specs is numbers:
        numbers = [""] * len(specs)
    if len(numbers) != len(specs):
        raise InputError(
            f"{len(numbers)} `hostaddr` for {len(specs)} hosts in the address from {origin('hostaddr')}",
            code="address-host",
            hint="give as many numbers as names, in the same order",
        )
    if len(ports) == 1:
        ports *= len(specs)
    if len(ports) != len(specs):
        raise InputError(
            f"{len(ports)} ports for {len(specs)} hosts in the address from {origin('port')}",
            code="address-port",
            hint="give one port, or as many as hosts",
        )
    return tuple(
        _host(name.strip() or number or default(port), port, number, origin)
        for name, port, number in zip(specs, ports, numbers, strict=True)
    )


def _number(text: str, origin: str) -> str:
    if not text:
        return ""
    from ipaddress import ip_address

    try:
        return str(ip_address(text))
    except ValueError:
        raise InputError(
            f"the `hostaddr` from {origin} is not an IP address",
            code="address-host",
            hint="write a name as `host=...`; `hostaddr` is for its number",
        ) from None


def _host(name: str, port: int, number: str, origin: Origin) -> Host:
    socket = _SOCKET.fullmatch(name)
    if socket:
        return Host(name=socket[1], port=_port(socket[2], origin("host")))
    if name.startswith("@"):
        raise InputError(
            f"the host in the address from {origin('host')} is an abstract socket, which is not supported",
            code="address-host",
            hint="name the folder of the server's socket, or a host",
        )
    address = "" if number == name or name.startswith("/") else number
    return Host(name=name if name == "/" else name.rstrip("/"), port=port, address=address)


def _port(text: str, origin: str) -> int:
    text = text.strip()
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"the port from {origin} is not a number", code="address-port", hint="a port is 1 to 65535")
    if not 1 <= int(text[:9]) <= MAXIMUM_PORT:
        raise InputError(f"the port from {origin} is not between 1 and {MAXIMUM_PORT}", code="address-port")
    return int(text)


def read_tls(values: Mapping[str, str], origin: Origin) -> tuple[Tls, tuple[Told, ...]]:
    """Encryption, and a notice where another program's mode was understood.

    A root certificate alone asks for `verify-full`; with `require` it means `verify-ca`, as in libpq.
    """
    mode = values.get("sslmode")
    rootcert = values.get("sslrootcert")
    told: tuple[Told, ...] = ()
    if mode == "no-verify":
        mode = "require"
        told = (
            Told(code="sslmode-translated", message="`sslmode=no-verify` is read as `require`: both verify nothing"),
        )
    if mode is not None and mode not in get_args(TlsMode):
        raise InputError(
            f"unknown `sslmode` from {origin('sslmode')}",
            code="address-sslmode",
            hint=f"it is one of {', '.join(f'`{name}`' for name in get_args(TlsMode))}",
        )
    if rootcert and mode is None:
        mode = "verify-full"
    elif rootcert and mode == "require":
        mode = "verify-ca"
    if rootcert == "system" and mode == "verify-ca":
        raise InputError(
            f"`sslrootcert=system` from {origin('sslrootcert')} needs `sslmode=verify-full`",
            code="address-sslmode",
            hint="with the system's authorities, the name of the host is the only proof of who answers",
        )
    tls = Tls(
        mode=cast("TlsMode | None", mode),
        rootcert=rootcert or None,
        cert=values.get("sslcert") or None,
        key=values.get("sslkey") or None,
    )
    return tls, told


def read_seconds(text: str | None, origin: str) -> float:
    """`connect_timeout` in seconds; nothing, zero and less mean our own default."""
    if not text:
        return DEFAULT_CONNECT_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError(f"the `connect_timeout` from {origin} is not a number of seconds", code="address-timeout")
    return seconds if seconds > 0 else DEFAULT_CONNECT_TIMEOUT


def read_session_attributes(text: str | None, origin: str) -> SessionAttributes:
    """`target_session_attrs`: which of several hosts will do."""
    if not text:
        return "any"
    if text not in get_args(SessionAttributes):
        raise InputError(
            f"unknown `target_session_attrs` from {origin}",
            code="address-session-attributes",
            hint=f"it is one of {', '.join(f'`{name}`' for name in get_args(SessionAttributes))}",
        )
    return cast("SessionAttributes", text)


def _admit_setting(name: str, origin: str) -> None:
    if name in _OURS:
        raise InputError(
            f"the `options` from {origin} set `{name}`, on which the reading of migrations rests",
            code="address-options",
            hint=f"remove `{name}` from the options",
        )


def read_options(text: str, origin: str) -> tuple[tuple[tuple[str, str], ...], tuple[Told, ...]]:
    """The settings in `options=-c name=value`, as the server would split them, and what was dropped.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
    """
    words = [re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL) for word in _WORD.findall(text)]
    settings: dict[str, str] = {}
    dropped: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "-c" and at + 1 < len(words):
            at += 1
            word += words[at]
        at += 1
        found = _OPTION.fullmatch(word)
        name = word.partition("=")[0]
        if found:
            _admit_setting(found[1].replace("-", "_").lower(), origin)
            settings[found[1].replace("-", "_")] = found[2]
        elif name in _ROUTING:
            dropped.append(name)
        else:
            raise InputError(
                f"the `options` from {origin} hold something else than `-c name=value`",
                code="address-options",
                hint="settings of the server are written `-c name=value`, in a URL `options=-c%20name=value`",
            )
    told = tuple(
        Told(code="option-dropped", message=f"`{name}` in the options from {origin} is ignored: the host name tells it")
        for name in dropped
    )
    return tuple(settings.items()), told
