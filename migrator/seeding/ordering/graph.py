"""Which seed files must wait for which, and why. Pure: facts about files in, an order out."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from migrator.events.seeding import SeedEdge


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A table that a file writes.

    Attributes:
        oid: the table.
        name: as the file calls it.
        refers: foreign-key columns in which a row has a value, each with the table it refers to.
    """

    oid: int
    name: str
    refers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file as the graph sees it: its name, the files that it names in `after`, the tables that it writes.

    `alone`: it runs beside no other file, when all before it in path order are committed.
    """

    path: str
    after: tuple[str, ...] = ()
    tables: tuple[Written, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Files in units, each of them one transaction, and what waits for what.

    Attributes:
        units: in an order that works; a unit of several files is a cycle of them, in path order.
        edges: between files, each with its reason.
        waits: for each unit, by position, the units that must be committed first.
    """

    units: tuple[tuple[str, ...], ...]
    edges: tuple[SeedEdge, ...]
    waits: dict[int, frozenset[int]]


def build(nodes: Sequence[Node]) -> Graph:
    """Order files so that whatever a row refers to is committed before it; `nodes` are in path order."""
    edges = _edges(nodes)
    units = _units([node.path for node in nodes], edges)
    place = {path: index for index, unit in enumerate(units) for path in unit}
    waits: dict[int, set[int]] = {index: set() for index in range(len(units))}
    for edge in edges:
        if place[edge.before] != place[edge.after]:
            waits[place[edge.after]].add(place[edge.before])
    return Graph(units, edges, {index: frozenset(before) for index, before in waits.items()})


def _edges(nodes: Sequence[Node]) -> tuple[SeedEdge, ...]:
    writers: dict[int, list[tuple[str, str]]] = {}
    for node in nodes:
        for table in node.tables:
            writers.setdefault(table.oid, []).append((node.path, table.name))
    paths = {node.path for node in nodes}
    found: dict[tuple[str, str], str] = {}
    for node in nodes:
        for before in node.after:
            if before in paths and before != node.path:
                found.setdefault((before, node.path), "`$seed.after` says so")
        for before, reason in _references(node, writers):
            found.setdefault((before, node.path), reason)
    for several in writers.values():
        for (before, name), (after, _) in itertools.pairwise(several):
            found.setdefault((before, after), f"both write `{name}`")
    for before, after, reason in _barriers(nodes):
        found.setdefault((before, after), reason)
    return tuple(
        SeedEdge(before=before, after=after, reason=reason) for (before, after), reason in sorted(found.items())
    )


def _barriers(nodes: Sequence[Node]) -> Iterable[tuple[str, str, str]]:
    """What a file that runs alone waits for, and what waits for it."""
    barrier: str | None = None
    since: list[str] = []
    for node in nodes:
        if barrier is not None:
            yield barrier, node.path, "it runs alone, in the order of paths"
        if node.alone:
            yield from ((before, node.path, "this one runs alone, in the order of paths") for before in since)
            barrier, since = node.path, []
        else:
            since.append(node.path)


def _references(node: Node, writers: dict[int, list[tuple[str, str]]]) -> Iterable[tuple[str, str]]:
    """The files that write what a file's rows refer to."""
    for table in node.tables:
        for column, target in table.refers:
            for before, name in writers.get(target, ()):
                if before != node.path:
                    yield before, f"`{table.name}.{column}` refers to `{name}`"


def _units(paths: Sequence[str], edges: Iterable[SeedEdge]) -> tuple[tuple[str, ...], ...]:
    """The strongly connected parts of the graph, in an order that works and that is the same every time."""
    before: dict[str, set[str]] = {path: set() for path in paths}
    for edge in edges:
        before[edge.after].add(edge.before)
    members = components(paths, before)
    unit_of = {path: unit for unit in members for path in unit}
    waits = {unit: {unit_of[other] for path in unit for other in before[path]} - {unit} for unit in members}
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    ordered: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return tuple(ordered)


def components(names: Sequence[str], before: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """What can be reached from one another, as sorted groups (Tarjan's algorithm, without recursion).

    Groups come after the groups that they wait for. https://doi.org/10.1137/0201010
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in names:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        held.add(root)
        path = [(root, iter(sorted(before[root])))]
        while path:
            name, rest = path[-1]
            step = next(rest, None)
            if step is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == index[name]:
                    cut = stack.index(name)
                    held.difference_update(stack[cut:])
                    found.append(tuple(sorted(stack[cut:])))
                    del stack[cut:]
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                held.add(step)
                path.append((step, iter(sorted(before[step]))))
            elif step in held:
                low[name] = min(low[name], index[step])
    return found
