"""The workflow for GitHub Actions, made of its template: where it goes, and its text. Pure."""

import json
import re
import shlex
from importlib.resources import files
from pathlib import Path

from migrator._version import __version__
from migrator.project.founding.found import Ground

FOLDER = Path(".github", "workflows")


def template(name: str) -> str:
    """The text of a file in the folder `templates`."""
    return files("migrator.project.founding").joinpath("templates", name).read_text(encoding="utf-8")


def path(ground: Ground) -> Path:
    """In the repository's root; a project in a folder below it has a workflow of its own name there."""
    part = "-".join(re.findall(r"[^\W_]+", _below(ground)))
    return _top(ground) / FOLDER / f"{'-'.join(filter(None, ('migrations', part)))}.yml"


def text(ground: Ground) -> str:
    """The workflow."""
    below = _below(ground)
    name = f"migrations of {below}" if below else "migrations"
    paths = "" if not below else _paths(below, path(ground).relative_to(_top(ground)).as_posix())
    directory = f"\n    defaults:\n      run:\n        working-directory: {_yaml(below)}" if below else ""
    branch = "main" if ground.repository is None else ground.repository.branch
    values = {
        "__NAME__": _yaml(name),
        "__PATHS__": paths,
        "__BRANCH__": _yaml(branch),
        "__PUSH_PATHS__": paths,
        "__SUPABASE__": '\n    env:\n      MIGRATOR_SUPABASE: "true"' if ground.supabase else "",
        "__DIRECTORY__": directory,
        "__PYTHON__": ground.python,
        "__INSTALL__": _install(ground),
    }
    return re.sub(r"__[A-Z_]+?__", lambda mark: values[mark[0]], template("workflow.yml"))


def _top(ground: Ground) -> Path:
    return ground.root if ground.repository is None else ground.repository.root


def _below(ground: Ground) -> str:
    below = ground.root.relative_to(_top(ground)).as_posix()
    return "" if below == "." else below


def _paths(below: str, workflow: str) -> str:
    # in a filter these have a meaning of their own
    folder = re.sub(r"([*?+\[\]!\\])", r"\\\1", below)
    return f"\n    paths:\n      - {_yaml(f'{folder}/**')}\n      - {_yaml(workflow)}"


def _install(ground: Ground) -> str:
    wanted = shlex.quote(f"migrator[embedded]>={__version__}")
    # the extra may not be among the requirements
    return f"pip install {'-r requirements.txt ' if ground.requirements else ''}{wanted}"


def _yaml(text: str) -> str:
    """A text as YAML: plain where nothing in it has a meaning, else in double quotes."""
    plain = re.fullmatch(r"[A-Za-z][\w ./-]*\w", text, re.ASCII) is not None
    words = {"true", "false", "yes", "no", "null", "on", "off"}
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)
