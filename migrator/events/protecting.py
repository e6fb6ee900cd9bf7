"""What `protect` returns."""

from dataclasses import dataclass

from migrator.events.database import DatabaseInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectResult:
    """What `migrate protect` did.

    Attributes:
        database: where; its `protected` is what is so now.
        name: the database's name, which a protected one asks for.
        changed: this command set the mark or took it away, or would have in a dry run.
    """

    database: DatabaseInfo
    name: str
    changed: bool
