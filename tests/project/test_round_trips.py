"""How many round trips each command takes, counted on the wire: a clock would not tell one more from a busy machine."""

from collections.abc import Callable
from typing import Any

import pytest
from cable import Line

from migrator.config import Address
from migrator.migrating import accept, down, up
from migrator.project import status
from migrator.verifying.verify import verify

pytestmark = pytest.mark.db


class Questions:
    """Counts the messages of a client's connections that it has to wait for an answer to, behind the login."""

    ASKING = frozenset(b"QSH")
    """Query, Sync, Flush: https://www.postgresql.org/docs/current/protocol-message-formats.html"""

    def __init__(self) -> None:
        self.held: dict[int, bytes] = {}
        self.count = 0

    def __call__(self, line: Line, data: bytes) -> bytes:
        """For `Cable.outward`: look and let everything pass."""
        rest = self.held.get(line.number, b"\0") + data  # a startup message has no type
        while len(rest) > 4 and len(rest) > (size := int.from_bytes(rest[1:5])):
            self.count += rest[0] in self.ASKING
            rest = rest[1 + size :]
        self.held[line.number] = rest
        return data


@pytest.fixture
def asked(cable, project):
    """Run a command on `project(files)`; how many questions it asked."""

    async def run(command: Callable[..., Any], files: dict[str, str] | None = None, **options: Any) -> int:
        questions = Questions()
        cable.outward = questions
        await command(project(files, database=Address(cable.dsn, "test")), **options)
        return questions.count

    return run


FILES = {f"migrations/{number:04}.t.sql": f"create table t{number} (id int)" for number in range(100)}
ROLLBACKS = {f"migrations/{number:04}.t.rollback.sql": f"drop table t{number}" for number in range(100)}
ONE_MORE = {"migrations/0100.t.sql": "create table t100 (id int)"}


async def test_round_trips(asked):
    """Each number is the least that is known; a change that adds one has to say what for, here."""
    counted = {
        # the ledger, which tables are there, the lock, four messages of 64 kB, the schema, its record and the lock
        "first up, 100 migrations": await asked(up, FILES | ROLLBACKS),
        # the ledger
        "nothing to do": await asked(up),
        "status": await asked(status),
        # the ledger; the lock; the ledger; the record; the schema; the migration; the schema; the record
        "one more": await asked(up, ONE_MORE),
        "down": await asked(down, ONE_MORE | {"migrations/0100.t.rollback.sql": "drop table t100"}),
        # the ledger; one transaction: what there is, the schema, the record, the checks
        "verify": await asked(verify),
        "accept with nothing to record": await asked(accept),
    }
    assert counted == {
        "first up, 100 migrations": 9,
        "nothing to do": 1,
        "status": 2,
        "one more": 8,
        "down": 8,
        "verify": 5,
        "accept with nothing to record": 3,
    }
