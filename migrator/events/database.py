"""Which database it is that a command spoke to, and what the user should know of the way there."""

from dataclasses import dataclass
from typing import Literal

DatabaseKind = Literal["direct", "pooler", "session-pooler", "transaction-pooler", "embedded", "docker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """The database that a command spoke to.

    Attributes:
        address: the redacted address; never a password.
        origin: where the address came from, such as `DATABASE_URL` or `[tool.migrator] database in pyproject.toml`.
        kind: what stands at that address.
        server_version: as in `17.4`.
        server_version_num: as in 170004.
        supabase: it is treated as a Supabase database.
        protected: `migrate protect` has marked it.
    """

    address: str
    origin: str
    kind: DatabaseKind
    server_version: str
    server_version_num: int
    supabase: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that the user should know and that changes nothing: a dropped option, a default that was taken.

    Attributes:
        code: a stable name such as `option-dropped`.
        message: what is so; lower case, no full stop.
        verbose: only for who asked to be told everything.
    """

    code: str
    message: str
    verbose: bool = False
