"""What libpq fills in where an address is silent: service files, `PG*` variables, password files, defaults.

asyncpg would read some of these by itself and ignore others; we read them, so that each value has a known origin.
Formats: https://www.postgresql.org/docs/current/ (libpq-pgservice.html, libpq-pgpass.html, libpq-envars.html).
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from migrator.database.address.parameters import Written, admit
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

PROTECTIONS = ("PGREQUIREAUTH", "PGREQUIREPEER", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLMINPROTOCOLVERSION")
"""Variables that ask for a protection that we cannot give; in an address their keys are refused."""

SOCKET_FOLDERS = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - PostgreSQL's own default places

SPACES = " \t\n\r\f\v"
"""What C takes for a space; a password may hold other ones."""

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
        lines = _lines(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read the service file {file}: {reason}", code="service-file") from None
    found: list[Written] | None = None
    for line in (line.strip(SPACES) for line in lines):
        if line.startswith("["):
            if found is not None:
                break
            if line == f"[{name}]":
                found = []
        elif found is not None and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append(Written(key=key.strip(SPACES), value=value.strip(SPACES)))
    return found


def _lines(file: Path) -> list[str]:
    """The lines of a file; nothing but the end of a line ends one, whatever Unicode says of the characters in it."""
    return [line.rstrip("\r") for line in file.read_bytes().decode().split("\n")]


def from_variables(environ: Mapping[str, str]) -> tuple[dict[str, tuple[str, str]], tuple[Told, ...]]:
    """The parameters that `PG*` variables give, each with the variable's name, and what is not honoured.

    An empty variable gives nothing. Variables are often set for other programs, so none is refused.
    """
    found = {key: (environ[name], name) for name, key in VARIABLES.items() if environ.get(name)}
    ignored = [name for name in PROTECTIONS if environ.get(name)]
    if environ.get("PGCHANNELBINDING") == "require":
        ignored.append("PGCHANNELBINDING")
    if not ignored:
        return found, ()
    names = ", ".join(f"`{name}`" for name in ignored)
    message = f"{names} {'is' if len(ignored) == 1 else 'are'} ignored: the driver does not offer that protection"
    return found, (Told(code="option-dropped", message=message),)


def passwords_from_file(
    values: Mapping[str, str], hosts: tuple[tuple[str, int], ...], environ: Mapping[str, str]
) -> tuple[tuple[str | None, ...], str, tuple[Told, ...]]:
    """The password that the password file has for each of the hosts, the file, and what is wrong with it.

    None goes to a host that the file does not name, also where it has one for another host.
    """
    named = values.get("passfile")
    file = Path(named).expanduser() if named else home(environ) / ".pgpass"
    nothing = (None,) * len(hosts)
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            return nothing, str(file), (_ignored(file, "it is not a plain file"),) if named else ()
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            return nothing, str(file), (_ignored(file, f"other users can read it (`chmod 600 {file}`)"),)
        lines = [_fields(line) for line in _lines(file)]
    except (FileNotFoundError, NotADirectoryError) as error:
        return nothing, str(file), (_ignored(file, str(error.strerror)),) if named else ()
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"
        return nothing, str(file), (_ignored(file, reason),)
    return tuple(_of_host(lines, host, port, values) for host, port in hosts), str(file), ()


def _of_host(lines: list[list[str]], host: str, port: int, values: Mapping[str, str]) -> str | None:
    wanted = (
        {"localhost", host} if host.startswith("/") else {host},
        {str(port)},
        {values["dbname"]},
        {values["user"]},
    )
    for fields in lines:
        if len(fields) == len(wanted) + 1 and all(
            field == "*" or field in choices for field, choices in zip(fields, wanted, strict=False)
        ):
            return fields[-1] or None
    return None


def _ignored(file: Path, reason: str) -> Told:
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
    return [re.sub(r"\\(.)", r"\1", field, flags=re.DOTALL) for field in fields]


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
        import getpass  # where there is no `pwd`

        return getpass.getuser()
    except KeyError:
        raise InputError(
            "the address names no user, and the operating system has no name for this one",
            code="no-user",
            hint="name the user in the address, as in `postgresql://user@host/database`, or in PGUSER",
        ) from None
