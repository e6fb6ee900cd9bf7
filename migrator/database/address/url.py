"""The URL form of a database address, read without ever showing a piece of what may be its password.

Grammar: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS, with one difference: the user
and the password end at the last `@`, because passwords are pasted unescaped more often than hosts hold an `@`.
"""

import re

from migrator.database.address.parameters import Written, is_known
from migrator.errors import InputError
from migrator.events.database import Told

SCHEMES = frozenset(
    {
        "postgres",
        "postgresql",
        "postgresql+asyncpg",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "postgres+asyncpg",
    }
)

_ESCAPES = {"@": "%40", "#": "%23", "/": "%2F", "?": "%3F", "[": "%5B", "]": "%5D"}
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})?")
_HOSTS = re.compile(r"(?:\[[^\]/?#@]*\]|[^:,\[\]#@]*)(?::\d*)?(?:,(?:\[[^\]/?#@]*\]|[^:,\[\]#@]*)(?::\d*)?)*")
_FORM = "write it as `postgresql://user:password@host:5432/database`"


def read_url(rest: str, origin: str) -> tuple[list[Written], list[Told]]:
    """What stands behind `postgresql://`, as parameters by libpq's names, and what the user should hear about it.

    Raises `InputError` for what cannot be read; its text names the place, never the characters that stand there.
    """
    end = _authority_end(rest)
    if rest.rfind("@") > end and not _stands(rest, end):
        raise _unescaped(rest, origin)
    login, at, hosts = rest[:end].rpartition("@")
    written: list[Written] = []
    told: list[Told] = []
    if at:
        found, told = _read_login(login, origin)
        written += found
    written += _read_hosts(hosts, origin)
    path, _, query = rest[end:].partition("?")
    database = decode(path[1:], "database", origin)
    if database:
        written.append(Written(key="dbname", value=database))
    written += _read_query(query, origin)
    return written, told


def _authority_end(rest: str) -> int:
    return min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))


def _stands(rest: str, end: int) -> bool:
    """An `@` behind the authority belongs to a value of the query: query and hosts make sense as they are."""
    path, _, query = rest[end:].partition("?")
    hosts = rest[:end].rpartition("@")[2]
    pairs = [item.partition("=") for item in query.split("&") if item]
    return (
        "@" not in path
        and _HOSTS.fullmatch(hosts) is not None
        and all(equals and is_known(key) for key, equals, _value in pairs)
    )


def _unescaped(rest: str, origin: str) -> InputError:
    before = rest[: rest.rfind("@")]
    _user, colon, password = before.partition(":")
    culprits = [character for character in _ESCAPES if character in (password if colon else before)]
    if not culprits:
        return InputError(
            f"the address from {origin} holds an unescaped `@` behind its host",
            code="address-unescaped",
            hint="write that `@` as `%40`",
        )
    return InputError(
        f"the {'password' if colon else 'user'} in the address from {origin} holds an unescaped {_listed(culprits)}",
        code="address-unescaped",
        hint=f"write {_escapes(culprits)}",
    )


def _listed(characters: list[str]) -> str:
    return " and ".join(f"`{character}`" for character in characters)


def _escapes(characters: list[str]) -> str:
    return ", ".join(f"`{character}` as `{_ESCAPES[character]}`" for character in characters)


def _read_login(login: str, origin: str) -> tuple[list[Written], list[Told]]:
    user, colon, password = login.partition(":")
    written: list[Written] = []
    told: list[Told] = []
    if user:
        written.append(Written(key="user", value=decode(user, "user", origin)))
    if colon and password:
        written.append(Written(key="password", value=decode(password, "password", origin)))
    part = "password" if colon else "user"
    culprits = [character for character in "@#[" if character in (password if colon else user)]
    if culprits and not (password.startswith("[") and password.endswith("]")):
        message = (
            f"the {part} in the address from {origin} holds an unescaped {_listed(culprits)}; "
            f"other programs may read it differently, so write {_escapes(culprits)}"
        )
        told.append(Told(code="address-unescaped", message=message))
    return written, told


def _read_hosts(text: str, origin: str) -> list[Written]:
    if not text:
        return []
    names: list[str] = []
    ports: list[str] = []
    for spec in text.split(","):
        if spec.startswith("["):
            name, bracket, tail = spec[1:].partition("]")
            if not bracket or not name or (tail and not tail.startswith(":")):
                raise _malformed("an IPv6 address is written in brackets, as in `[::1]:5432`", origin)
            port = tail[1:]
        else:
            name, _, port = spec.partition(":")
            if ":" in port:
                raise _malformed("an IPv6 address is written in brackets, as in `[::1]:5432`", origin)
        if port and not (port.isascii() and port.isdigit()):
            raise InputError(f"the port in the address from {origin} is not a number", code="address-port", hint=_FORM)
        if "[" in name or "]" in name or "#" in name:
            raise _malformed(f"replace every placeholder in brackets, and {_FORM}", origin)
        names.append(decode(name, "host", origin))
        ports.append(port)
    found = [Written(key="host", value=",".join(names))] if any(names) or len(names) > 1 else []
    return [*found, Written(key="port", value=",".join(ports))] if any(ports) else found


def _malformed(hint: str, origin: str) -> InputError:
    return InputError(f"the host in the address from {origin} cannot be read", code="address-host", hint=hint)


def _read_query(query: str, origin: str) -> list[Written]:
    written: list[Written] = []
    hidden = False
    for item in query.split("&"):
        if not item:
            continue
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise InputError(
                f"a part behind the `?` of the address from {origin} is not `key=value`",
                code="address-key-unknown",
                hint="write `?` as `%3F`, `&` as `%26` and `=` as `%3D` where they belong to a value",
            )
        name = decode(key, "key", origin)
        written.append(Written(key=name, value=decode(value, "value", origin), hidden=hidden))
        hidden = hidden or name.lower() == "password"
    return written


def decode(text: str, part: str, origin: str) -> str:
    """A text without its percent-escapes. `part` names it in the `InputError` where one cannot be read."""

    def plain(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            raise InputError(
                f"the {part} in the address from {origin} holds a `%` that does not begin an escape such as `%40`",
                code="address-percent",
                hint="write a `%` that is meant as itself as `%25`",
            )
        return bytes.fromhex(match[1].decode())

    if "%" not in text:
        return text
    decoded = _PERCENT.sub(plain, text.encode())
    try:
        result = decoded.decode()
    except UnicodeDecodeError:
        result = "\0"
    if "\0" in result:
        raise InputError(
            f"the {part} in the address from {origin} has an escape that is not UTF-8 text",
            code="address-percent",
            hint="escape each byte of the character's UTF-8 form, as in `%C3%BC`; `%00` is not possible",
        ) from None
    return result
