"""Who blocks a run, as each renderer tells it."""

import io
import json
from pathlib import Path

from migrator.cli.render import Renderer, Surroundings, choose, pick
from migrator.errors import UnavailableError
from migrator.events import Blocked, Blocker, Event, Retrying

ADA = Blocker(
    pid=4711,
    user="ada",
    application="psql",
    client="10.0.0.7",
    state="idle in transaction",
    open=182.0,
    query="update users set name = '…'",
)
FORGOTTEN = Blocker(pid=None, user="bob", open=7200.0, prepared="two\x1bphase")
HIDDEN = Blocker(pid=4713, user="eve")

BLOCKED = Blocked(
    id="0003.c",
    direction="up",
    statement=2,
    lock="AccessExclusiveLock",
    relation="users",
    snapshot=False,
    waited=1.0,
    blockers=(ADA, HIDDEN),
)
SNAPSHOT = Blocked(
    id="0003.c",
    direction="down",
    statement=1,
    lock="ShareLock",
    relation=None,
    snapshot=True,
    waited=1.0,
    blockers=(FORGOTTEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
)
RETRYING = Retrying(
    id="0003.c",
    sqlstate="55P03",
    message="`0003.c` failed at statement 2 of 2: canceling statement due to lock timeout (55P03)",
    pause=2.6,
    attempt=1,
    attempts=10,
    blockers=(ADA,),
)
ERROR = UnavailableError(
    "`0003.c` failed at statement 2 of 2",
    code="lock-timeout",
    detail="canceling statement due to lock timeout (55P03)",
    outcome="`0003.c` was rolled back; nothing else was changed",
    blockers=(ADA, FORGOTTEN, HIDDEN, HIDDEN),
)

ADA_SAID = "pid 4711 (ada, psql, 10.0.0.7), transaction open for 3 min 2 s, idle: update users set name = '…'"
FORGOTTEN_SAID = "a prepared transaction `two\\x1bphase` (bob), transaction open for 2 h 0 min"
EVE = "pid 4713 (eve)"
OLDER = "the rollback of `0003.c` waits for older transactions to end"


def told(wanted: str, *events: Event, page: Path | None = None) -> tuple[str, str]:
    """What a renderer writes to stdout and stderr for these events and the error."""
    out, err = io.StringIO(), io.StringIO()
    environ = {} if page is None else {"GITHUB_STEP_SUMMARY": str(page)}
    surroundings = Surroundings(command="up", stdout=out, stderr=err, environ=environ)
    renderer: Renderer = pick(choose(wanted, {}), surroundings)
    for event in events:
        renderer.event(event)
    renderer.failed(ERROR, exit_code=3)
    return out.getvalue(), err.getvalue()


def test_text():
    """A line while it waits, a line for each retry at once, and a line for each blocker in the error."""
    out, err = told("text", BLOCKED, SNAPSHOT, RETRYING)
    assert out == ""
    assert err.splitlines() == [
        f"blocked: `0003.c` waits for a lock on `users` held by {ADA_SAID}; pid 4713 (eve)",
        f"blocked: {OLDER}: {FORGOTTEN_SAID}; {EVE}; {EVE}; and 2 more",
        f"retrying: {RETRYING.message}; rolled back, retry 1 of 10 in 2.6 s",
        "error: `0003.c` failed at statement 2 of 2",
        "  canceling statement due to lock timeout (55P03)",
        f"blocked by {ADA_SAID}",
        f"blocked by {FORGOTTEN_SAID}",
        "blocked by pid 4713 (eve)",
        "and by 1 more",
        "`0003.c` was rolled back; nothing else was changed",
    ]


def test_json():
    """Blockers are values, in the error and in the notices."""
    out, err = told("json", BLOCKED, RETRYING)
    assert err == ""
    document = json.loads(out)
    ada = {
        "pid": 4711,
        "user": "ada",
        "application": "psql",
        "client": "10.0.0.7",
        "state": "idle in transaction",
        "open": 182.0,
        "query": "update users set name = '…'",
        "prepared": None,
    }
    assert len(document["error"]["blockers"]) == 4
    assert document["error"]["blockers"][0] == ada
    assert [(notice["code"], notice["migration"]) for notice in document["notices"]] == [
        ("blocked", "0003.c"),
        ("retrying", "0003.c"),
    ]
    assert document["notices"][1]["blockers"] == [ada]


def test_github(tmp_path: Path):
    """The annotation and the job's page name the blockers, too."""
    page = tmp_path / "page.md"
    out, err = told("github", BLOCKED, page=page)
    assert f"blocked by {ADA_SAID}%0Ablocked by {FORGOTTEN_SAID}%0A" in out
    assert err.startswith("blocked: `0003.c` waits for a lock on `users` held by pid 4711")
    assert "  - blocked by pid 4711 (ada, psql, 10.0.0.7)" in page.read_text(encoding="utf-8")
