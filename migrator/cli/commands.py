"""The commands' names and one line about each; a command's module is imported only when it is needed."""

import importlib
from collections.abc import Mapping
from types import MappingProxyType

import click

from migrator.cli.options import Common, common

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "Begin a project: configuration, folders, a first migration, a workflow.",
        "up": "Apply pending migrations.",
        "seed": "Load seed files that are new or changed.",
        "pull": "Write rows of the database as a seed file.",
        "status": "Show the server's version, every migration and the seed files.",
        "verify": "Tell whether the schema is what the migrations made, and whether it is safe.",
        "snapshot": "Write the schema of the database into a folder of files, to commit and to compare with.",
        "new": "Write the file of a new migration.",
        "down": "Roll back the newest migration, or several.",
        "redo": "Roll back the newest migration and apply it again.",
        "mark": "Correct the ledger by hand, without running anything.",
        "accept": "Record the schema as it is as what `verify` compares with.",
        "protect": "Mark the database: what can lose data then asks for its name.",
        "reset": "Drop everything, then up and seed: for development.",
        "check": "Try all files out on an empty scratch database: for pull requests.",
        "doctor": "Find out step by step why a command cannot reach or use the database.",
        "editor-schema": "Write a JSON Schema of seed files, with which editors complete and check them.",
        "server": "Start, stop or find the embedded PostgreSQL.",
    }
)
"""In the order in which `migrate --help` shows them."""


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        ctx.ensure_object(Common).command = cmd_name
        found = importlib.import_module(f"migrator.cli.{cmd_name.replace('-', '_')}").command
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is an error that names the nearest."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            said = f"; did you mean `{near[0]}`?" if near else ""
            ctx.fail(f"no such command `{name}`{said}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001, FBT001 - click's
    if value and not context.resilient_parsing:
        from migrator._version import __version__

        click.echo(f"migrate {__version__}")
        context.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    epilog="\b\nExample:\n  migrate up && migrate seed && migrate status\n\n"
    "Every option can be given as an environment variable: --lock-timeout as MIGRATOR_LOCK_TIMEOUT. "
    "Lasting ones can be kept under [tool.migrator] in pyproject.toml.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@common
@click.pass_context
def group(context: click.Context) -> None:
    """Bring a PostgreSQL database to a known state: SQL migrations exactly once and in order, then YAML seeds."""
    if context.invoked_subcommand is not None:
        return
    if context.ensure_object(Common).format == "json":
        context.fail("no command was given")
    click.echo(context.get_help(), err=True)
    context.exit(2)
