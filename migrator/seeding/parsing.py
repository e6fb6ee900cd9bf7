"""Seed files read for their form alone, without a database: what YAML, SQL or a header refuses."""

import contextlib

from migrator.config import Config
from migrator.errors import InputError
from migrator.events import Emit, ignore
from migrator.seeding.files import headers
from migrator.seeding.files.folders import SeedFile, find
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.files.scripts import read_script


def parse_seeds(config: Config, emit: Emit = ignore) -> tuple[tuple[SeedFile, ...], tuple[InputError, ...]]:
    """The files of the configured folders that apply, and what is wrong with those that cannot be read.

    No folder is no files, unless it was named. Whether a table or a value fits, the database alone tells. Raises
    `InputError` for a folder that is named and missing, and for two files of one name.
    """
    if config.origins.get("seeds", "default") == "default" and not any(folder.exists() for folder in config.seeds):
        return (), ()
    applying: list[SeedFile] = []
    problems: list[InputError] = []
    for file in find(config, (), emit):
        try:
            if not headers.applies(file, config.env):
                continue
            if file.is_script:
                read_script(file.path, file.shown, file.sha256)
            elif file.has_tables:
                _read(file)
        except InputError as error:
            problems.append(error)
        applying.append(file)
    return tuple(applying), tuple(problems)


def _read(file: SeedFile) -> None:
    document = SeedDocument(file.path, file.shown)
    with contextlib.closing(document.tables()) as tables:
        for _ in tables:
            pass
