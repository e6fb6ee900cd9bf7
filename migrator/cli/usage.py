"""What click says about a command line, as one of our errors."""

import re
from collections.abc import Mapping, Sequence

import click

from migrator.cli.options import variable
from migrator.errors import InputError


def wanted_format(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """The format that a command line asks for, even where the rest of it cannot be read."""
    found = environ.get(variable("format"))
    for index, word in enumerate(argv):
        if word == "--":
            break
        if word == "--json":
            found = "json"
        elif word == "--format":
            found = argv[index + 1] if index + 1 < len(argv) else None
        elif word.startswith("--format="):
            found = word.partition("=")[2]
    return found


_TAKES_ADDRESS = re.compile(r"--database|--scratch|-\w*d")
_ADDRESS = re.compile(r"(--?[\w-]+=)?\s*((jdbc:)?postgres[\w+]*:/|(\w+\s*=\s*\S*\s+)*password\s*=)", re.IGNORECASE)
# a piece of one that a shell has taken apart
_PIECE = re.compile(r"\(.*@.*\)|`[^`]*(?:@|password\s*=)[^`]*`", re.IGNORECASE | re.DOTALL)


def refuse_stray_address(argv: Sequence[str]) -> None:
    """Raise `InputError` for an address where none belongs: what complains of it would show its password."""
    before = ""
    for word in argv:
        found = _ADDRESS.match(word)
        belongs = _TAKES_ADDRESS.fullmatch(before) or word.startswith(("--database=", "--scratch="))
        # an option of another kind may take a text that looks like keywords, such as SQL
        if found and not belongs and not (before.startswith("-") and "=" in found[0]):
            raise InputError(
                "a database address stands where none belongs",
                code="usage",
                hint="give it as `--database ADDRESS`, in quotes",
            )
        before = word


def as_error(error: click.ClickException) -> InputError:
    """A usage error in our words: lower case, backticks, and where the options are told."""
    said = re.sub(r"\s*\n\s*", " ", error.format_message().strip()).removesuffix(".")
    said = re.sub(r"'([^']*)'", r"`\1`", said[:1].lower() + said[1:])
    if isinstance(error, click.NoSuchOption):
        near = " or ".join(f"`{name}`" for name in sorted(error.possibilities or ()))
        said = f"no such option `{error.option_name}`" + (f"; did you mean {near}?" if near else "")
    said = _PIECE.sub("`***`", said)
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "migrate"
    return InputError(said, code="usage", hint=f"`{path} --help` shows what there is")
