"""Seed files as an editor reads them: YAML 1.2's core schema and merge keys, as the YAML language server has it."""

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML with the plain scalars of https://yaml.org/spec/1.2.2/#1032-tag-resolution."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML wants it so


for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), [*first, ""])
Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def load(text: str) -> Any:
    """What an editor sees."""
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader
