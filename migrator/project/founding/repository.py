"""The repository around a project: its root, its main branch, and which system runs its checks. Only reads."""

import re
from dataclasses import dataclass
from pathlib import Path

OTHER_SYSTEMS = (".gitlab-ci.yml", ".circleci", "azure-pipelines.yml", "bitbucket-pipelines.yml", "Jenkinsfile")
_MAIN_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git work tree.

    Attributes:
        root: the folder that holds `.git`.
        branch: the branch that pull requests go to.
        other_system: a file of another system for checks, where nothing of GitHub's is there; None otherwise.
    """

    root: Path
    branch: str
    other_system: str | None


def around(folder: Path) -> Repository | None:
    """The work tree that a folder lies in."""
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    if root is None:
        return None
    other = None
    if not (root / ".github").exists():
        other = next((name for name in OTHER_SYSTEMS if (root / name).exists()), None)
    return Repository(root=root, branch=_branch(root / ".git"), other_system=other)


def _branch(git: Path) -> str:
    """What `origin/HEAD` points to, or the branch that is checked out where it has the name of a main one."""
    said = _pointer(git / "refs/remotes/origin/HEAD", "refs/remotes/origin/")
    if said is not None:
        return said
    current = _pointer(git / "HEAD", "refs/heads/")
    return current if current in _MAIN_BRANCHES else "main"


def _pointer(path: Path, prefix: str) -> str | None:
    try:
        found = re.fullmatch(rf"ref: {prefix}([\w./-]+)\n?", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):  # in a linked work tree `.git` is a file
        return None
    return found[1] if found else None
