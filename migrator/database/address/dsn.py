"""Every spelling of a database address, read by our own parser to a `Target`.

asyncpg never sees what the user wrote: it sends unknown keys to the server, ignores services, and its errors print
pieces of passwords. Nothing here connects; files are read only where the address asks for one or libpq would, too.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from migrator.config import Address
from migrator.database.address.keywords import LOOKS_LIKE_KEYWORDS, read_keywords
from migrator.database.address.libpq import (
    SPACES,
    default_host,
    default_user,
    from_service,
    from_variables,
    passwords_from_file,
)
from migrator.database.address.parameters import Written, admit
from migrator.database.address.pooler import kind_of
from migrator.database.address.target import Host, Secret, Target
from migrator.database.address.url import SCHEMES, read_url
from migrator.database.address.values import read_hosts, read_options, read_seconds, read_session_attributes, read_tls
from migrator.errors import InputError
from migrator.events.database import Told

WAYS = "a URL such as `postgresql://user:password@host:5432/database`, libpq keywords, `embedded:` or `docker:IMAGE`"
"""How an address may be written."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):(//)?")
_PLACEHOLDER = re.compile(
    # a console shows stars or dots, and some copy them, too
    r"\[[^\]]*password[^\]]*\]|<[^>]*password[^>]*>|\$?\{+[^}]*password[^}]*\}+|YOUR[-_]PASSWORD|\*{4,}|[•●]{4,}",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"\[[A-Z_ -]*(YOUR|PROJECT|REF|USER|NAME)[A-Z_ -]*\]|<[a-z_ -]*(your|project|ref|user|name)[a-z_ -]*>"
)


def parse(address: Address, environ: Mapping[str, str]) -> Target:
    """Read an address; what it leaves open is filled from a service, `PG*` variables, the password file and defaults.

    Raises `InputError` that names the part that is wrong; no text of it holds a piece of the password. An empty address
    is one that `PG*` variables make up altogether. Reads service and password files; does not connect.
    """
    origin = address.origin
    _refuse_unsendable({"address": address.text}, lambda _: origin)
    written, told = _read(address.text.strip(SPACES), address.text, origin)
    values, dropped = admit(written, origin)
    origins: dict[str, str] = {}
    notices = [*told, *dropped]

    notices += _fill(values, origins, environ)

    def name_of(key: str) -> str:
        return origins.get(key, origin)

    def default_of(port: int) -> str:
        origins["host"] = "default"
        return default_host(port)

    hosts = read_hosts(values, name_of, default_of)
    hosts, more = _complete(values, origins, hosts, environ)
    notices += more
    _refuse_unsendable(values, name_of)
    _refuse_placeholders(values, name_of)
    tls, more = read_tls(values, name_of)
    notices += more
    settings, more = read_options(values.get("options", ""), name_of("options"))
    notices += more
    return Target(
        hosts=hosts,
        user=values["user"],
        database=values["dbname"],
        password=Secret(values["password"]) if values.get("password") else None,
        tls=tls,
        settings=settings,
        application_name=values.get("application_name") or values.get("fallback_application_name") or "migrate",
        connect_timeout=read_seconds(values.get("connect_timeout"), name_of("connect_timeout")),
        session_attributes=read_session_attributes(values.get("target_session_attrs"), name_of("target_session_attrs")),
        origin=origin,
        origins=tuple(sorted((_NAMES.get(key, key), where) for key, where in origins.items() if key in _SHOWN)),
        kind=kind_of(hosts),
        told=tuple(notices),
    )


def _fill(values: dict[str, str], origins: dict[str, str], environ: Mapping[str, str]) -> tuple[Told, ...]:
    """What a service and `PG*` variables add to the address, in this order."""
    told: tuple[Told, ...] = ()
    service = values.get("service") or environ.get("PGSERVICE")
    if service:
        found, where, told = from_service(service, values, environ)
        for key in _missing(found.keys(), values):
            values[key], origins[key] = found[key], where
    variables, ignored = from_variables(environ)
    for key in _missing(variables.keys(), values):
        values[key], origins[key] = variables[key]
    return (*told, *ignored)


def _missing(found: Collection[str], values: Mapping[str, str]) -> set[str]:
    """What may still be filled; a host's name and its number are one thing, or we would go where nobody has sent us."""
    filled = _WHERE if _WHERE & values.keys() else frozenset()
    return set(found) - values.keys() - filled


def _complete(
    values: dict[str, str], origins: dict[str, str], hosts: tuple[Host, ...], environ: Mapping[str, str]
) -> tuple[tuple[Host, ...], tuple[Told, ...]]:
    """User, database and passwords where nothing has named them yet."""
    if not values.get("user"):
        values["user"], origins["user"] = default_user(), "the operating system"
    if not values.get("dbname"):
        values["dbname"], origins["dbname"] = values["user"], "the user's name"
    if values.get("password"):
        return hosts, ()
    found, where, told = passwords_from_file(values, tuple((host.name, host.port) for host in hosts), environ)
    if any(found):
        origins["password"] = where
    if len(set(found)) == 1 and found[0]:
        values["password"] = found[0]
        return hosts, told
    return tuple(
        replace(host, password=Secret(password)) if password else host
        for host, password in zip(hosts, found, strict=True)
    ), told


_WHERE = frozenset({"host", "hostaddr"})
_NAMES = {"dbname": "database", "hostaddr": "host"}
_SHOWN = frozenset({"dbname", "host", "hostaddr", "options", "password", "port", "sslmode", "sslrootcert", "user"})


def _refuse_unsendable(values: Mapping[str, str], origin: Callable[[str], str]) -> None:
    """NUL ends a text in the protocol, and half a character cannot be sent at all; neither must reach the driver."""
    for key in sorted(values):
        if "\0" in values[key] or not _is_unicode(values[key]):
            raise InputError(
                f"the {_NAMES.get(key, key)} from {origin(key)} is not UTF-8 text",
                code="address-encoding",
                hint="write it as UTF-8, without NUL; in a URL each byte of a character can be escaped, as in `%C3%BC`",
            )


def _is_unicode(text: str) -> bool:
    """No byte of an environment that is not UTF-8 is left in it: https://peps.python.org/pep-0383/."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _refuse_placeholders(values: Mapping[str, str], origin: Callable[[str], str]) -> None:
    if _PLACEHOLDER.fullmatch(values.get("password", "")):
        raise InputError(
            f"the password from {origin('password')} is still the placeholder that it was copied with",
            code="password-placeholder",
            hint="put the password of the database there; in Supabase's dashboard, Database > Settings can set a new "
            "one",
        )
    for key in ("user", "dbname"):
        if _BRACKETS.search(values[key]):
            raise InputError(
                f"the {_NAMES.get(key, key)} from {origin(key)} still holds a placeholder",
                code="address-placeholder",
                hint="replace what stands in brackets; Supabase's dashboard shows the whole address under `Connect`",
            )


def _read(text: str, whole: str, origin: str) -> tuple[list[Written], list[Told]]:
    """`text` is the `whole` without the spaces around it, the last of which may be escaped in the keyword form."""
    if not text:
        return [], []
    if text[0] in "'\"" and not LOOKS_LIKE_KEYWORDS.match(text):
        raise InputError(
            f"the address from {origin} begins with a quotation mark",
            code="address-form",
            hint="remove the quotation marks",
        )
    scheme = _SCHEME.match(text)
    if scheme and scheme[2]:
        if scheme[1].lower() not in SCHEMES:
            raise _other_scheme(scheme[1].lower(), origin)
        return read_url(text[scheme.end() :], origin)
    if LOOKS_LIKE_KEYWORDS.match(text):
        return read_keywords(whole, origin), []
    if scheme and scheme[1].lower() in {"jdbc", *SCHEMES}:
        raise _other_scheme(scheme[1].lower(), origin)
    raise InputError(f"the address from {origin} has no form that we know", code="address-form", hint=f"write {WAYS}")


def _other_scheme(scheme: str, origin: str) -> InputError:
    hint = f"write {WAYS}"
    if scheme in {"http", "https"}:
        hint = "that is the address of a web service; in Supabase's dashboard, `Connect` shows the database's own"
    elif scheme == "jdbc":
        hint = "remove `jdbc:` and write user and password before the host, as in `postgresql://user:password@host/database`"
    elif scheme in SCHEMES:
        return InputError(
            f"the address from {origin} lacks `//` behind `{scheme}:`",
            code="address-form",
            hint=f"write `{scheme}://...`",
        )
    return InputError(
        f"the address from {origin} is not one of PostgreSQL (`{scheme}:`)", code="address-form", hint=hint
    )
