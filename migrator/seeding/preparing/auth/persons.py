"""A row of the form that seeds have for `auth.users`: who it is, and everything wrong with it at its place.

Facts: https://github.com/supabase/auth, internal/api/admin.go (an address or a number; a password or its hash; what
metadata is called).
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.seeding.books.tables import TableInfo
from migrator.seeding.files.nodes import Mapping, MovedScalar, Node, Place, Row, Scalar, Sequence, Table, is_null
from migrator.seeding.preparing.auth.texts import CHECKS, WORDS
from migrator.seeding.preparing.forms import operator_of
from migrator.seeding.preparing.operators import Operators
from migrator.seeding.preparing.refusal import ValueRefusedError
from migrator.seeding.preparing.values import encoder

COLUMNS = {
    "id": "id",
    "email": "email",
    "phone": "phone",
    "password": "encrypted_password",
    "password_hash": "encrypted_password",
    "user_metadata": "raw_user_meta_data",
    "app_metadata": "raw_app_meta_data",
    "confirmed": "email_confirmed_at",
    "role": "role",
}
"""The columns of the form, and the table's own that each fills."""

PERSONAL = frozenset({"id", "email", "phone"})
"""Those that tell one person from another."""

_MARKS = frozenset({"instance_id", "aud", *COLUMNS.values()})


def is_auth_users(info: TableInfo) -> bool:
    """Whether a table is Supabase's: by its columns, since others may call a schema `auth`, too."""
    return (info.schema, info.name) == ("auth", "users") and info.columns.keys() >= _MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A row of the form.

    Attributes:
        row: as it stands in the file.
        cells: what each column is, those of `defaults` included; NULL is left out.
        id: of the user, if it is written.
        email: lowered.
        phone: digits.
        password: never to be shown.
        password_hash: as it is to be stored.
        user_metadata: JSON.
        app_metadata: JSON.
        confirmed: the address and the number are the person's own.
        role: the role of the person's tokens.
    """

    row: Row
    cells: dict[str, Node] = field(repr=False)
    id: str | None
    email: str | None
    phone: str | None
    password: str | None = field(repr=False)
    password_hash: str | None = field(repr=False)
    user_metadata: str | None
    app_metadata: str | None
    confirmed: bool
    role: str | None

    def cell(self, *names: str) -> Node:
        """What stands in the file for the first of these columns that is there; the row's first key for none."""
        return next((self.cells[name] for name in names if name in self.cells), self.row.keys[0])


@dataclass(frozen=True, slots=True)
class Form:
    """The form, over one table of one file.

    Attributes:
        table: with its options.
        info: `auth.users` in the database.
        operators: what the operators in its cells read.
    """

    table: Table
    info: TableInfo
    operators: Operators

    def wrong_options(self) -> Iterator[ValueRefusedError]:
        """What is wrong with the table's options."""
        for name, place in self.table.keep:
            if name not in COLUMNS:
                yield _unknown(name, _word(name, place), self.info)
        for key, _ in self.table.defaults:
            if key.value not in COLUMNS:
                yield _unknown(key.value, key, self.info)
            elif key.value in PERSONAL:
                yield ValueRefusedError(f"`{key.value}` is one person's, so `defaults` cannot fill it", key)
        if self.table.key not in {None, ("id",), ("email",)}:
            yield ValueRefusedError(
                "people of `auth.users` are found by their `id`, `email` or `phone`",
                _word("key", self.table.key_place or self.table.place),
                hint="leave `key` out",
            )

    def read(self, row: Row) -> tuple[Person | None, list[ValueRefusedError]]:
        """The person of a row, or everything that is wrong with it."""
        errors = [_unknown(key.value, key, self.info) for key in row.keys if key.value not in COLUMNS]
        given = {key.value: node for key, node in self.table.defaults if key.value in COLUMNS}
        if "password_hash" in row.names or "password" in row.names:
            given = {name: node for name, node in given.items() if COLUMNS[name] != "encrypted_password"}
        given |= {name: node for name, node in zip(row.names, row.cells, strict=True) if name in COLUMNS}
        cells = {name: node for name, node in given.items() if not is_null(node)}
        texts: dict[str, str] = {}
        for name, node in cells.items():
            try:
                texts[name] = self._text(name, node)
            except ValueRefusedError as error:
                errors.append(error if error.node is not None else error.at(node))
        if not errors:
            errors += _wrong_together(row, cells)
        if errors:
            return None, errors
        return (
            Person(
                row=row,
                cells=cells,
                id=texts.get("id"),
                email=texts.get("email"),
                phone=texts.get("phone"),
                password=texts.get("password"),
                password_hash=texts.get("password_hash"),
                user_metadata=texts.get("user_metadata"),
                app_metadata=texts.get("app_metadata"),
                confirmed=WORDS[texts.get("confirmed", "true")],
                role=texts.get("role"),
            ),
            [],
        )

    def _text(self, name: str, node: Node) -> str:
        """The text of a cell, in the form in which the login wants it."""
        if operator_of(node) in {"$sql", "$ref"}:
            raise ValueRefusedError(f"`{name}` of `auth.users` is a value, not `{operator_of(node)}`", node)
        if name in {"password", "password_hash", "confirmed"}:
            if isinstance(node, Sequence) or (isinstance(node, Mapping) and operator_of(node) is None):
                raise ValueRefusedError(f"`{name}` of `auth.users` is a text", node)
            text = (
                self.operators.text(node, self.info.columns[COLUMNS[name]]) if isinstance(node, Mapping) else node.value
            )
        else:
            text = encoder(self.info.columns[COLUMNS[name]], self.operators)(node)
        return CHECKS[name](text)


def _word(word: str, place: Place) -> Scalar:
    """A word of the table's options, as a node."""
    return MovedScalar(word, "", place, Place(place.line, place.column + len(word)))


def _unknown(name: str, key: Scalar, info: TableInfo) -> ValueRefusedError:
    """A column that the form does not have: the table's own columns belong to the login."""
    form = {column: word for word, column in reversed(COLUMNS.items())}
    if name in form and form[name] != name:
        hint = f"write `{form[name]}`"
    else:
        near = difflib.get_close_matches(name, COLUMNS, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"its columns are {', '.join(COLUMNS)}"
    return ValueRefusedError(
        f"`{name}` of `auth.users` is the login's own: seeds write people in a form, which fills the rest"
        if name in info.columns
        else f"the form of `auth.users` has no column `{name}`",
        key,
        code="auth-users" if name in info.columns else "unknown-column",
        hint=hint,
    )


def _wrong_together(row: Row, cells: dict[str, Node]) -> Iterator[ValueRefusedError]:
    if "email" not in cells and "phone" not in cells:
        yield ValueRefusedError(
            "a person of `auth.users` has an `email` or a `phone`",
            row.keys[0] if row.keys else None,
            code="auth-users",
            hint="nobody could log in otherwise",
        )
    if "password" in cells and "password_hash" in cells:
        yield ValueRefusedError(
            "`password` and `password_hash` are both here", cells["password_hash"], code="auth-users", hint="write one"
        )
