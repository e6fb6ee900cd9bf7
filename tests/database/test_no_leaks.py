"""No password leaks: whole commands, every form of an address, every format, passwords made to be misread."""

import asyncio
import io
import json
import logging
import os
import random
import re
import socket
import socketserver
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from addresses import quoted

import migrator
from migrator.cli import run
from migrator.cli.usage import refuse_stray_address
from migrator.config import load_config
from migrator.errors import MigratorError

LETTERS = "QXZJKVWY"
"""What no message, port or temporary folder holds four of."""

SPECIAL = [
    "@",
    "#",
    "/",
    "?",
    "[",
    "]",
    "%",
    ":",
    "+",
    " ",
    "'",
    '"',
    "\\",
    "ü",
    "\u2028",
    "€",
    "$",
    "{",
    "&",
    "=",
    ",",
    ";",
]
STEERING = ("PG", "MIGRATOR_", "DATABASE_URL", "CI", "GITHUB_", "SUPABASE_", "POSTGRES_", "PYTHONASYNCIODEBUG")
COMMANDS = (
    ["status", "-v"],
    ["status", "--json"],
    ["up", "-v"],
    ["up", "--json"],
    ["seed"],
    ["up", "--format", "github"],
    ["doctor", "-v"],
    ["doctor", "--json"],
    ["seed", "--check", "--format", "github"],
    ["init", "--dry-run", "--config", "other.toml"],
)
FORMS = (
    "url",
    "url-unescaped",
    "url-query",
    "url-wrong-key",
    "keywords",
    "keywords-unquoted",
    "option",
    "PGPASSWORD",
    "passfile",
    "service",
    "dotenv",
    "dotenv-password",
    "toml",
    "toml-variable",
    "scratch",
)


def passwords(seed: int, count: int) -> Iterator[str]:
    """Letters between everything that an address could trip over."""
    drawn = random.Random(seed)  # noqa: S311 - it shall be the same every time
    for _ in range(count):
        yield "".join(
            drawn.choice(SPECIAL) if drawn.random() < 0.35 else drawn.choice(LETTERS)
            for _ in range(drawn.randint(10, 16))
        ) + drawn.choice(["", "\n", "=", "%4"])


def pieces(password: str) -> set[str]:
    """Every piece of four characters that says something, as it is and in the spellings of the formats."""
    spellings = {password, quote(password, safe=""), repr(password), json.dumps(password)}
    windows = {text[at : at + 4] for text in spellings for at in range(len(text) - 3)}
    return {window for window in windows if sum(character in LETTERS for character in window) > 1}


def leaked(shown: str, password: str) -> list[str]:
    return [piece for piece in sorted(pieces(password)) if piece in shown]


class Project:
    """A folder with a migration and a seed, and an environment, that one form of an address is put into."""

    def __init__(self, folder: Path, where: str, user: str = "postgres", database: str = "nowhere") -> None:
        self.folder = folder
        self.environ = {name: text for name, text in os.environ.items() if not name.startswith(STEERING)}
        self.environ |= {"HOME": str(folder), "PYTHONASYNCIODEBUG": "1"}
        self.flags: list[str] = []
        self.where, self.user, self.database = where, user, database
        (folder / "migrations").mkdir(exist_ok=True)
        (folder / "seeds").mkdir(exist_ok=True)
        (folder / "migrations" / "0001.a.sql").write_text("create table a (id int primary key)")
        (folder / "seeds" / "a.yaml").write_text("a:\n  - id: 1\n")
        (folder / "migrator.toml").write_text("")

    def url(self, password: str, more: str = "") -> str:
        return f"postgresql://{self.user}:{password}@/{self.database}?{self.where}{more}"

    def put(self, form: str, password: str) -> None:  # noqa: C901, PLR0912 - a table, a form a line
        bare = f"postgresql://{self.user}@/{self.database}?{self.where}"
        escaped = self.url(quote(password, safe=""))
        host = dict(part.split("=") for part in self.where.split("&"))
        keywords = (
            f"host={host['host']} port={host.get('port', '5432')} user={self.user} dbname={self.database} password="
        )
        environ = self.environ
        match form:
            case "url":
                environ["DATABASE_URL"] = escaped
            case "url-unescaped":
                environ["DATABASE_URL"] = self.url(password)
            case "url-query":
                environ["DATABASE_URL"] = f"{bare}&password={quote(password, safe='')}"
            case "url-wrong-key":
                environ["DATABASE_URL"] = self.url(quote(password, safe=""), "&sslmod=require")
            case "keywords":
                environ["DATABASE_URL"] = keywords + quoted(password)
            case "keywords-unquoted":
                environ["DATABASE_URL"] = keywords + password
            case "option":
                self.flags = ["--database", escaped]
            case "PGPASSWORD":
                environ |= {"DATABASE_URL": bare, "PGPASSWORD": password}
            case "passfile":
                line = password.replace("\\", "\\\\").replace(":", "\\:")
                self.write(".pgpass", f"*:*:*:*:{line}\n").chmod(0o600)
                environ["DATABASE_URL"] = bare
            case "service":
                lines = [
                    f"{key}={value}" for key, value in {**host, "user": self.user, "dbname": self.database}.items()
                ]
                self.write(".pg_service.conf", "\n".join(["[it]", *lines, f"password={password}", ""]))
                environ["PGSERVICE"] = "it"
            case "dotenv":
                escapes = escaped.replace("\\", "\\\\").replace("'", "\\'")
                self.write(".env", f"DATABASE_URL='{escapes}'\n")
            case "dotenv-password":
                self.write(".env", f"DATABASE_URL='{bare}'\nPGPASSWORD={password}\n")
            case "toml":
                self.write("migrator.toml", f"database = {json.dumps(escaped)}\n")
            case "toml-variable":
                self.write("migrator.toml", f"database = {json.dumps(self.url('${SECRET}'))}\n")
                environ["SECRET"] = password
            case "scratch":
                environ |= {"DATABASE_URL": bare, "MIGRATOR_SCRATCH": escaped}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        return path


Shown = Callable[[Project, list[str]], tuple[int, str]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Shown:
    """Run a command in this process: its exit code, and everything that it has written, logs and summaries included."""
    caplog.set_level(logging.DEBUG)

    def carry(project: Project, command: list[str]) -> tuple[int, str]:
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.chdir(project.folder)
            summary = project.write("summary.md", "")
            patch.setattr(os, "environ", project.environ | {"GITHUB_STEP_SUMMARY": str(summary)})
            out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = run([*command, *project.flags])
            texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
        return code, "\n".join([*texts, caplog.text, summary.read_text(encoding="utf-8")])

    return carry


@pytest.fixture
def refused() -> Iterator[str]:
    """A port where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"host=127.0.0.1&port={bound.getsockname()[1]}"


class Refusal(socketserver.BaseRequestHandler):
    """Refuses every password."""

    def handle(self) -> None:
        """Answer the first message."""
        self.request.recv(4096)
        fields = (b"SFATAL", b"VFATAL", b"C28P01", b'Mpassword authentication failed for user "postgres"')
        body = b"\0".join(fields) + b"\0\0"
        self.request.sendall(b"E" + struct.pack("!i", len(body) + 4) + body)


@pytest.fixture
def refusing_all() -> Iterator[str]:
    """A server that refuses every password, without TLS."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"host=127.0.0.1&port={server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("form", FORMS)
def test_no_command_shows_a_piece_of_the_password(
    tmp_path: Path, shown: Shown, refused: str, refusing_all: str, own_server: Path, form: str
):
    """Whatever comes of it, a refusal or work: neither text, JSON, annotation nor log repeats four characters."""
    places = [
        (refused, "nowhere"),
        (refusing_all, "nowhere"),
        (f"host={own_server}", "nowhere"),
        (f"host={own_server}", "postgres"),
    ]
    codes: set[int] = set()
    for number, password in enumerate(passwords(seed=FORMS.index(form), count=4)):
        folder = tmp_path / str(number)
        folder.mkdir()
        where, database = places[number % 4]
        project = Project(folder, where, database=database)
        text = password.strip() if form in {"service", "dotenv-password"} else password
        project.put(form, text.replace("\n", "") if form in {"passfile", "service", "dotenv-password"} else text)
        for command in COMMANDS:
            code, said = shown(project, command)
            assert (leaked(said, password), code == 70) == ([], False), (form, command)
            codes.add(code)
    assert codes & {2, 3}


@pytest.mark.parametrize(
    "command",
    [
        ["up", "{url}"],
        ["{url}"],
        ["{url}", "up"],
        ["--format", "{url}", "up"],
        ["up", "--format={url}"],
        ["mark", "{url}", "--applied"],
        ["seed", "{url}"],
        ["new", "{url}"],
        ["server", "{url}"],
        ["status", "--config", "{url}"],
        ["up", "--migrations={url}"],
        ["up", "--to", "{url}"],
        ["status", "{keywords}"],
        ["status", "host=h", "{keyword}"],
        ["status", "--database", "host=h", "{keyword}"],
        ["status", "--database", "postgresql://u:x", "{tail}"],
    ],
    ids=" ".join,
)
def test_no_mistake_on_the_command_line_shows_a_piece_of_the_password(
    tmp_path: Path, shown: Shown, refused: str, command: list[str]
):
    """An address in the wrong place, or one that the shell has taken apart, is refused without being repeated."""
    project = Project(tmp_path, refused)
    for password in passwords(seed=len(command[-1]), count=3):
        forms = {
            "{url}": project.url(quote(password, safe="")),
            "{keywords}": f"host=h password={quoted(password)}",
            "{keyword}": f"password={password}",
            "{tail}": f"{password}@h/d",
        }
        written = [re.sub(r"\{\w+\}", lambda found: forms[found[0]], word) for word in command]  # noqa: B023 - at once
        code, said = shown(project, written)
        assert (leaked(said, password), code) == ([], 2)
    assert list((tmp_path / "migrations").iterdir()) == [tmp_path / "migrations" / "0001.a.sql"]


def test_an_address_in_its_place_is_taken():
    """Before or behind the command, in one word with its option or apart; texts of other options are left alone."""
    url = "postgresql://u:x@h/d"
    for argv in (
        ["-d", url, "up"],
        ["up", "-vd", url],
        [f"-d{url}", "up"],
        ["up", f"--database={url}"],
        ["up", "--database", "host=h password=x"],
        ["up", "--scratch", url],
        ["pull", "users", "--where", "password = 'x'"],
        ["new", "add password=x to users"],
    ):
        refuse_stray_address(argv)


@pytest.mark.parametrize(
    "text",
    [
        "databse = {address}\n",
        "password = {password}\n",
        "database = {variable}\n",
        "wait = 5\ndatabase = {broken}\n",
        'database = """\n{raw}\n"\n',
        "# {raw}\nwait = \n",
        "[[ignore]]\ncode = {address}\nlevel = 1\n",
        "database = [{address}]\n",
        "scratch = {address}\nscratch = {address}\n",
    ],
)
@pytest.mark.parametrize("name", ["migrator.toml", "pyproject.toml"])
def test_no_mistake_in_a_file_shows_a_piece_of_the_password(tmp_path: Path, shown: Shown, name: str, text: str):
    """The line that an error shows of a configuration keeps the key; a value that may be an address is masked."""
    project = Project(tmp_path, "host=h")
    (tmp_path / "migrator.toml").unlink()
    for password in passwords(seed=len(text), count=3):
        forms = {
            "{address}": json.dumps(project.url(quote(password, safe=""))),
            "{password}": json.dumps(password),
            "{variable}": json.dumps(project.url(password.replace("$", "")) + "${NOT_SET}"),
            "{broken}": f'"postgresql://u:{password.strip()}"{password.strip()}@h/d"',
            "{raw}": project.url(quote(password, safe="")),
        }
        written = re.sub(r"\{\w+\}", lambda found: forms[found[0]], text)  # noqa: B023 - at once
        project.write(name, f"[tool.migrator]\n{written}" if name == "pyproject.toml" else written)
        for command in (["status"], ["status", "--json"], ["status", "--format", "github"]):
            code, said = shown(project, command)
            assert (leaked(said, password), code) == ([], 2), written


@pytest.mark.parametrize("form", ["url", "url-unescaped", "keywords", "keywords-unquoted", "PGPASSWORD", "passfile"])
def test_no_exception_holds_a_piece_of_the_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, refused: str, form: str
):
    """For callers of the library: no cause or context, no traceback, no repr, no log of a slow event loop."""
    caplog.set_level(logging.DEBUG)
    for number, password in enumerate(passwords(seed=100 + len(form), count=6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        project = Project(folder, refused)
        project.put(form, password.replace("\n", "") if form == "passfile" else password)
        config = load_config({}, environ=project.environ, cwd=folder)
        events: list[object] = []

        async def work() -> None:
            asyncio.get_running_loop().slow_callback_duration = 0
            await migrator.up(config, emit=events.append)  # noqa: B023 - it is over before the next turn

        with pytest.raises(MigratorError) as raised, asyncio.Runner(debug=True) as runner:
            runner.run(work())
        found: list[str] = [repr(config), str(config.database), repr(config.told), repr(events), caplog.text]
        chain: list[BaseException] = [raised.value]
        while chain:
            error = chain.pop()
            found += [str(error), repr(error), repr(error.args), repr(vars(error))]
            found += traceback.format_exception(error)
            chain += [each for each in (error.__cause__, error.__context__) if each is not None]
        assert leaked("\n".join(found), password) == []
