"""The extensions of a server for Supabase: who may create them, and stand-ins for what this PostgreSQL lacks.

On the platform `postgres`, no superuser, creates extensions that PostgreSQL keeps for superusers (supautils,
`privileged_extensions`). PostgreSQL 18 looks for control files in further folders, and those there say `trusted`:
https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-EXTENSION-CONTROL-PATH. Before 18 only those that are
trusted anyway can be created. Scripts and libraries are those of the installation.
"""

import re
from pathlib import Path

from migrator.database.programs import Programs

FOLDER = "extensions"
"""The folder in a data directory that holds the control files."""

STAND_INS = Path(__file__).parent / "extensions"

KEPT_FOR_SUPERUSERS = frozenset(
    {
        "adminpack",
        "amcheck",
        "file_fdw",
        "intagg",
        "old_snapshot",
        "pageinspect",
        "pg_buffercache",
        "pg_freespacemap",
        "pg_logicalinspect",
        "pg_prewarm",
        "pg_surgery",
        "pg_visibility",
        "pgstattuple",
        "xml2",
    }
)
"""What the platform leaves out, too: ansible/files/postgresql_config/supautils.conf.j2 of supabase/postgres."""

_SINCE = 18
_OWN_LINE = re.compile(r"^\s*(trusted|directory)\s*=\s*'?([^'\n]*)'?.*\n?", re.MULTILINE)


def lay_out(directory: Path, installed: Programs) -> bool:
    """Write the control files of a data directory anew, for the programs as they are now.

    Returns whether this PostgreSQL would read them.
    """
    if int(installed.major) < _SINCE:
        return False
    code, text = installed.run("pg_config", ["--sharedir"], folder=Path("/"))
    share = Path(text.strip()) if code == 0 else installed.folder.parent / "share"
    folder = directory / FOLDER / "extension"
    folder.mkdir(parents=True, exist_ok=True)
    for made in (folder.parent, folder):
        made.chmod(0o755)  # the server's account is another one than ours where we are root
    files = {file.name: file.read_text(encoding="utf-8") for file in STAND_INS.glob("*.*")}
    for control in (share / "extension").glob("*.control"):
        if control.stem in KEPT_FOR_SUPERUSERS:
            continue
        real = (control.name, f"{control.stem}--")
        files = {name: known for name, known in files.items() if not name.startswith(real)}
        files[control.name] = trusting(control.read_text(encoding="utf-8"), share)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
        (folder / name).chmod(0o644)
    return True


def trusting(control: str, share: Path) -> str:
    """A control file that lets whoever may create objects in the database create its extension."""
    named = dict(_OWN_LINE.findall(control))
    place = str(share / named.get("directory", "extension")).replace("'", "''")
    return _OWN_LINE.sub("", control).rstrip("\n") + f"\ntrusted = true\ndirectory = '{place}'\n"


def options(directory: Path) -> list[str]:
    """What a server is started with so that it finds them."""
    return ["-c", f"extension_control_path={directory / FOLDER}:$system"]
