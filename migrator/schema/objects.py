"""A schema as values: every object of a database under its class and identity, with a definition of canonical text."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Key = tuple[str, str]
"""The class of an object (`table`) and its identity in it (`public.orders`), quoted where PostgreSQL would quote it."""

CATALOG_VERSION = 1
"""Which rows the queries of `catalog/` give: raised when the same database would give others, so that an old record
is not taken for drift."""

LEDGER = "ledger"
"""The class of the row that says what the ledger held in the same snapshot: its identity is a fingerprint of it."""

UNMODELLED = "unmodelled"
"""The class of the rows that name what no query of `catalog/` models: its identity is a kind, its attribute a count."""

_BESIDE = (LEDGER, UNMODELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All objects of a database that are compared.

    Attributes:
        objects: each definition, a JSON object in PostgreSQL's own order of keys (`jsonb`), so that equal objects
            have equal texts; parsed only where somebody asks.
        server_version_num: of the server that printed them, as in 170004.
        supabase: what Supabase manages is left out.
        unmodelled: how many objects there are of kinds that no query models.
        ledger: a fingerprint of the migrations that were applied at that moment; None where nobody asked.
        head: the newest of them; None where there is none.
    """

    objects: Mapping[Key, str]
    server_version_num: int
    supabase: bool = False
    unmodelled: Mapping[str, int] = field(default_factory=dict)
    ledger: str | None = None
    head: str | None = None

    def attributes(self, key: Key) -> Mapping[str, Any]:
        """What is told of an object, by the names of its attributes. Raises KeyError where there is none."""
        found: dict[str, Any] = json.loads(self.objects[key])
        return found

    def counts(self) -> dict[str, int]:
        """How many objects there are of each class, by its name."""
        return dict(sorted(Counter(kind for kind, _ in self.objects).items()))


def definition(value: Any) -> str:
    """An object's attributes as PostgreSQL prints a `jsonb`, so that equal ones have equal texts."""
    match value:
        case Mapping():
            keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
            return f"{{{', '.join(f'{definition(key)}: {definition(value[key])}' for key in keys)}}}"
        case list():
            return f"[{', '.join(map(definition, value))}]"
        case Decimal():
            return f"{value:f}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def schema_of(rows: Iterable[tuple[str, str, str]], *, server_version_num: int, supabase: bool) -> Schema:
    """Put rows of (class, identity, definition) together, in the order of their keys."""
    beside: dict[str, list[tuple[str, str]]] = {kind: [] for kind in _BESIDE}
    objects: dict[Key, str] = {}
    for kind, identity, text in sorted(rows):
        if kind in beside:
            beside[kind].append((identity, text))
        else:
            objects[kind, identity] = text
    ledger, head = next(((mark, json.loads(text).get("head")) for mark, text in beside[LEDGER]), (None, None))
    return Schema(
        objects=objects,
        server_version_num=server_version_num,
        supabase=supabase,
        unmodelled={identity: int(json.loads(text)["count"]) for identity, text in beside[UNMODELLED]},
        ledger=ledger,
        head=head,
    )
