"""A message of the server that is no error, and who hears it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of the server that is not an error: INFO, NOTICE, WARNING ..."""

    severity: str
    message: str
    sqlstate: str
    detail: str | None = None
    hint: str | None = None


Listener = Callable[[Notice], None]
