"""The accounts that the people of a run's files have already: who is who, and which hash is whose.

People are read before the files are, so that one round trip asks for all of them, and their hashes are made in threads.

Facts: https://github.com/supabase/auth, internal/models/user.go (`FindUserByEmailAndAudience`: an address means a user
who did not come by single sign-on) and migrations/20221215195500 (the unique index says the same).
"""

import asyncio
import os
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from migrator.database.sessions.session import Session
from migrator.errors import InputError, ServerError, UnavailableError
from migrator.seeding.books.tables import Catalog, TableInfo
from migrator.seeding.files import headers
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import Batch, Row, place_of, span
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing.auth import passwords
from migrator.seeding.preparing.auth.persons import Form, Person, is_auth_users
from migrator.seeding.preparing.ids import Ids, Owner
from migrator.seeding.preparing.operators import Includes, Operators
from migrator.sql.names import literal

IDENTITIES = "auth.identities"
"""The table that says by which provider a person logs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known of a person.

    Attributes:
        id: of the user.
        known: the user's row in the database, and `identities`: the data of each by provider; None for a new user.
        hash: of the password; None where the row has none.
        conflict: what is wrong, the way out, and the column that it is about.
    """

    id: str
    known: dict[str, Any] | None = field(repr=False)
    hash: str | None = field(repr=False)
    conflict: tuple[str, str, str] | None = None


_DENIED = "42501"

Accounts = Map[tuple[str, int], Account]
"""By the name of the file and the number of the row among the file's people, from 0."""


def with_identities(names: Iterable[str]) -> list[str]:
    """The tables to read from the catalog: where people are seeded, their identities, too."""
    found = list(names)
    return [*found, IDENTITIES] if "auth.users" in found else found


def people(document: SeedDocument) -> Iterator[Row]:
    """The rows of the table that `document.tables()` has just given, each with its places."""
    for item in document.rows():
        if isinstance(item, Batch):
            end = item.line + len(item.rows) * item.height
            yield from (document.reread(line, item.height) for line in range(item.line, end, item.height))
        else:
            yield item


async def read_accounts(
    session: Session, catalog: Catalog, files: list[SeedFile], environ: Map[str, str]
) -> dict[tuple[str, int], Account]:
    """What is known of everybody in these files; nothing, and no round trip, where no file seeds `auth.users`.

    Two round trips at most. Neither writes nor locks. Raises `InputError` where passwords cannot be hashed.
    """
    tables = {name: info for name, info in catalog.named.items() if info is not None and is_auth_users(info)}
    if not tables:
        return {}
    await catalog.read(session, [IDENTITIES])
    found = await asyncio.to_thread(_persons, files, tables, environ)
    if not found:
        return {}
    for (name, _), person in found.items():
        if person.password is not None:
            file = next(file for file in files if file.name == name)
            passwords.needed(span(file.path, file.shown, place_of(person.cell("password"))))
            break
    info = next(iter(tables.values()))
    known = _Known(await _rows(session, info, catalog.named[IDENTITIES] is not None, found.values()))
    accounts = {place: known.account(person, info) for place, person in found.items()}
    return await _with_hashes(found, accounts)


def _persons(
    files: list[SeedFile], tables: Map[str, TableInfo], environ: Map[str, str]
) -> dict[tuple[str, int], Person]:
    """Everybody who can be read; what is wrong is told by the reading proper."""
    found: dict[tuple[str, int], Person] = {}
    for file in files:
        if file.table is not None or tables.keys().isdisjoint(headers.table_names(file)):
            continue
        document = SeedDocument(file.path, file.shown)
        with suppress(InputError), closing(document.tables()) as read:
            for table in read:
                info = tables.get(table.name)
                if info is None or table.file is not None:
                    continue
                form = Form(table, info, _operators(document, info, environ))
                for index, row in enumerate(people(document)):
                    person, _ = form.read(row)
                    if person is not None:
                        found[file.name, index] = person
    return found


def _operators(document: SeedDocument, info: TableInfo, environ: Map[str, str]) -> Operators:
    """Operators that remember nothing: the reading proper will."""
    return Operators(
        environ=environ,
        includes=Includes(document.path.parent),
        ids=Ids(),
        table=info,
        path=document.path,
        shown=document.shown,
    )


def generated(person: Person, info: TableInfo) -> str:
    """The id of a new person who has none in the file: the same in every run, as of the label that the address is."""
    return Owner(info.oid, f"{info.schema}.{info.name}", None).id_of(person.email or person.phone or "")


async def _rows(session: Session, info: TableInfo, identities: bool, persons: Iterable[Person]) -> list[dict[str, Any]]:  # noqa: FBT001
    """The rows of `auth.users` that may be these persons'."""
    ids: set[str] = set()
    emails: set[str] = set()
    phones: set[str] = set()
    for person in persons:
        ids.add(person.id or generated(person, info))
        emails |= {person.email} if person.email else set()
        phones |= {person.phone} if person.phone else set()
    either = [f"u.id in ({', '.join(map(literal, sorted(ids)))})"]
    local = " and not u.is_sso_user" if "is_sso_user" in info.columns else ""
    if emails:
        either.append(f"(lower(u.email) in ({', '.join(map(literal, sorted(emails)))}){local})")
    if phones:
        either.append(f"(u.phone in ({', '.join(map(literal, sorted(phones)))}){local})")
    data = "(select json_object_agg(i.provider, i.identity_data) from auth.identities i where i.user_id = u.id)"
    try:
        rows = await session.read_as_asked(
            f"select json_build_object('user', to_json(u), 'identities', {data if identities else 'null'}) "
            f"from {info.quoted} u where {' or '.join(either)}"
        )
    except ServerError as error:
        if error.sqlstate != _DENIED:
            raise
        raise UnavailableError(
            "this role may not read the accounts in `auth.users`",
            code="missing-rights",
            sqlstate=_DENIED,
            detail=error.report.message,
            outcome="nothing was loaded",
            hint="seed as a role that may read and write them, such as `postgres` in a project of Supabase",
        ) from error
    return [{**row["user"], "identities": row["identities"] or {}} for row in rows]


class _Known:
    """Rows of `auth.users`, by what tells them apart."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        local = [row for row in rows if not row.get("is_sso_user")]
        self._ids = {row["id"]: row for row in rows}
        self._by = {
            "email": {(row["email"] or "").lower(): row for row in local},
            "phone": {row["phone"]: row for row in local},
        }
        self._taken: dict[tuple[str, str], tuple[str, int]] = {}

    def account(self, person: Person, info: TableInfo) -> Account:
        """Whose account it is: that of the id; else that of the address or the number; else a new one."""
        owners = {}
        for name, text in (("email", person.email), ("phone", person.phone)):
            row = self._by[name].get(text)
            if text is not None and row is not None:
                owners[name] = row
        made = person.id or next((row["id"] for row in owners.values()), None) or generated(person, info)
        conflict = None
        for name, row in owners.items():
            if row["id"] != made:
                conflict = (
                    f"this `{name}` is another user's in the database, whose id is {row['id']}",
                    "leave `id` out to update that user, or change one of them"
                    if person.id
                    else "its `email` and its `phone` are two users: write the `id` of the one that is meant",
                    name,
                )
        for name, text in (("email", person.email), ("phone", person.phone)):
            if text is None:
                continue
            other, line = self._taken.setdefault((name, text), (made, person.row.line + 1))
            if other != made:
                conflict = (f"two people have this `{name}`", f"the other one is in line {line}", name)
        return Account(id=str(made), known=self._ids.get(made), hash=None, conflict=conflict)


async def _with_hashes(
    found: Map[tuple[str, int], Person], accounts: dict[tuple[str, int], Account]
) -> dict[tuple[str, int], Account]:
    """The accounts with their hashes: the one that is there, where it is of the password."""

    def finish(place: tuple[str, int]) -> Account:
        person, account = found[place], accounts[place]
        known = account.known["encrypted_password"] if account.known else None
        text = person.password_hash
        if person.password is not None:
            text = passwords.hashed(person.password, known)
        return Account(id=account.id, known=account.known, hash=text, conflict=account.conflict)

    loop = asyncio.get_running_loop()
    # bcrypt lets go of the interpreter's lock
    with ThreadPoolExecutor(os.cpu_count() or 1, "migrator-passwords") as pool:
        try:
            done = await asyncio.gather(*(loop.run_in_executor(pool, finish, place) for place in found))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return dict(zip(found, done, strict=True))
