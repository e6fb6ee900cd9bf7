"""The options that every command has, and how a command is declared.

They may stand before or behind the command's name. Options that are also keys of the configuration are handed to
`migrator.config.load_config`, which reads their environment variables; click reads those of the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from migrator.cli.render import FORMATS

Function = TypeVar("Function", bound=Callable[..., Any])

LASTING = ("database", "migrations", "seeds", "wait")
"""Options of every command that are configuration keys, too."""


@dataclass(slots=True)
class Common:
    """What the options of every command say; one object a run, filled as click parses.

    Attributes:
        command: the command's name, as far as it is known.
        flags: configuration keys, and `config`, the configuration file.
        format: the format asked for.
        quiet: no progress.
        verbose: every statement, every origin.
        yes: do not ask.
    """

    command: str = ""
    flags: dict[str, object] = field(default_factory=dict)
    format: str | None = None
    quiet: bool = False
    verbose: bool = False
    yes: bool = False


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep what was given; a flag before the command's name is not undone by a variable behind it."""
    common = context.ensure_object(Common)
    name = parameter.name or ""
    source = context.get_parameter_source(name)
    if value is None or source in {ParameterSource.DEFAULT, None}:
        return
    given = name in common.flags if name in {*LASTING, "config"} else getattr(common, name) not in {None, False}
    if source is ParameterSource.ENVIRONMENT and given:
        return
    if name in {*LASTING, "config"}:
        common.flags[name] = value
    else:
        setattr(common, name, value)


def _as_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001, FBT001 - click
    if value:
        context.ensure_object(Common).format = "json"


def variable(option: str) -> str:
    """The environment variable of an option."""
    return f"MIGRATOR_{option.upper().replace('-', '_')}"


def _option(*names: str, **keywords: Any) -> Callable[[Function], Function]:
    return click.option(*names, expose_value=False, callback=_remember, is_eager=True, **keywords)


_COMMON = (
    _option(
        "-d", "--database", metavar="ADDRESS", help="The database: a PostgreSQL URL, libpq keywords, or `embedded:`."
    ),
    _option("--migrations", metavar="DIR", help="The folder of migrations."),
    _option("--seeds", metavar="DIR", help="The folder of seed files."),
    _option("--wait", metavar="TIME", help="How long to wait for another run's lock or a server that starts (60s)."),
    _option(
        "--format",
        type=click.Choice(FORMATS),
        envvar=variable("format"),
        help="How to answer; `github` by itself inside a GitHub workflow, otherwise `text`.",
    ),
    click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=_as_json, help="Short for --format json."
    ),
    _option("--config", metavar="FILE", envvar=variable("config"), help="A configuration file other than the nearest."),
    _option("-q", "--quiet", is_flag=True, envvar=variable("quiet"), help="No progress, only answers and errors."),
    _option(
        "-v",
        "--verbose",
        is_flag=True,
        envvar=variable("verbose"),
        help="Every statement, and where settings are from.",
    ),
    _option("-y", "--yes", is_flag=True, envvar=variable("yes"), help="Do not ask."),
)


def common(function: Function) -> Function:
    """Give a command the options that every command has."""
    for add in reversed(_COMMON):
        function = add(function)
    return function


class Command(click.Command):
    """A command whose help tells its own options first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its own options, then those that every command has."""
        shared = {parameter.name for parameter in self.params if not parameter.expose_value}
        own: list[tuple[str, str]] = []
        everyone: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                (everyone if parameter.name in {*shared, "help"} else own).append(record)
        for title, records in (("Options", own), ("Options of every command", everyone)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a command: its help is the function's docstring, and ends with an example."""

    def declare(function: Callable[..., Any]) -> click.Command:
        epilog = "\b\nExample:\n" + "\n".join(f"  {part}" for part in example.split("\n"))
        return click.command(name, cls=Command, epilog=epilog)(common(function))

    return declare


def given(**values: object) -> Mapping[str, object]:
    """Configuration keys without those that no option set."""
    return {key: value for key, value in values.items() if value is not None}
