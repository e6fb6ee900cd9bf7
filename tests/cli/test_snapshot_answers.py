"""What `migrate snapshot` says in every format."""

import io
import json
from dataclasses import replace
from typing import Any

from verified import DATABASE

from migrator.cli.render import Surroundings, pick
from migrator.events.snapshot import SnapshotResult

WRITTEN = SnapshotResult(
    database=DATABASE, path="schema", objects={"table": 2, "index": 1}, written=3, unchanged=1, removed=2
)


def said(result: SnapshotResult, name: Any) -> tuple[str, str]:
    """What is on stdout and on stderr."""
    stdout, stderr = io.StringIO(), io.StringIO()
    renderer = pick(name, Surroundings(command="snapshot", stdout=stdout, stderr=stderr, environ={}))
    renderer.done(result)
    renderer.close()
    return stdout.getvalue(), stderr.getvalue()


def test_text():
    """How many files were written, removed and left, or that there was nothing to do; and what is not in them."""
    at = "postgresql://ci@db:5432/shop"
    assert said(WRITTEN, "text") == ("", f"wrote 3 files, removed 2 in schema: 3 objects of {at}; 1 unchanged\n")
    same = replace(WRITTEN, written=0, removed=0, unchanged=4, left_out={"policy of the moon": 2})
    assert said(same, "text")[1] == (
        f"nothing to write: schema holds the 3 objects of {at} as they are; "
        "2 objects of kinds that are not compared left out\n"
    )


def test_json_and_github():
    """The document has every number; a workflow's page has them in a line."""
    document = json.loads(said(WRITTEN, "json")[0])
    assert {key: document[key] for key in ("command", "ok", "path", "objects", "written", "unchanged", "removed")} == {
        "command": "snapshot",
        "ok": True,
        "path": "schema",
        "objects": {"table": 2, "index": 1},
        "written": 3,
        "unchanged": 1,
        "removed": 2,
    }
    assert "::" not in said(WRITTEN, "github")[0]
