"""The people of a seed file as two tables: `auth.users` and `auth.identities`, both read as any other rows are."""

from collections.abc import Iterator
from dataclasses import replace

from migrator.errors import InputError
from migrator.seeding.files.nodes import Document, Mark, Place, Row, Table, place_of, span
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing import check
from migrator.seeding.preparing.auth.accounts import IDENTITIES, Accounts, people
from migrator.seeding.preparing.auth.logins import PROVIDERS, Login
from migrator.seeding.preparing.auth.persons import COLUMNS, Form
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.keys import Context
from migrator.seeding.preparing.reading import Reading
from migrator.seeding.preparing.refusal import ValueRefusedError, refused_at
from migrator.seeding.preparing.shapes import TableLoad

_PLACES = {
    "encrypted_password": ("password", "password_hash"),
    "raw_user_meta_data": ("user_metadata",),
    "raw_app_meta_data": ("app_metadata",),
    "email_confirmed_at": ("confirmed",),
    "phone_confirmed_at": ("confirmed",),
    "identity_data": PROVIDERS,
}
"""Where in the file it stands what a column has."""


class _Made(SeedDocument):
    """Rows that are made of a document's, at their places."""

    def __init__(self, document: SeedDocument, rows: list[Row]) -> None:
        super().__init__(document.path, document.shown)
        self._made = rows

    def rows(self) -> Iterator[Row]:
        """The rows."""
        yield from self._made


class _Refusals:
    """Tells what is wrong, and once: what is wrong in `defaults` is so in every row."""

    def __init__(self, problems: Problems, document: SeedDocument, otherwise: Place) -> None:
        self._problems = problems
        self._document = document
        self._otherwise = otherwise
        self._told: set[tuple[str, Place]] = set()

    def __call__(self, error: ValueRefusedError) -> None:
        """Tell of one."""
        place = self._otherwise if error.node is None else place_of(error.node)
        if (error.message, place) not in self._told:
            self._told.add((error.message, place))
            self._problems.add(refused_at(self._document.path, self._document.shown, error, self._otherwise))


def expand(context: Context, document: SeedDocument, load: TableLoad, accounts: Accounts) -> list[TableLoad]:
    """Read the people at whose rows `document` is: into `load`, and into another one for their identities.

    What is wrong with them is told, and accounts are looked up by the number of the row.
    """
    table = load.table
    form = Form(table, load.info, context.operators(load, document))
    identities = context.catalog.named.get(IDENTITIES)

    refuse = _Refusals(context.problems, document, table.place)
    broken = False
    for error in form.wrong_options():
        refuse(error)
        broken = True
    users: list[Row] = []
    theirs: list[Row] = []
    for index, row in enumerate(people(document)):
        person, errors = form.read(row)
        account = accounts.get((load.file.name, index))
        if person is not None and account is not None and account.conflict is not None:
            message, hint, name = account.conflict
            errors.append(ValueRefusedError(message, person.cell(name), code="auth-users", hint=hint))
        for error in errors:
            refuse(error)
        if broken or errors or person is None or account is None:
            broken = True
            continue
        login = Login(person, account, table.inserts)
        users.append(login.user(load.info))
        theirs += login.identities(identities) if identities is not None else ()
    if broken:
        return []
    load.written, load.places = table, _PLACES
    load.table = replace(table, key=None, key_place=None, defaults=(), keep=_kept(table))
    Reading(context, _Made(document, users), load).read()
    if table.mode == "sync" and not load.rows:
        context.problems.add(check.no_rows_to_sync(document, table))
    if identities is None:
        return [load]
    other = TableLoad(
        file=load.file,
        table=_of_identities(table),
        info=identities,
        start=context.spool.flush(),
        includes=load.includes,
        written=table,
        places=_PLACES,
    )
    Reading(context, _Made(document, theirs), other).read()
    return [load, other]


def not_from_csv(document: Document, place: Mark, width: int) -> InputError:
    """The error for people in a CSV file, whose rows would reach the table as they are."""
    return InputError(
        "people of `auth.users` are written in YAML",
        code="auth-users",
        where=span(document.path, document.shown, place, width),
        detail="rows of a CSV file have not what the login needs",
        outcome="nothing was loaded",
        hint=f"write them as rows of a YAML file; their columns are {', '.join(COLUMNS)}",
    )


def _kept(table: Table) -> tuple[tuple[str, Place], ...]:
    """`keep`, by the table's own columns."""
    kept = {COLUMNS[name]: place for name, place in table.keep}
    if "email_confirmed_at" in kept:
        kept["phone_confirmed_at"] = kept["email_confirmed_at"]
    return tuple(kept.items())


def _of_identities(table: Table) -> Table:
    """The options for the identities of a table's people: they come and go with them."""
    kept = {name: place for name, place in table.keep if name in PROVIDERS}
    return Table(
        name=IDENTITIES,
        place=table.place,
        mode="missing" if table.mode == "missing" else "upsert",
        keep=tuple(("identity_data", place) for place in list(kept.values())[:1]),
    )
