"""The prelude: what every Supabase project finds in its database, as SQL that is applied to a server that we make.

Each `.sql` file beside this module is one part of it. All of it is one transaction, and all of it may be run again: it
makes what is missing and takes nothing back, so that a newer prelude goes over an older one. A column that an older
one lacks is therefore added by `alter table ... add column if not exists` behind its table.
"""

import hashlib
import re
from pathlib import Path

from migrator.database.postgres.programs import Programs, complaint
from migrator.database.supabase import marks, trusted
from migrator.errors import UnavailableError

ADMIN = "supabase_admin"
"""The superuser that such a server is made with."""

DATABASE = "postgres"
"""The database that it is about: a Supabase project has this one."""

PARTS = (
    *("roles", "database", "grants_automatic", "grants_explicit"),
    *("auth", "storage", "realtime", "functions", "guard", "owners", "extensions"),
)
"""The parts in their order; `grants_explicit` takes back what `grants_automatic` gave."""

_FOLDER = Path(__file__).parent
_FIRST_OF_USERS = "16384"
_EMPTY_LINES = re.compile(r";[ \t]*\n(?:[ \t]*\n)+")


def script(*, automatic_grants: bool) -> str:
    """The whole prelude, for a superuser of the database `postgres`.

    `automatic_grants`: what `postgres` makes in `public` is open to the API at once, as before 2026-10-30.
    """
    names = [part for part in PARTS if part != "grants_explicit" or not automatic_grants]
    return "\n".join((_FOLDER / f"{name}.sql").read_text(encoding="utf-8") for name in names)


def digest(text: str, installed: Programs) -> str:
    """What tells one prelude from another: its SQL, the programs that it is for, and the stand-ins that it may find."""
    extensions = sorted(f"{file.name} {file.stat().st_size}" for file in trusted.STAND_INS.glob("*.*"))
    parts = [text, str(installed.folder), installed.version, *extensions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def settle(directory: Path, installed: Programs, text: str, *, fresh: bool = False) -> list[str]:
    """Bring a data directory whose server does not run up to date, and return the options to start it with.

    Applies the prelude where the directory has none or another one; all of it or nothing: the server reads it by
    itself, without a connection, so nobody sees a half. `fresh`: nothing in there is worth waiting for the disk.
    Raises `UnavailableError` where it fails.
    """
    wanted = digest(text, installed)
    known = marks.found(directory) == wanted
    options = trusted.lay_out(directory, installed, known=known)
    if not known:
        if fresh:
            _leave_built_in(directory, installed)
        _apply(directory, installed, [*options, *(["-F"] if fresh else [])], text)
        marks.write(directory, wanted)
    return options


def _leave_built_in(directory: Path, installed: Programs) -> None:
    """Let object identifiers begin where those of users do, as a server does by itself when it is started for clients.

    Below (`FirstNormalObjectId`) PostgreSQL takes a table for its own: no row level security, and dumps leave it out:
    https://github.com/postgres/postgres/blob/master/src/include/access/transam.h
    """
    code, said = installed.run("pg_resetwal", ["-o", _FIRST_OF_USERS, "-D", str(directory)], folder=Path("/"))
    if code != 0:
        raise _failed(directory, said)


def _apply(directory: Path, installed: Programs, options: list[str], text: str) -> None:
    # with `-j` a command ends at a semicolon before an empty line: without any, all is one command and one transaction
    whole = _EMPTY_LINES.sub(";\n", text)
    code, said = installed.run(
        "postgres",
        ["--single", "-j", "-D", str(directory), "-c", "exit_on_error=on", *options, DATABASE],
        folder=Path("/"),
        text=f"set client_min_messages = warning; {whole}",
    )
    if code != 0:
        raise _failed(directory, said)


def _failed(directory: Path, said: str) -> UnavailableError:
    return UnavailableError(
        f"what a Supabase project expects could not be made in `{directory}`",
        code="supabase-prelude",
        detail=complaint(said),
        hint="move the directory away to begin anew, or use a plain server: `supabase = false`",
    )
