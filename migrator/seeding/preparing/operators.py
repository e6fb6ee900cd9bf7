"""The operators of a cell: `{$var: NAME}`, `{$id: label}`, `{$file: path}` and `{$json: value}` as the text of a value.

`$sql` and `$ref` are no values, and have forms of their own.
"""

import hashlib
import os
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path

from migrator.seeding.books.tables import Column, TableInfo
from migrator.seeding.files.nodes import Mapping, Node, Sequence, is_null, place_of, span, width_of
from migrator.seeding.preparing.forms import OPERATORS, RESERVED
from migrator.seeding.preparing.ids import Ids, Owner, owner
from migrator.seeding.preparing.jsontext import to_json
from migrator.seeding.preparing.refusal import ValueRefusedError
from migrator.sql.expression import fault

MOST_BYTES = 256 * 1024 * 1024
"""Of a file that a cell includes: as hexadecimal digits it is twice as long, and PostgreSQL takes 1 GB in a value."""


@dataclass(slots=True)
class Includes:
    """Files that a seed file includes, by the path as written, with the SHA-256 of each."""

    folder: Path
    digests: dict[str, bytes] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Where a file is, without `..`."""
        return Path(os.path.abspath(self.folder / name))  # noqa: PTH100 - `resolve` would follow links

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises `OSError`, and `ValueError` for one that is too large."""
        path = self.folder / name
        if path.stat().st_size > MOST_BYTES:
            message = f"it is larger than {MOST_BYTES // 1024 // 1024} MB"
            raise ValueError(message)
        data = path.read_bytes()
        self.digests[name] = hashlib.sha256(data).digest()
        return data


@dataclass(frozen=True, slots=True)
class Operators:
    """What the operators in the cells of a table read.

    Attributes:
        environ: what `$var` reads.
        includes: what `$file` reads.
        ids: the labels of the run.
        table: the table.
        path: the seed file.
        shown: its name in errors.
    """

    environ: Map[str, str]
    includes: Includes
    ids: Ids
    table: TableInfo
    path: Path
    shown: str

    def text(self, node: Mapping, column: Column) -> str:
        """The text that an operator stands for. Raises `ValueRefusedError`."""
        key, value = next((key, value) for key, value in node.pairs if key.value.startswith("$") and not key.style)
        if len(node.pairs) != 1:
            raise _not_alone(key.value, node)
        match key.value:
            case "$json":
                if column.type.kind != "json":
                    raise ValueRefusedError(f"`{column.name}` is {column.type.name}, not json or jsonb", node)
                return to_json(value)
            case "$var":
                return self._variable(value)
            case "$id":
                return self._id(value, column)
            case "$file":
                return self._file(value, column)
        if key.value in RESERVED:
            raise ValueRefusedError(f"`{key.value}` is not supported in this version", key, code="not-supported")
        if key.value in OPERATORS:
            raise ValueRefusedError(
                f"`{key.value}` stands for a whole cell, not for a part of one", key, hint="write the value"
            )
        raise ValueRefusedError(f"there is no operator `{key.value}`", key, hint="quote the key if it is data")

    def expression(self, node: Node) -> list[str]:
        """The text of `{$sql: expression}`. Raises `ValueRefusedError` for what could not stand in parentheses."""
        pairs = node.pairs if isinstance(node, Mapping) else []
        if len(pairs) != 1:
            raise _not_alone("$sql", node)
        text = _word(pairs[0][1], "`$sql` takes an expression of SQL")
        wrong = fault(text)
        if wrong is not None:
            raise ValueRefusedError("`$sql` is not one expression of SQL", pairs[0][1], hint=wrong)
        return [text]

    def _variable(self, node: Node) -> str:
        name = _word(node, "`$var` takes the name of an environment variable")
        if name not in self.environ:
            raise ValueRefusedError(f"the environment variable `{name}` is not set", node, code="no-variable")
        return self.environ[name]

    def _id(self, node: Node, column: Column) -> str:
        label = _word(node, "`$id` takes a label, such as `{$id: ada}`")
        if column.type.name not in {"uuid", "text"} and not column.type.name.startswith("character varying"):
            raise ValueRefusedError(f"`$id` makes a uuid, and `{column.name}` is {column.type.name}", node)
        found: Owner = owner(self.table, column)
        text = found.id_of(label)
        if found.takes is None:
            self.ids.declared.add((found.oid, label))
        elif (found.oid, label) not in self.ids.mentioned:
            where = span(self.path, self.shown, place_of(node), width_of(node))
            self.ids.mentioned[found.oid, label] = (text, found.takes, where)
        return text

    def _file(self, node: Node, column: Column) -> str:
        name = _word(node, "`$file` takes the path of a file, from the folder of this one")
        try:
            data = self.includes.read(name)
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise ValueRefusedError(
                f"the file `{name}` cannot be read: {reason}",
                node,
                code="no-file",
                hint="a path counts from the folder of the seed file",
            ) from None
        if column.type.name == "bytea":
            return "\\x" + data.hex()
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise ValueRefusedError(
                f"`{column.name}` is {column.type.name}, and the file `{name}` is not UTF-8 text",
                node,
                code="no-file",
                hint="bytes go into a column of type bytea",
            ) from None


def _not_alone(operator: str, node: Node) -> ValueRefusedError:
    """A comma in an unquoted value makes two keys of one."""
    return ValueRefusedError(
        f"`{operator}` must be the only key of its mapping", node, hint=f'quote its value: {{{operator}: "..."}}'
    )


def _word(node: Node, otherwise: str) -> str:
    if isinstance(node, Sequence | Mapping) or is_null(node) or not node.value:
        raise ValueRefusedError(otherwise, node)
    return node.value
