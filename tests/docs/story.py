"""One page as one story: its files are written, its commands run in one folder on one database, what they say compared.

What differs from run to run (times, durations, versions, process ids, addresses, the folder) is given one name in the
page and in the output, so that pages show values as they are.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pages import ROOT, Step, blocks, steps

from migrator.cli import run

FOLDER = "/home/ada/shop"
"""The project's folder in the pages."""

ADDRESS = "postgresql://ada@localhost:5432/shop"
"""The database's address in the pages."""

_FILTERS = (
    (re.compile(r"postgres(?:ql)?(?:\+\w+)?://[^\s`\"',;)]+"), "[ADDRESS]"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "[UUID]"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "[SHA]"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "[NONCE]"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?"), "[TIME]"),
    (re.compile(r"\b\d+(?:\.\d+)? m?s\b"), "[DURATION]"),
    (re.compile(r"PostgreSQL \d+(?:\.\d+)?"), "PostgreSQL [VERSION]"),
    (re.compile(r"\bmigrate \d+\.\d+\.\d+\S*"), "migrate [VERSION]"),
    (re.compile(r"\b\d[\d,]* objects? compared"), "[COUNT] objects compared"),
    (re.compile(r"\b(pid|backend|process) \d+"), r"\1 [PID]"),
    (re.compile(r'"(duration|applied_at|server_version|server_version_num|pid)": (?!null)[^,\n]+'), r'"\1": [VALUE]'),
)
_WIDTHS = re.compile(r"(?<=\S) {2,}")
_EXCERPT = re.compile(r" *\d* *\| ")
_ONLY_AS_ROOT = re.compile(r"note: (PostgreSQL does not run as root|`\w+` cannot enter)")
_AT_THE_SAME_TIME = re.compile(r"(loaded|failed|skipped) \S+\.ya?ml")
_SHELL = re.compile(r"[|&;<>$`*?(){}\n]")
_STEERING = ("PG", "MIGRATOR_", "DATABASE_URL", "CI", "GITHUB_", "SUPABASE_", "POSTGRES_", "NO_COLOR")
_INSTALLS = re.compile(r"(python3? -m )?pip install\b|git clone\b")


def normal(text: str, folder: Path) -> list[str]:
    """Lines of output with what differs from run to run named; neighbours about concurrent work sorted."""
    text = text.replace(str(folder.resolve()), "[ROOT]").replace(str(folder), "[ROOT]").replace(FOLDER, "[ROOT]")
    for pattern, name in _FILTERS:
        text = pattern.sub(name, text)
    lines: list[str] = []
    group: list[str] = []
    for written in text.splitlines():
        line = (written if _EXCERPT.match(written) else _WIDTHS.sub("  ", written)).rstrip()
        if _ONLY_AS_ROOT.match(line):
            continue
        if _AT_THE_SAME_TIME.match(line):
            group.append(line)
            continue
        lines += [*sorted(group), line]
        group = []
    lines += sorted(group)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def agrees(shown: list[str], found: list[str]) -> bool:
    """The output is what the page shows, where `...` alone in a line stands for any lines."""
    if "..." not in shown:
        return shown == found
    at = shown.index("...")
    rest = shown[at + 1 :]
    return shown[:at] == found[:at] and any(agrees(rest, found[start:]) for start in range(at, len(found) + 1))


class _Words(io.StringIO):
    """A stream that is no terminal."""

    def isatty(self) -> bool:
        return False


@dataclass
class Story:
    """Where a page is played: its folder, and the environment of its commands."""

    folder: Path
    environment: dict[str, str]
    golden: bool = False
    code: int = 0
    rewritten: list[tuple[Step, str]] = field(default_factory=list)

    def play(self, page: Path) -> None:
        """Write and run what the page holds; fails at the first command that says something else.

        With `golden` it writes into the page what the commands say, instead.
        """
        played = [block for block in blocks(page) if block.skipped is None]
        commands = "\n".join(block.text for block in played if block.language == "console")
        for block in played:
            if block.title is not None:
                path = self.folder / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
                if block.language == "python" and block.title not in commands:
                    said = self._run(f"python {block.title}")
                    assert self.code == 0, f"{page.name}:{block.line}: {block.title} failed:\n{said}"
            elif block.language == "console":
                for step in steps(block):
                    self._carry_out(page, step)
        if self.rewritten:
            self._rewrite(page)

    def _rewrite(self, page: Path) -> None:
        lines = page.read_text(encoding="utf-8").splitlines()
        for step, said in reversed(self.rewritten):
            first = step.line - 1 + len(step.command.splitlines())
            shown = re.sub(r"postgresql://[^\s`\",;]+", ADDRESS, said).replace(str(self.folder), FOLDER)
            lines[first : first + len(step.output.splitlines())] = shown.splitlines()
        page.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _carry_out(self, page: Path, step: Step) -> None:
        if _INSTALLS.match(step.command):
            return
        export = re.fullmatch(r"export (\w+)=(.*)", step.command)
        if export:
            self.environment[export[1]] = shlex.split(export[2])[0] if export[2] else ""
            return
        output = self._run(step.command)
        found = normal(output, self.folder)
        shown = normal(step.output, self.folder)
        if not agrees(shown, found):
            if self.golden:
                self.rewritten.append((step, "\n".join(x for x in output.splitlines() if not _ONLY_AS_ROOT.match(x))))
                return
            said = "\n".join(found)
            expected = "\n".join(shown)
            pytest.fail(
                f"{page.name}:{step.line}: $ {step.command}\n--- the page\n{expected}\n--- the command\n{said}",
                pytrace=False,
            )

    def _run(self, command: str) -> str:
        if command == "echo $?":
            return f"{self.code}\n"
        words = [] if _SHELL.search(command) else shlex.split(command, comments=True)
        variables = {}
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, variables[name] = words.pop(0).partition("=")
        if words and words[0] == "migrate":
            return self._migrate(words[1:], {**self.environment, **variables})
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def _migrate(self, words: list[str], environment: dict[str, str]) -> str:
        """In this process: a new one for each command would take most of the time."""
        output = _Words()
        with pytest.MonkeyPatch.context() as patch:
            for name in tuple(os.environ):
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", _Words())
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                self.code = run(words)
        return output.getvalue()


def environment(programs: Path) -> dict[str, str]:
    """This process's environment without what would steer a command; `migrate`, `python` and `yoyo` are ours."""
    programs.mkdir(parents=True)
    for name, words in {"migrate": "-m migrator", "python": "", "yoyo": "-m yoyo"}.items():
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    calm = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    return {**calm, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
