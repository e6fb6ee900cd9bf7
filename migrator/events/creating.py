"""What `new` returns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """The files that `migrate new` wrote."""

    id: str
    paths: tuple[str, ...]
