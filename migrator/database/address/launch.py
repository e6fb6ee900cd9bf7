"""What an `embedded:` address asks for: which server of ours is to run, and how. Nothing else reads such an address.

`embedded:DIR?bin=DIR&port=N`: every part may be missing, and each is percent-encoded where it holds `%`, `?` or `&`.
"""

from dataclasses import dataclass
from pathlib import Path

from migrator.config import Address, Config
from migrator.database.address.own_servers import EMBEDDED, names_data_directory
from migrator.database.address.url import decode
from migrator.errors import InputError
from migrator.settings import nearest

DEFAULT_DIRECTORY = Path(".migrator") / "pg"
SUPABASE_DIRECTORY = Path(".migrator") / "supabase"
"""The default with `supabase = true`: who owns what differs, so a plain directory does not become one for Supabase."""

ANY_PORT = 0

_KEYS = ("bin", "port")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A server of ours as it is wanted.

    Attributes:
        directory: its data directory.
        programs: the folder of `initdb`, `pg_ctl` and `postgres`; None for those of the wheel.
        port: the port of 127.0.0.1 that it listens on beside its socket; None for the socket alone, `ANY_PORT` for one
            that is free.
        supabase: it is to hold what a Supabase project expects; None for whatever the directory was made for.
        automatic_grants: new tables of a Supabase project are open to its API at once.
    """

    directory: Path
    programs: Path | None = None
    port: int | None = None
    supabase: bool | None = None
    automatic_grants: bool = False


def read(config: Config, address: Address | None) -> Launch:
    """What an address asks for; the project's own server for any that is not `embedded:`.

    Relative folders count from where the address was written. Raises `InputError` for what cannot be read.
    """
    default = config.root / (SUPABASE_DIRECTORY if config.supabase else DEFAULT_DIRECTORY)
    if address is None or not names_data_directory(address):
        return Launch(directory=default, supabase=config.supabase, automatic_grants=config.automatic_grants)
    base = address.base or config.root
    folder, _, query = address.text.strip().removeprefix(EMBEDDED).partition("?")
    options = _options(query, address.origin)
    return Launch(
        directory=_folder(folder, base, address.origin) if folder else default,
        programs=_folder(options["bin"], base, address.origin) if "bin" in options else None,
        port=_port(options["port"], address.origin) if "port" in options else None,
        supabase=config.supabase,
        automatic_grants=config.automatic_grants,
    )


def _options(query: str, origin: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in query.split("&"):
        key, equals, value = item.partition("=")
        if not item:
            continue
        if key not in _KEYS:
            raise InputError(
                f"`embedded:` has no option `{key}`, which the address from {origin} gives",
                code="address-key-unknown",
                hint=nearest(key, _KEYS),
            )
        if not equals or not value:
            raise InputError(
                f"`{key}` has no value in the address from {origin}",
                code="address-value",
                hint="write it as in `embedded:?bin=/usr/lib/postgresql/17/bin&port=5433`",
            )
        if key in found:
            raise InputError(f"`{key}` is given twice in the address from {origin}", code="address-value")
        found[key] = value
    return found


def _folder(written: str, base: Path, origin: str) -> Path:
    name = decode(written, "folder", origin)
    if name.startswith("//") and not name.startswith("///"):
        raise InputError(
            f"the folder in the address from {origin} begins with `//`",
            code="address-value",
            hint="write `embedded:/var/tmp/pg` for a folder of the machine, `embedded:data/pg` for one of the project",
        )
    if any(character in name for character in "\n\r"):
        raise InputError(
            f"the folder in the address from {origin} holds a line break",
            code="address-value",
            hint="PostgreSQL cannot run there: name another folder",
        )
    if name.startswith("/"):
        name = "/" + name.lstrip("/")
    try:
        return Path(base, Path(name).expanduser())
    except RuntimeError:  # there is no such user
        raise InputError(
            f"the folder in the address from {origin} begins with `~`, and no such home folder is known",
            code="address-value",
            hint="write the whole path",
        ) from None


def _port(written: str, origin: str) -> int:
    if written == "auto":
        return ANY_PORT
    if written.isascii() and written.isdigit() and len(written) <= len(str(_LAST_PORT)):
        number = int(written)
        if 0 <= number <= _LAST_PORT:
            return number
    raise InputError(
        f"the port in the address from {origin} is not a number up to {_LAST_PORT}",
        code="address-port",
        hint="write it as in `embedded:?port=5433`, or `port=auto` for one that is free",
    )
