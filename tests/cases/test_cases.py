"""One case, every renderer: a folder of input, the commands to run on it, and what each format then says.

A case is `tests/cases/TOPIC/CASE/` with `command` and any of `migrations/`, `seeds/`, other files, `setup.sql` (run
first) and `make.py` (writes files that would not survive an editor: run in the case's copy). `command` holds a line per
step:

    migrate up              runs in this process, on a fresh database
    NAME=value migrate up   with an environment variable, for this step
    without MODULE migrate  as if a package were not installed
    answers TEXT... migrate every host is a server that answers the logins with these texts (`28P01 wrong`), the last of
                            them for ever; how many logins there were stands behind what was said
    sql select 1            shows what is in the database
    anything else           is a shell command in the case's folder
    $CASE_HOST $CASE_DATABASE are where the database is
    # no database           as first line: none is made, and an address where nobody listens is configured
    # our own server        as first line: skipped where MIGRATOR_TEST_DSN names another one

The goldens are `text.txt` (stdout as it is, stderr behind `2|`), `json.json` (one document a step), `github.txt` (and
the job's summary) and `code` (exit codes). `pytest --golden` writes them; read the difference before you commit it.
"""

import asyncio
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from fake import Fake, beside, is_everywhere

from migrator.cli import run
from migrator.cli.render.summary import escape
from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/command"))
GOLDENS = {"text": "text.txt", "json": "json.json", "github": "github.txt"}
NO_DATABASE = "# no database"
OWN_SERVER = "# our own server"
NOBODY = "postgresql://nobody@localhost:1/nothing"

PASSWORDS = ("s3cret", "pa#ss", "YOUR-PASSWORD")
"""What cases put where a password goes; no answer may show it."""

TEXT_FILTERS = (
    ("[SHA]", re.compile(r"\b[0-9a-f]{64}\b")),
    ("[NONCE]", re.compile(r"\b[0-9a-f]{16}\b")),
    ("[TIME]", re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?")),
    (" [DURATION]", re.compile(r" +\b\d+(\.\d+)? m?s\b")),
    (" took", re.compile(r" +took\b")),
    (r"\1  ", re.compile(r"(\d+/\d+|\[TIME\]) {3,}")),  # as wide as the longest duration
    ("PostgreSQL [VERSION]", re.compile(r"PostgreSQL \d+(&#46;|\.)\d+")),
    ("pid [PID]", re.compile(r"\bpid \d+")),
    ("compared: [CLASSES]", re.compile(r"\bcompared: [a-z ]+ \d[\d,]*(, [a-z ]+ \d[\d,]*)*$", re.MULTILINE)),
    ("[COUNT] objects compared", re.compile(r"\b\d[\d,]* objects? compared")),
)
"""What differs from run to run, and the name it gets instead."""

JSON_FILTERS = {
    "duration": "[DURATION]",
    "applied_at": "[TIME]",
    "server_version": "[VERSION]",
    "server_version_num": "[VERSION]",
    "pid": "[PID]",
    "available": "[AVAILABLE]",
    "compared": "[CLASSES]",
}
"""Keys of documents whose values differ from run to run."""


@dataclass
class Place:
    """Where a case runs: its folder, its database, and the texts that name them."""

    folder: Path
    dsn: str
    names: list[tuple[str, str]] = field(default_factory=list)

    def filtered(self, text: str) -> str:
        """Text with what differs from run to run replaced by its name."""
        for written, name in self.names:
            text = text.replace(written, name)
        for name, pattern in TEXT_FILTERS:
            text = pattern.sub(name, text)
        return text

    def filtered_value(self, value: Any, key: str = "") -> Any:
        """The same for a value of a document."""
        if value not in (None, {}) and key in JSON_FILTERS:
            return JSON_FILTERS[key]
        if isinstance(value, dict):
            return {name: self.filtered_value(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [self.filtered_value(part) for part in value]
        return self.filtered(value) if isinstance(value, str) else value


class Streams:
    """Both streams of a command as one text: stderr's lines marked, in the order in which they were written."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def stream(self, mark: str) -> io.StringIO:
        """A stream that is no terminal."""
        lines = self.lines

        class Stream(io.StringIO):
            def write(self, text: str) -> int:
                lines.append((mark, text))
                return len(text)

        return Stream()

    def text(self, mark: str | None = None) -> str:
        """Everything, or what was written under one mark."""
        parts = [(which, text) for which, text in self.lines if mark is None or which == mark]
        whole = "".join(
            "".join(which + part for part in text.splitlines(keepends=True)) if mark is None else text
            for which, text in parts
        )
        return whole if whole.endswith("\n") or not whole else whole + "\n"


def _copy(case: Path, folder: Path) -> None:
    shutil.copytree(case, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*GOLDENS.values(), "code"))
    if (folder / "make.py").exists():
        subprocess.run([sys.executable, "make.py"], cwd=folder, check=True)
        (folder / "make.py").unlink()


def _query(dsn: str, sql: str) -> str:
    async def go() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()

    return "".join(" | ".join(str(value) for value in row.values()) + "\n" for row in asyncio.run(go()))


def _setup(dsn: str, script: str) -> None:
    async def go() -> None:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            await connection.execute(script)
        finally:
            await connection.close()

    asyncio.run(go())


def _migrate(
    words: list[str], variables: dict[str, str], missing: list[str], server: Fake | None
) -> tuple[int, Streams]:
    streams = Streams()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        for name in missing:
            # another test may have imported it already, and a submodule that is known hides that its parent is not
            for known in [known for known in sys.modules if known.startswith(f"{name}.")]:
                patch.delitem(sys.modules, known)
            patch.setitem(sys.modules, name, None)
        if server is not None:
            is_everywhere(server, patch)
        patch.setattr(sys, "stdin", io.StringIO())
        with contextlib.redirect_stdout(streams.stream("")), contextlib.redirect_stderr(streams.stream("2| ")):
            code = run(words)
    return code, streams


def _steps(case: Path) -> Iterator[str]:
    for line in (case / "command").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def _sorted_where_order_is_free(text: str) -> str:
    """Independent seed files are loaded at the same time: neighbouring lines about them have no order."""
    done: list[str] = []
    group: list[str] = []
    for line in text.splitlines(keepends=True):
        if re.match(r"2\| (loaded|failed|skipped) seeds/", line):
            group.append(line)
            continue
        done += [*sorted(group), line]
        group = []
    return "".join([*done, *sorted(group)])


def _answers(words: list[str]) -> tuple[tuple[str, str], ...]:
    """What stands between `answers` and `migrate`, taken off the words of a step."""
    if words[0] != "answers":
        return ()
    end = words.index("migrate")
    texts = words[1:end]
    del words[:end]
    return tuple((text[:5], text[6:]) for text in texts)


def _carry_out(case: Path, form: str, place: Place) -> tuple[str, list[int]]:
    """Every step of a case in one format: what was said, and the exit codes of `migrate`."""
    said: list[str] = []
    documents: list[Any] = []
    codes: list[int] = []
    for step in _steps(case):
        words = shlex.split(step)
        variables = {"MIGRATOR_FORMAT": form}
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.DOTALL):
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        missing = [words.pop(1), words.pop(0)][:1] if words[0] == "without" else []
        answers = _answers(words)
        said.append(f"$ {step}\n")
        if words[0] == "migrate":
            with beside(Fake(answers=answers)) if answers else contextlib.nullcontext() as server:
                code, streams = _migrate([os.path.expandvars(word) for word in words[1:]], variables, missing, server)
            codes.append(code)
            said.append(_sorted_where_order_is_free(streams.text()))
            if server is not None:
                said.append(f"[logins: {len(server.logins)}]\n")
            if form == "json":
                assert streams.text("2| ") == "", "with --format json nothing is written to stderr"
                documents.append(place.filtered_value(json.loads(streams.text(""))))
        elif words[0] == "sql":
            said.append(_query(place.dsn, step.partition("sql ")[2]))
        else:
            done = subprocess.run(step, shell=True, cwd=place.folder, capture_output=True, text=True, check=True)  # noqa: S602 - cases are ours
            said.append(done.stdout)
    if form == "json":
        return json.dumps(documents, indent=2, ensure_ascii=False) + "\n", codes
    summary = place.folder / "summary.md"
    if summary.exists():
        said.append(f"--- summary ---\n{summary.read_text(encoding='utf-8')}")
    return place.filtered("".join(said)), codes


@pytest.fixture
def place(case: Path, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> Place:
    """A copy of the case's files as the current folder, and a database of its own."""
    first, _, _ = (case / "command").read_text(encoding="utf-8").partition("\n")
    bare = first == NO_DATABASE
    if first == OWN_SERVER and "MIGRATOR_TEST_DSN" in os.environ:
        pytest.skip("this case changes who may log in to the server")
    folder = tmp_path / "case"
    _copy(case, folder)
    monkeypatch.chdir(folder)
    for name in tuple(os.environ):
        if name.startswith(("MIGRATOR_", "PG", "GITHUB_")) or name in {"DATABASE_URL", "CI", "NO_COLOR", "TERM"}:
            monkeypatch.delenv(name)
    (folder / "migrator.toml").touch()
    dsn = NOBODY if bare else request.getfixturevalue("dsn")
    target = parse(Address(dsn, "test"), {})
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("CASE_HOST", target.hosts[0].name)
    monkeypatch.setenv("CASE_DATABASE", target.database)
    if form == "github":
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    if (folder / "setup.sql").exists():
        _setup(dsn, (folder / "setup.sql").read_text(encoding="utf-8"))
    return Place(folder, dsn, _names(folder, dsn, target))


def _names(folder: Path, dsn: str, target: Target) -> list[tuple[str, str]]:
    """What is replaced by a name, the longer first; in a summary the same texts are escaped."""
    names = [(dsn, "[DSN]"), (str(target), "[DSN]"), (str(folder), "[ROOT]")]
    if target.database != "nothing":
        names += [(target.hosts[0].name, "[HOST]"), (target.database, "[DATABASE]")]
    names += [(escape(written), name) for written, name in names]
    return sorted(names, key=lambda pair: -len(pair[0]))


@pytest.mark.parametrize("form", GOLDENS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(HERE)))
def test_case(case: Path, form: str, place: Place, golden: Callable[[Path, str], str]):
    """What a command says about this input, in this format, and the code that it ends with."""
    said, codes = _carry_out(case, form, place)
    answers = "\n".join(line for line in said.splitlines() if not line.startswith("$ "))
    assert [word for word in ("Traceback", *PASSWORDS) if word in answers] == []
    assert golden(case / GOLDENS[form], said) == said
    ended = "".join(f"{code}\n" for code in codes)
    assert golden(case / "code", ended) == ended
