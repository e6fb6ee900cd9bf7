"""docs/ is complete: whatever a user can type, set, read or be told has its place there; the code is asked."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pages import DOCS, PAGES, ROOT, prose

import migrator
from migrator import errors, events
from migrator.cli.commands import COMMANDS, group
from migrator.cli.endings import BUG
from migrator.config import ADDRESS_VARIABLES
from migrator.database.address.libpq import VARIABLES
from migrator.database.address.parameters import UNDERSTOOD
from migrator.database.address.url import SCHEMES
from migrator.events.status import MigrationState
from migrator.settings import SETTINGS

# A code that is computed stands where no walk over the source can see it. Files with one are listed with what it can
# be; a new one fails the test until it is listed here.
COMPUTED = {
    "cli/stopping.py": {"interrupted", "terminated"},
    "database/network/failures.py": {"pooler-full", "statement-pooler"},
    "database/network/login_failures.py": {
        *("connection-failed", "connection-protocol", "login-refused", "password-missing", "server-starting"),
        *("too-many-connections", "unknown-database", "unknown-role", "wrong-password"),
    },
    "database/network/supavisor.py": {
        "address-not-allowed",
        "login-banned",
        "login-refused",
        "pooler-full",
        "pooler-user",
    },
    "migrating/running/blame.py": {"lock-timeout", "statement-failed", "syntax-error"},
    "sql/refusals.py": {
        *("unterminated-comment", "unterminated-dollar-quote", "unterminated-identifier", "unterminated-string"),
    },
}
PASSED_ON = {"database/connect.py", "errors.py", "migrating/planning/refusals.py", "migrating/planning/standing.py"}
PASSED_ON |= {"project/diagnosis/examination.py", "cli/render/verdict.py"}
PASSED_ON |= {path.relative_to(ROOT / "migrator").as_posix() for path in (ROOT / "migrator/seeding").rglob("*.py")}
"""Files that hand on the code of another error."""


def everything() -> str:
    """The text of all pages."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def literals(page: Path) -> set[str]:
    """What stands between backticks in a page, and each word of it."""
    spans = re.findall(r"`([^`]+)`", prose(page).replace(r"\|", "|"))
    return {*spans, *(word for span in spans for word in re.split(r"[\s=]+", span))}


def table(page: str, heading: str = "") -> set[str]:
    """The literals in the first cell of every row of the page's tables, below a heading where one is given."""
    text = prose(DOCS / page)
    if heading:
        text = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its name, and the group itself."""
    context = click.Context(group)
    for name in COMMANDS:
        found = group.get_command(context, name)
        assert found is not None
        yield name, found
    yield "", group


def codes() -> tuple[set[str], set[str]]:
    """The codes of errors and of notices in the source."""
    of_errors: set[str] = set().union(*COMPUTED.values())
    of_notices: set[str] = set()
    for path in sorted((ROOT / "migrator").rglob("*.py")):
        name = path.relative_to(ROOT / "migrator").as_posix()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            if isinstance(call.func, ast.Name) and call.func.id in {"Check", "CheckInfo", "Finding"}:
                continue  # theirs are the codes of checks, which have pages of their own
            told = isinstance(call.func, ast.Name) and call.func.id in {"Told", "Noticed"}
            for keyword in call.keywords:
                if keyword.arg != "code":
                    continue
                found = {
                    part.value
                    for part in ast.walk(keyword.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
                assert found or name in {*COMPUTED, *PASSED_ON}, f"{name}:{call.lineno} computes a code"
                (of_notices if told else of_errors).update(found)
    return of_errors, of_notices


def test_every_command_is_told() -> None:
    """Each command's name stands in the docs as `migrate NAME`."""
    text = everything()
    assert [name for name in COMMANDS if f"migrate {name}" not in text] == []


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_option_is_told(name: str, command: click.Command) -> None:
    """Each spelling of each option stands in docs/configuration.md, those of one command in a row with its name."""
    text = prose(DOCS / "configuration.md").splitlines()
    missing = []
    for parameter in command.get_params(click.Context(command)):
        if not isinstance(parameter, click.Option):
            continue
        own = name and parameter.expose_value and parameter.name != "help"
        for spelling in (*parameter.opts, *parameter.secondary_opts):
            rows = [line for line in text if re.search(rf"`(?:-\w`, `)?{re.escape(spelling)}(?:`| )", line)]
            if not any(line.startswith(f"| `{name}` |") for line in rows) if own else not rows:
                missing.append(spelling)
    assert missing == []


def test_every_variable_is_told() -> None:
    """Each environment variable that click or the configuration reads stands in docs/configuration.md."""
    wanted = {*ADDRESS_VARIABLES, *VARIABLES, *(f"MIGRATOR_{key.upper()}" for key in SETTINGS if key != "ignore")}
    for _, command in commands():
        wanted |= {str(parameter.envvar) for parameter in command.params if parameter.envvar}
    assert wanted - literals(DOCS / "configuration.md") == set()


def test_no_other_variable_is_told() -> None:
    """A MIGRATOR_* variable in the docs is one that is read."""
    read = {f"MIGRATOR_{key.upper()}" for key in SETTINGS if key != "ignore"}
    for _, command in commands():
        read |= {str(parameter.envvar) for parameter in command.params if parameter.envvar}
    assert set(re.findall(r"MIGRATOR_\w+", everything())) - read == set()


def test_every_key_is_told() -> None:
    """Each key of the configuration stands in docs/configuration.md."""
    assert SETTINGS.keys() - literals(DOCS / "configuration.md") == set()


def test_every_part_of_an_address_is_told() -> None:
    """Each scheme and each parameter of an address stands in docs/configuration.md."""
    wanted = {*UNDERSTOOD, *(f"{scheme}:" for scheme in SCHEMES)}
    assert wanted - literals(DOCS / "configuration.md") == set()


def test_every_exit_code_is_told_and_no_other() -> None:
    """docs/exit-codes.md has a row for each exit code of the errors, for success, for a bug and for signals."""
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    wanted = {each.exit_code for each in classes} | {0, BUG, 130, 143}
    rows = re.findall(r"^\| (\d+) \|", (DOCS / "exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(wanted)


def test_every_code_is_told_and_no_other() -> None:
    """docs/errors.md has a row for each error code in the source, and none for a code that does not exist."""
    of_errors, of_notices = codes()
    of_notices |= {events.Blocked.code, events.Retrying.code}
    told = table("errors.md", "Notices")
    assert (of_notices - told, told - of_notices) == (set(), set())
    text = prose(DOCS / "errors.md").partition("## Notices")[0]
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `")]
    told = {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
    assert (of_errors - told, told - of_errors) == (set(), set())


def test_every_state_is_told() -> None:
    """docs/status.md has a row for each state of a migration."""
    assert set(MigrationState.__args__) - table("status.md", "States") == set()


def test_every_name_of_the_library_is_told() -> None:
    """Each public name of the package, and each event, stands in docs/library.md."""
    spans = " ".join(re.findall(r"`([^`]+)`", prose(DOCS / "library.md")))
    words = set(re.findall(r"\w+", spans))
    assert {*migrator.__all__, *events.__all__} - words == set()


def test_every_key_of_a_document_is_told() -> None:
    """Each key that a golden JSON document holds stands in docs/json.md."""
    found: set[str] = set()
    named = {"tables", "installed", "created", "parts", "readers"}  # whose keys are names of the user's

    def gather(value: object) -> None:
        if isinstance(value, dict):
            for key, part in value.items():
                found.add(key)
                gather(list(part.values()) if key in named else part)
        elif isinstance(value, list):
            for part in value:
                gather(part)

    for golden in sorted((ROOT / "tests/cases").glob("*/*/json.json")):
        gather(json.loads(golden.read_text(encoding="utf-8")))
    assert len(found) > 20
    assert found - literals(DOCS / "json.md") == set()
