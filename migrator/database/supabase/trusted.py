"""The extensions of a server for Supabase: who may create them, and stand-ins for what this PostgreSQL lacks.

On the platform `postgres`, no superuser, creates extensions that PostgreSQL keeps for superusers (supautils,
`privileged_extensions`). PostgreSQL 18 looks for control files in further folders, and those there say `trusted`:
https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-EXTENSION-CONTROL-PATH. Before 18 only those that are
trusted anyway can be created. Scripts and libraries are those of the installation.

A stand-in is a control file and a script of ours in `extensions/`. Where the installation has an extension of that
name, that one is taken.
"""

import os
import re
import shutil
from pathlib import Path

from migrator.database.postgres.programs import Programs
from migrator.database.postgres.sockets import private_folder

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
_VERSION = re.compile(r"^default_version = '(.+)'$", re.MULTILINE)
_OLDER = re.compile(r"^# also installs as: (.+)$", re.MULTILINE)


def lay_out(directory: Path, installed: Programs, *, known: bool = False) -> list[str]:
    """Have the control files of a data directory, where this PostgreSQL would read them; the server must not run.

    They are written anew unless those that may be there are `known` to be for these programs. Returns what the server
    is started with: so that it finds them, and so that pg_stat_statements, which every project has, counts.
    """
    if int(installed.major) >= _SINCE:
        # a colon ends a folder's name in the setting, and there is no way to write one
        place = private_folder(directory, installed) if ":" in str(directory) else directory
        folder = place / FOLDER / "extension"
        if not known or not folder.exists():
            _write(folder, installed)
        options = ["-c", f"extension_control_path={folder.parent}:$system"]
    else:
        folder = _share(installed) / "extension"
        options = []
    if (folder / "pg_stat_statements.control").exists():
        return ["-c", "shared_preload_libraries=pg_stat_statements", *options]
    return options


def _write(folder: Path, installed: Programs) -> None:
    share = _share(installed)
    files = stand_ins()
    for control in (share / "extension").glob("*.control"):
        if control.stem in KEPT_FOR_SUPERUSERS:
            continue
        real = (control.name, f"{control.stem}--")
        files = {name: known for name, known in files.items() if not name.startswith(real)}
        files[control.name] = trusting(control.read_text(encoding="utf-8"), share)
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    if installed.account:
        # whoever owns the data may start the server after root, and then writes all of this anew
        for made in (folder.parent, folder, *folder.iterdir()):
            os.chown(made, installed.account.uid, installed.account.gid)


def stand_ins() -> dict[str, str]:
    """The files of all stand-ins by their names.

    A migration may ask for the version of its day (`supabase db diff` writes `version '0.7.1'`), so a script goes by
    the names of older versions, too: its control file lists them. An update from those has nothing to do.
    """
    files = {file.name: file.read_text(encoding="utf-8") for file in STAND_INS.glob("*.*")}
    for control in STAND_INS.glob("*.control"):
        text = files[control.name]
        newest, older = _VERSION.search(text), _OLDER.search(text)
        if newest and older:
            script = files[f"{control.stem}--{newest[1]}.sql"]
            for version in older[1].split():
                files[f"{control.stem}--{version}.sql"] = script
                files[f"{control.stem}--{version}--{newest[1]}.sql"] = "-- the script is the same\n"
    return files


def lacking(installed: Programs) -> list[str]:
    """The extensions of the platform that a server of these programs will have neither for real nor as a stand-in."""
    if int(installed.major) >= _SINCE:
        return []
    there = {file.stem for file in (_share(installed) / "extension").glob("*.control")}
    return sorted({file.stem for file in STAND_INS.glob("*.control")} - there)


def _share(installed: Programs) -> Path:
    code, text = installed.run("pg_config", ["--sharedir"], folder=Path("/"))
    return Path(text.strip()) if code == 0 else installed.folder.parent / "share"


def trusting(control: str, share: Path) -> str:
    """A control file that lets whoever may create objects in the database create its extension."""
    named = dict(_OWN_LINE.findall(control))
    place = str(share / named.get("directory", "extension")).replace("'", "''")
    return _OWN_LINE.sub("", control).rstrip("\n") + f"\ntrusted = true\ndirectory = '{place}'\n"
