"""Every spelling of a database address, read by our own parser to a `Target`.

asyncpg never sees what the user wrote: it sends unknown keys to the server, ignores services, and its errors print
pieces of passwords. Nothing here connects; files are read only where the address asks for one or libpq would, too.
"""

import re
from collections.abc import Mapping

from migrator.config import Address
from migrator.database.keywords import LOOKS_LIKE_KEYWORDS, read_keywords
from migrator.database.libpq import default_host, default_user, from_service, from_variables, password_from_file
from migrator.database.parameters import Written, admit
from migrator.database.pooler import kind_of
from migrator.database.target import Host, Secret, Target
from migrator.database.url import SCHEMES, read_url
from migrator.database.values import read_hosts, read_options, read_seconds, read_session_attributes, read_tls
from migrator.errors import InputError
from migrator.events.database import Told

WAYS = "a URL such as `postgresql://user:password@host:5432/database`, libpq keywords, `embedded:` or `docker:IMAGE`"
"""How an address may be written."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):(//)?")
_PLACEHOLDER = re.compile(
    r"\[[^\]]*password[^\]]*\]|<[^>]*password[^>]*>|\{+[^}]*password[^}]*\}+|YOUR[-_]PASSWORD", re.IGNORECASE
)


def parse(address: Address, environ: Mapping[str, str]) -> Target:
    """Read an address; what it leaves open is filled from a service, `PG*` variables, the password file and defaults.

    Raises `InputError` that names the part that is wrong; no text of it holds a piece of the password. An empty address
    is one that `PG*` variables make up altogether. Reads service and password files; does not connect.
    """
    origin = address.origin
    written, told = _read(address.text.strip(), origin)
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
    notices += _complete(values, origins, hosts, environ)
    _refuse_placeholder(values.get("password", ""), name_of("password"))
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
        for key in found.keys() - values.keys():
            values[key], origins[key] = found[key], where
    variables = from_variables(environ)
    for key in variables.keys() - values.keys():
        values[key], origins[key] = variables[key]
    return told


def _complete(
    values: dict[str, str], origins: dict[str, str], hosts: tuple[Host, ...], environ: Mapping[str, str]
) -> tuple[Told, ...]:
    """User, database and password where nothing has named them yet."""
    if not values.get("user"):
        values["user"], origins["user"] = default_user(), "the operating system"
    if not values.get("dbname"):
        values["dbname"], origins["dbname"] = values["user"], "the user's name"
    if values.get("password"):
        return ()
    password, where, told = password_from_file(values, tuple((host.name, host.port) for host in hosts), environ)
    if password:
        values["password"], origins["password"] = password, where
    return told


_NAMES = {"dbname": "database", "hostaddr": "host"}
_SHOWN = frozenset({"dbname", "host", "hostaddr", "options", "password", "port", "sslmode", "sslrootcert", "user"})


def _refuse_placeholder(password: str, origin: str) -> None:
    found = _PLACEHOLDER.fullmatch(password)
    if found is None:
        return
    raise InputError(
        f"the password from {origin} is still the placeholder that it was copied with",
        code="password-placeholder",
        hint="put the password of the database there; in Supabase's dashboard, Database > Settings can set a new one",
    )


def _read(text: str, origin: str) -> tuple[list[Written], list[Told]]:
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
        return read_keywords(text, origin), []
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
