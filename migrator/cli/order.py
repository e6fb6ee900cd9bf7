"""What a command's options come to: the job, and everything that has to be asked before it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit

    Job: TypeAlias = Callable[[Config, Emit], Awaitable[Result]]
    """A job of the library with its own options filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as its options describe it; `migrator.cli.main` carries it out.

    Attributes:
        command: its name in documents, such as `up` or `server start`.
        job: what it does.
        flags: configuration keys that its own options set.
        preview: what to show before asking; a command with one asks on a terminal and refuses without.
        question: asks about what the preview showed; None where there is nothing to ask, because nothing would happen.
        founding: it makes the configuration, so that no file is read for it.
        serving: it is about a server alone, so that it says nothing about folders of files.
        offline: it never connects to the configured database, whose address may lack its variables.
        confirmed: the job, given the name of a protected database as its user has typed it.
    """

    command: str
    job: Job
    flags: Mapping[str, object] = field(default_factory=dict)
    preview: Job | None = None
    question: Callable[[Result], str | None] = lambda _: None
    founding: bool = False
    serving: bool = False
    offline: bool = False
    confirmed: Callable[[str], Job] | None = None
