"""From events to values: keys, lists, mappings, aliases and merge keys, with bounds on what aliases may repeat."""

from pathlib import Path
from typing import Any

from migrator.seeding.files.document import ALIAS, MAPPING_END, SCALAR, SEQUENCE_END, SEQUENCE_START, Document
from migrator.seeding.files.nodes import NULL_WORDS, Mapping, Mark, Node, Place, Scalar, Sequence

MERGE = "<<"

_DEPTH = 200
_ALIAS_ALLOWANCE = 100_000
_ALIAS_FACTOR = 20


class Composer(Document):
    """A document whose values are taken whole; see `Document`."""

    def __init__(self, path: Path, shown: str, *, fold: bool = False) -> None:
        super().__init__(path, shown, fold=fold)
        self._anchors: dict[str, Node] = {}
        self._expanded = 0
        self._events = 0

    def _key(self, event: Any, seen: dict[str, Place]) -> str:
        """A key's text; refuses what cannot be one, and one that was seen."""
        if type(event) is not SCALAR:
            self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
        self._plain(event)
        if event.style == "" and event.value in NULL_WORDS:
            self.fail("a key cannot be null", event.start_mark, code="yaml-key", hint="quote it if it is a name")
        name = str(event.value)
        if name in seen:
            self.fail(
                f"`{name}` stands here twice",
                event.start_mark,
                code="yaml-key-twice",
                width=len(name),
                detail=f"first in line {seen[name].line + 1}",
            )
        seen[name] = Place(event.start_mark.line, event.start_mark.column)
        return name

    def _node(self, event: Any, depth: int) -> Node:
        """A value, whole."""
        self._events += 1
        kind = type(event)
        if kind is ALIAS:
            node = self._anchors.get(event.anchor)
            if node is None:
                self.fail(
                    f"no anchor `&{event.anchor}` stands before this alias",
                    event.start_mark,
                    code="yaml-alias",
                    width=len(event.anchor) + 1,
                )
            self._expand(_size(node), event.start_mark)
            return node
        self._plain(event)
        found: Node
        if kind is SCALAR:
            if not event.value and not event.style:
                self._refuse_comment(event)
            found = event
        elif depth > _DEPTH:
            self.fail(f"nested more than {_DEPTH} deep", event.start_mark, code="yaml-depth")
        elif kind is SEQUENCE_START:
            found = self._sequence(event, depth)
        else:
            found = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items: list[Node] = []
        while type(event := self._get()) is not SEQUENCE_END:
            items.append(self._node(event, depth + 1))
        return Sequence(items, start.start_mark, 1 + sum(map(_size, items)))

    def _mapping(self, start: Any, depth: int) -> Mapping:
        keys: list[Any] = []
        cells: list[Node] = []
        while type(event := self._get()) is not MAPPING_END:
            if type(event) is not SCALAR:
                self.fail("a key is a plain word or a quoted text", event.start_mark, code="yaml-key")
            keys.append(event)
            cells.append(self._node(self._get(), depth + 1))
        pairs = self._merged(keys, cells)
        if pairs is None:
            pairs = list(zip(keys, cells, strict=True))
        return Mapping(pairs, start.start_mark, 1 + sum(_size(cell) for _, cell in pairs))

    def _merged(self, keys: list[Any], cells: list[Any]) -> list[tuple[Scalar, Node]] | None:
        """Check the keys of a mapping; its pairs with merge keys applied, or None where there is no merge key."""
        seen: dict[str, Place] = {}
        for key in keys:
            self._key(key, seen)
        if MERGE not in seen or not any(key.value == MERGE and key.style == "" for key in keys):
            return None
        pairs = [(key, cell) for key, cell in zip(keys, cells, strict=True) if key.value != MERGE or key.style]
        taken = {key.value for key, _ in pairs}
        for key, cell in zip(keys, cells, strict=True):
            if key.value != MERGE or key.style:
                continue
            for source in cell.items if isinstance(cell, Sequence) else [cell]:
                if not isinstance(source, Mapping):
                    self.fail("`<<` takes a mapping or a list of mappings", cell.start_mark, code="yaml-merge")
                self._expand(len(source.pairs), cell.start_mark)
                for other, value in source.pairs:
                    if other.value not in taken:
                        taken.add(other.value)
                        pairs.append((other, value))
        return pairs

    def _expand(self, size: int, mark: Mark) -> None:
        """Count what aliases repeat: a bomb of them is a small file that means gigabytes."""
        self._expanded += size
        if self._expanded > _ALIAS_ALLOWANCE + _ALIAS_FACTOR * self._events:
            self.fail(
                "the aliases of this file repeat too much",
                mark,
                code="yaml-alias-bomb",
                detail=f"they stand for {self._expanded:,} values so far; {self._events:,} are written out",
                hint="write the values out",
            )


def _size(node: Node) -> int:
    return node.size if isinstance(node, Sequence | Mapping) else 1
