"""`migrate editor-schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.options import command as declare
from migrator.cli.options import variable
from migrator.cli.order import Order

if TYPE_CHECKING:
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit
    from migrator.events.pulling import EditorSchemaResult


@declare("editor-schema", example="migrate editor-schema -o seeds.schema.json")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar=variable("output"),
    help="Write it into this file instead of stdout.",
)
def command(*, output: Path | None) -> Order:
    """Read the tables of the database, without writing or locking anything, and write a JSON Schema of its seed files.

    With it an editor completes tables, columns and enum values, and marks what is wrong while it is written.
    """

    async def job(config: Config, emit: Emit) -> Result:
        from migrator.seeding.editor_schema import editor_schema

        result = await editor_schema(config, emit=emit)
        return result if output is None else _written(result, output)

    return Order(command="editor-schema", job=job)


def _written(result: EditorSchemaResult, path: Path) -> EditorSchemaResult:
    from dataclasses import replace

    from migrator.cli.render.document import dumps
    from migrator.errors import InputError
    from migrator.source import shown

    try:
        path.write_text(dumps(result.document) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"`{shown(path)}` cannot be written: {error.strerror}", code="unwritable-file") from None
    return replace(result, path=shown(path))
