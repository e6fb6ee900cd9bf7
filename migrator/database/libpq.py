"""What libpq fills in where an address is silent: service files, `PG*` variables, password files, defaults.

asyncpg would read some of these by itself and ignore others; we read them, so that each value has a known origin.
Formats: https://www.postgresql.org/docs/current/ (libpq-pgservice.html, libpq-pgpass.html, libpq-envars.html).
"""

import getpass
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from migrator.database.parameters import Written, admit
from migrator.errors import InputError
from migrator.events.database import Told

VARIABLES: Mapping[str, str] = {
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGDATABASE": "dbname",
    "PGUSER": "user",
    "PGPASSWORD": "password",
    "PGPASSFILE": "passfile",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGAPPNAME": "application_name",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGOPTIONS": "options",
    "PGTARGETSESSIONATTRS": "target_session_attrs",
}
"""Which variable fills which parameter."""

SOCKET_FOLDERS = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - PostgreSQL's own default places

_FIELD = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")


def home(environ: Mapping[str, str]) -> Path:
    """The user's home folder."""
    return Path(environ.get("HOME") or "~").expanduser()


def from_service(
    name: str, given: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[dict[str, str], str, tuple[Told, ...]]:
    """The parameters of a service, where they come from, and what was dropped.

    Raises `InputError` when no service file defines it.
    """
    named = given.get("servicefile") or environ.get("PGSERVICEFILE")
    files = [Path(named) if named else home(environ) / ".pg_service.conf"]
    system = environ.get("PGSYSCONFDIR")
    if system:
        files.append(Path(system) / "pg_service.conf")
    for file in files:
        section = _section(file, name)
        if section is not None:
            origin = f"service `{name}` in {file}"
            values, told = admit(section, origin)
            return values, origin, told
    raise InputError(
        f"service `{name}` is not defined in {' or '.join(str(file) for file in files)}",
        code="service-unknown",
        hint=f"add a section `[{name}]` there, or name another file in PGSERVICEFILE",
    )


def _section(file: Path, name: str) -> list[Written] | None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read the service file {file}: {reason}", code="service-file") from None
    found: list[Written] | None = None
    for line in map(str.strip, lines):
        if line.startswith("["):
            if found is not None:
                break
            if line == f"[{name}]":
                found = []
        elif found is not None and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append(Written(key=key.strip(), value=value.strip()))
    return found


def from_variables(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The parameters that `PG*` variables give, each with the variable's name; an empty variable gives nothing."""
    return {key: (environ[name], name) for name, key in VARIABLES.items() if environ.get(name)}


def password_from_file(
    values: Mapping[str, str], hosts: tuple[tuple[str, int], ...], environ: Mapping[str, str]
) -> tuple[str | None, str, tuple[Told, ...]]:
    """The password that the password file has for the first host that it knows, the file, and what is wrong with it."""
    named = values.get("passfile")
    file = Path(named) if named else home(environ) / ".pgpass"
    try:
        mode = file.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            message = f"the password file {file} is not used: other users can read it (`chmod 600 {file}`)"
            return None, str(file), (Told(code="passfile-ignored", message=message),)
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError) as error:
        if named is None:
            return None, str(file), ()
        return None, str(file), (_unreadable(file, error),)
    except (OSError, UnicodeDecodeError) as error:
        return None, str(file), (_unreadable(file, error),)
    for host, port in hosts:
        wanted = (
            {"localhost", host} if host.startswith("/") else {host},
            {str(port)},
            {values["dbname"]},
            {values["user"]},
        )
        for line in lines:
            fields = _fields(line)
            if len(fields) == len(wanted) + 1 and all(
                field == "*" or field in choices for field, choices in zip(fields, wanted, strict=False)
            ):
                return fields[-1], str(file), ()
    return None, str(file), ()


def _unreadable(file: Path, error: Exception) -> Told:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return Told(code="passfile-ignored", message=f"the password file {file} is not used: {reason}")


def _fields(line: str) -> list[str]:
    """`host:port:database:user:password`; a backslash takes the character behind it as it is."""
    if not line or line.startswith("#"):
        return []
    fields: list[str] = []
    at = 0
    while len(fields) < 4 and (match := _FIELD.match(line, at)) and match.end() > at:  # noqa: PLR2004 - then the password
        fields.append(match[1])
        at = match.end()
    fields.append(line[at:])
    return [re.sub(r"\\(.)", r"\1", field) for field in fields]


def default_host(port: int) -> str:
    """The folder of a socket that exists, as libpq would take its own; `localhost` when there is none."""
    for folder in SOCKET_FOLDERS:
        if Path(folder, f".s.PGSQL.{port}").exists():
            return folder
    return "localhost"


def default_user() -> str:
    """The operating system's name for who we are.

    Raises `InputError` where it has none, as in a container that runs under a bare number.
    """
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except ImportError:
        return getpass.getuser()
    except KeyError:
        raise InputError(
            "the address names no user, and the operating system has no name for this one",
            code="no-user",
            hint="name the user in the address, as in `postgresql://user@host/database`, or in PGUSER",
        ) from None
