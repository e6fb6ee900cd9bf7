"""From files that were read to the order in which they load: what each writes, refers to and asks for."""

import difflib
from collections.abc import Mapping

from migrator.errors import InputError
from migrator.events import Emit, Noticed
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import Table, span
from migrator.seeding.ordering.graph import Graph, Node, Written, build
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.shapes import FileLoad, TableLoad


def refuse_second_copy(loads: list[FileLoad], changed: set[str], *, force: bool) -> None:
    """A table without a key is filled once: its rows could not be told from those of the last time.

    A script runs once, too, unless it says otherwise or `force` does.
    """
    problems = Problems()
    for each in loads:
        script = each.script
        if script is not None and each.file.name in changed and not (force or script.rerun):
            problems.add(
                InputError(
                    f"`{each.file.shown}` has changed since it ran, and it may not run twice",
                    code="script-changed",
                    where=script.source.span(0),
                    outcome="nothing was loaded",
                    hint="write `-- rerun: true` into its first lines if it can run again, put what is new into a new "
                    "file, or use `--force`",
                )
            )
    for load in (load for file in loads for load in file.tables if load.key is None):
        file = load.file
        if file.name not in changed:
            continue
        problems.add(
            InputError(
                f"`{load.table.name}` was filled from `{file.shown}` before, and its rows have no key",
                code="no-key",
                where=span(file.path, file.shown, load.table.place, len(load.table.name)),
                detail="loading it again would insert every row a second time"
                if force
                else "the file has changed, and loading it again would insert every row a second time",
                outcome="nothing was loaded",
                hint="write the columns of a unique key in every row, or put new rows into a new file",
            )
        )
    problems.raise_any()


def refuse_shared_sync(loads: list[FileLoad], others: Mapping[int, list[tuple[SeedFile, Table]]]) -> None:
    """A table that one file syncs has its rows in that file: another one's would be deleted, and come back.

    Files that sync a table within different conditions are each other's business, as far as we can tell.

    Args:
        loads: the files of this run.
        others: by table, what files write that are loaded already.
    """
    writers: dict[int, list[tuple[SeedFile, Table]]] = {oid: list(found) for oid, found in others.items()}
    for load in (load for file in loads for load in file.tables):
        writers.setdefault(load.info.oid, []).append((load.file, load.table))
    problems = Problems()
    for load in (load for file in loads for load in file.tables if load.table.where is not None):
        for file, table in writers[load.info.oid]:
            if file.name != load.file.name and table.where in {None, load.table.where}:
                problems.add(
                    InputError(
                        f"`{load.table.name}` is synced here, and another file writes it, too",
                        code="sync-shared",
                        where=span(load.file.path, load.file.shown, load.table.place, len(load.table.name)),
                        detail=f"its rows in `{file.shown}` would be deleted whenever they are within `where`",
                        outcome="nothing was loaded",
                        hint="write all of its rows in one file, or give each file its own `mode: sync` and `where`",
                    )
                )
                break
    problems.raise_any()


def order(loads: list[FileLoad], files: tuple[SeedFile, ...]) -> Graph:
    """What may run beside what; `files` are all of the project, for the names in `after`."""
    nodes = [
        Node(
            path=load.file.name,
            after=_after(load, files),
            tables=tuple(_written(table) for table in load.tables),
            alone=load.script is not None,
        )
        for load in loads
    ]
    graph = build(nodes)
    _refuse_crossed(graph, loads)
    return graph


def _refuse_crossed(graph: Graph, loads: list[FileLoad]) -> None:
    """A script runs alone at its place in the order of paths, so nothing before it can wait for what is behind."""
    scripts = [load for load in loads if load.script is not None]
    shown = {load.file.name: load.file.shown for load in loads}
    problems = Problems()
    for edge in graph.edges:
        script = next((each for each in scripts if edge.after <= each.file.name <= edge.before != edge.after), None)
        if script is None or script.script is None:
            continue
        name = script.file.name
        waits = f"`{shown[edge.after]}` waits for `{shown[edge.before]}`"
        between = name not in {edge.after, edge.before}
        problems.add(
            InputError(
                f"{waits}, and `{script.file.shown}` runs alone between them"
                if between
                else f"{waits}, and a `.sql` seed runs alone, in the order of paths",
                code="script-between",
                where=script.script.source.span(0),
                detail=edge.reason,
                outcome="nothing was loaded",
                hint="rename one of them, so that the order of paths is an order that works",
            )
        )
    problems.raise_any()


def announce_cycles(graph: Graph, loads: list[FileLoad], emit: Emit) -> None:
    """Say which files load in one transaction because they wait for one another."""
    shown = {load.file.name: load.file.shown for load in loads}
    for unit in (unit for unit in graph.units if len(unit) > 1):
        names = ", ".join(f"`{shown[name]}`" for name in unit)
        emit(Noticed(severity="INFO", message=f"{names} wait for one another, so they load in one transaction"))


def _written(load: TableLoad) -> Written:
    return Written(oid=load.info.oid, name=load.table.name, refers=tuple(load.refers_to()))


def _after(load: FileLoad, files: tuple[SeedFile, ...]) -> tuple[str, ...]:
    """The ledger names of the files that a header names, from its own folder or from the folder of seeds."""
    by_name = {file.name: file for file in files}
    by_path = {file.path: file for file in files}
    found = []
    for word in load.header.after:
        beside = load.file.path.parent / word
        if beside in by_path:
            found.append(by_path[beside].name)
        elif word in by_name:
            found.append(word)
        elif not beside.exists():
            near = difflib.get_close_matches(word, by_name, 1)
            raise InputError(
                f"`after` names `{word}`, and there is no such seed file",
                code="unknown-seed",
                where=span(load.file.path, load.file.shown, load.header.place, len("$seed")),
                outcome="nothing was loaded",
                hint=f"did you mean `{near[0]}`?" if near else None,
            )
    return tuple(found)
