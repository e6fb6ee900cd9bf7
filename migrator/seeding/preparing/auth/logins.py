"""People and their accounts as rows: of `auth.users` with everything that the login needs, and of `auth.identities`.

Facts: https://github.com/supabase/auth, internal/models/user.go (texts and times that cannot be NULL: issue 1940;
`instance_id` of zeros and `aud` in every search), internal/models/identity.go (`provider_id` is the `sub` of the data,
which is the user's id for an address and for a number), migrations/20231117164230 (before it, `provider_id` was called
`id`). Metadata that is NULL fails, too: issue 410.

What only a new row needs stands there as `$sql`: written when the row is inserted, never compared, never overwritten.
Where a row is there and has NULL in such a column, it is filled, since its owner could not log in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.seeding.books.tables import TableInfo
from migrator.seeding.files.nodes import Mapping, MovedScalar, Node, Place, Row, place_of, width_of
from migrator.seeding.preparing.auth.accounts import Account
from migrator.seeding.preparing.auth.persons import Person
from migrator.sql.names import literal

_NOW = "now"
"""What PostgreSQL's input function of times reads as the time of the transaction."""

_FILLED = {
    "instance_id": "00000000-0000-0000-0000-000000000000",
    "aud": "authenticated",
    "role": "authenticated",
    "confirmation_token": "",
    "recovery_token": "",
    "email_change_token_new": "",
    "email_change_token_current": "",
    "email_change": "",
    "phone_change": "",
    "phone_change_token": "",
    "reauthentication_token": "",
    "encrypted_password": "",
    "raw_user_meta_data": "{}",
    "is_super_admin": "false",
    "created_at": _NOW,
    "updated_at": _NOW,
}
"""What the login needs in a new row, by column, as far as the columns exist."""

_MAY_BE_NULL = frozenset({"encrypted_password", "is_super_admin"})
"""Columns in which NULL is as good to the versions of the login that leave it there."""


PROVIDERS = ("email", "phone")
"""What people log in with, each a column of the form and a provider of `auth.identities`."""


@dataclass(frozen=True, slots=True)
class Login:
    """A person and the account that is theirs; `inserts`: new rows are inserted."""

    person: Person
    account: Account
    inserts: bool

    def user(self, info: TableInfo) -> Row:
        """The row of `auth.users`."""
        return self._row({name: node for name, node in self._user() if _writable(info, name)})

    def identities(self, info: TableInfo) -> Iterator[Row]:
        """The rows of `auth.identities`."""
        for provider in PROVIDERS:
            if self._text(provider) is not None:
                cells = self._identity(provider, "provider_id" if "provider_id" in info.columns else "id")
                yield self._row({name: node for name, node in cells if _writable(info, name)})

    def _user(self) -> Iterator[tuple[str, Node]]:
        person, account = self.person, self.account
        yield "id", self._value(account.id, "id", *PROVIDERS)
        given = {
            "email": (person.email, "email"),
            "phone": (person.phone, "phone"),
            "encrypted_password": (account.hash, "password", "password_hash"),
            "raw_user_meta_data": (person.user_metadata, "user_metadata"),
            "raw_app_meta_data": (self._app_metadata(), "app_metadata"),
            "role": (person.role, "role"),
        }
        for name, (text, *places) in given.items():
            if text is not None:
                yield name, self._value(text, *[place for place in places if place is not None])
        filled = _FILLED | {"raw_app_meta_data": json.dumps(self._providers())}
        for name, text in filled.items():
            if given.get(name, (None,))[0] is None:
                yield from self._fill(name, text)
        for provider in PROVIDERS:
            if self._text(provider) is None:
                continue
            if person.confirmed:
                yield from self._fill(f"{provider}_confirmed_at", _NOW)
            else:
                yield f"{provider}_confirmed_at", self._scalar("null", "", "confirmed")

    def _identity(self, provider: str, key: str) -> Iterator[tuple[str, Node]]:
        person, account, text = self.person, self.account, self._text(provider)
        verified = {f"{each}_verified": person.confirmed and each == provider for each in PROVIDERS}
        data = {"sub": account.id, provider: text, **verified}
        known = account.known["identities"].get(provider) if account.known else None
        yield key, self._value(account.id, "id", *PROVIDERS)
        yield "provider", self._value(provider, provider)
        yield "user_id", self._value(account.id, "id", *PROVIDERS)
        if known is not None and known.get("sub") == account.id and str(known.get(provider)).lower() == text:
            yield "identity_data", self._once(json.dumps(data), provider)
        else:
            yield "identity_data", self._value(json.dumps({**(known or {}), **data}), provider)
        for name in ("last_sign_in_at", "created_at", "updated_at"):
            yield name, self._once(_NOW, provider)

    def _text(self, provider: str) -> str | None:
        return self.person.email if provider == "email" else self.person.phone

    def _providers(self) -> dict[str, object]:
        """By what the person logs in: as the account has it, and what the file adds."""
        known = (self.account.known or {}).get("raw_app_meta_data") or {}
        mine = [provider for provider in PROVIDERS if self._text(provider) is not None]
        several = list(dict.fromkeys([*(known.get("providers") or ()), *mine]))
        return {"provider": known.get("provider") or mine[0], "providers": several}

    def _app_metadata(self) -> str | None:
        """The metadata of the file with the providers; its numbers keep their digits, its keys win."""
        text = self.person.app_metadata
        if text is None:
            return None
        rest = text.strip()[1:-1].strip()
        return f"{json.dumps(self._providers())[:-1]}{', ' if rest else ''}{rest}}}"

    # cells

    def _fill(self, name: str, text: str) -> Iterator[tuple[str, Node]]:
        known = self.account.known
        if known is not None and name in known and known[name] is None and name not in _MAY_BE_NULL:
            yield name, self._value(text)
        elif self.inserts:
            yield name, self._once(text)

    def _value(self, text: str, *places: str) -> MovedScalar:
        return self._scalar(text, "'", *places)

    def _once(self, text: str, *places: str) -> Mapping:
        """For a row that is inserted."""
        expression = "now()" if text == _NOW else literal(text).strip()
        pair = self._scalar("$sql", "", *places), self._scalar(expression, "'", *places)
        return Mapping([pair], pair[0].start_mark, 1)

    def _scalar(self, text: str, style: str, *places: str) -> MovedScalar:
        cell = self.person.cell(*places)
        place = place_of(cell)
        return MovedScalar(text, style, place, Place(place.line, place.column + width_of(cell)))

    def _row(self, cells: dict[str, Node]) -> Row:
        key = self.person.row.keys[0]
        place = place_of(key)
        end = Place(place.line, place.column + width_of(key))
        keys = [MovedScalar(name, "'", place, end) for name in cells]
        return Row(self.person.row.line, tuple(cells), list(keys), list(cells.values()))


def _writable(info: TableInfo, name: str) -> bool:
    """A column that there is, and that PostgreSQL does not compute."""
    return name in info.columns and not info.columns[name].generated
