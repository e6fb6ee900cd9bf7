"""What `migrate snapshot` wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.events.database import DatabaseInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotResult:
    """The live schema as files.

    Attributes:
        database: whose schema it is.
        path: the folder.
        objects: how many objects of each class are in it.
        written: files that are new or changed.
        unchanged: files that held the same before.
        removed: files of objects that are gone.
        left_out: how many objects there are of kinds that are not compared, and so not written.
    """

    database: DatabaseInfo
    path: str
    objects: Mapping[str, int] = field(default_factory=dict)
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
