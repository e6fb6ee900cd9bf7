"""Installing the peers by the names of their packages, into one folder, and telling what could not be."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tool import Place, Tool


def install(tools: Path, peers: Iterable[Tool]) -> dict[str, str]:
    """Make what is missing of an environment for PyPI and a folder for npm, and ask Debian; the reasons of failures.

    A peer that is not in the answer is ready. Needs the network the first time.
    """
    tools.mkdir(parents=True, exist_ok=True)
    by_source: dict[str, list[Tool]] = {}
    for peer in peers:
        by_source.setdefault(peer.source, []).append(peer)
    missing: dict[str, str] = {}
    for source, found in by_source.items():
        installer = {"PyPI": _pypi, "npm": _npm, "Debian": _debian}[source]
        packages = sorted({package for peer in found for package in peer.packages})
        problem = installer(tools, packages)
        if problem and len(found) > 1:  # one package that is gone must not cost the others
            missing |= {peer.name: why for peer in found if (why := installer(tools, peer.packages))}
        elif problem:
            missing[found[0].name] = problem
    return missing


def versions(place: Place, peers: Iterable[Tool]) -> dict[str, str]:
    """What each peer says of its version, in a word; a peer that cannot be started is left out."""
    found = {}
    for peer in peers:
        try:
            said = subprocess.run(
                peer.version(place),
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
                env={**os.environ, **peer.environment(place)},
            )
        except (OSError, subprocess.SubprocessError):
            continue
        words = (said.stdout.strip() or said.stderr.strip()).split()
        found[peer.name] = next((word.strip("v,()") for word in words if any(map(str.isdigit, word))), "?")
    return found


def _ran(command: Sequence[str | Path], **options: Path) -> str:
    """Why a command failed, in its last words; empty where it did not."""
    try:
        ended = subprocess.run(
            [*map(str, command)], capture_output=True, text=True, timeout=900, check=False, **options
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    lines = (ended.stderr or ended.stdout).strip().splitlines()
    return "" if ended.returncode == 0 else (lines[-1] if lines else f"exit code {ended.returncode}")


def _pypi(tools: Path, packages: Sequence[str]) -> str:
    if not (tools / "venv" / "bin" / "python").exists():
        failed = _ran([sys.executable, "-m", "venv", tools / "venv"])
        if failed:
            return failed
    return _ran([tools / "venv" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *packages])


def _npm(tools: Path, packages: Sequence[str]) -> str:
    if shutil.which("npm") is None:
        return "npm is not installed"
    folder = tools / "node"
    folder.mkdir(exist_ok=True)
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text("{}\n")
    if all((folder / "node_modules" / package).exists() for package in packages):
        return ""
    return _ran(["npm", "install", "--no-audit", "--no-fund", *packages], cwd=folder)


def _debian(_tools: Path, packages: Sequence[str]) -> str:
    if all(_ran(["dpkg-query", "-W", package]) == "" for package in packages):
        return ""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "root and apt-get are needed"
    return _ran(["apt-get", "install", "--yes", "--no-install-recommends", *packages])
