"""What `init` found in a folder, and what became of each file that a project begins with."""

from dataclasses import dataclass
from typing import Literal

FileState = Literal["written", "planned", "unchanged", "kept", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Something that is there already and that decided what was written.

    Attributes:
        path: the file or folder, or the name of the variable.
        message: what it is, and what follows from it. Never a password.
    """

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InitFile:
    """One file or folder of `migrate init`.

    Attributes:
        path: as the user would write it from the current folder.
        state: `written`; `planned` is what a dry run would write; `unchanged` holds that already; `kept` is there and
            says something else; `skipped` is not wanted.
        reason: why, or what was written into a file that others write into, too.
    """

    path: str
    state: FileState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """The answer of `migrate init`.

    Attributes:
        files: in the order in which they are written.
        found: what decided.
        next: commands to go on with, in order.
        dry_run: nothing was written.
    """

    files: tuple[InitFile, ...]
    found: tuple[Trace, ...]
    next: tuple[str, ...]
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Something was written, or would be."""
        return any(file.state in {"written", "planned"} for file in self.files)
