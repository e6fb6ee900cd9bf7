"""`migrate new`: the next migration's file, named as the folder names its files and behind everything there is."""

import re
from collections.abc import Collection, Sequence

from migrator.config import Config
from migrator.errors import InputError, MigratorError, StateError
from migrator.events import Emit, Told, ignore
from migrator.events.creating import NewResult
from migrator.migrating.files import folder
from migrator.migrating.files.folder import natural
from migrator.migrating.files.naming import following, word_separator
from migrator.migrating.planning.plan import resolve
from migrator.migrating.planning.resume import marking
from migrator.source import shown

PATIENCE = 2.0
"""Seconds for the question what is applied, from the first name lookup to the last row."""

NOTHING_WRITTEN = "nothing was written"


async def new(
    config: Config, name: str, *, depends: tuple[str, ...] = (), transactional: bool = True, emit: Emit = ignore
) -> NewResult:
    """Write the file of a new migration into the last of `config.migrations`. Changes no database.

    Its number continues the folder's: one more than the highest, as wide, or the time of now in UTC where the folder's
    names are times. Unless `depends` says otherwise it depends on the newest migration.

    Where a database is configured and answers within two seconds, it is asked what is applied; it is not waited for, no
    server is started, and without an answer the file is written all the same.

    Raises `InputError` for a name without letters or digits, an unknown dependency, a file that exists, and where the
    folder's style has no name behind its newest file; `StateError` where the name would sort before an applied
    migration that has no file here.
    """
    where = config.migrations[-1]
    existing = folder.find(tuple(each for each in config.migrations if each.exists()))
    ids = [each.id for each in existing if not each.post_apply]
    needed = _needed(ids, depends)
    supabase = folder.is_supabase(where)
    id_ = following(ids, _slug(name, word_separator(ids)), supabase=supabase)
    if id_ is None:
        raise _before_file(ids[-1])
    path = where / f"{id_}.sql"
    if path.exists() or id_ in ids:
        raise InputError(f"`{shown(path)}` exists already", code="file-exists", outcome=NOTHING_WRITTEN)
    _refuse_before_applied(id_, await _applied_elsewhere(config, ids, emit))
    lines = [f"-- {name.strip()}"]
    # the Supabase CLI runs its folder in the order of the names and knows no directives
    if needed and not supabase:
        lines.append(f"-- depends: {' '.join(needed)}")
    if not transactional:
        lines.append("-- transactional: false")
    try:
        where.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join([*lines, "", ""]))
    except OSError as error:
        raise InputError(f"`{shown(path)}` cannot be written: {error.strerror}", code="unwritable-file") from None
    return NewResult(id=id_, paths=(shown(path),))


def _needed(ids: Sequence[str], depends: Sequence[str]) -> list[str]:
    """What the file says that it depends on: the ids asked for, else the newest one."""
    wanted = [resolve(each, ids) for each in depends]
    unfit = next((each for each in wanted if not _can_be_named(each)), None)
    if unfit is not None:
        raise InputError(
            f"`-- depends:` cannot name `{unfit}`: white space ends an id there",
            code="unknown-dependency",
            outcome=NOTHING_WRITTEN,
            hint="leave `--depends` out: without it migrations apply in the order of their names",
        )
    # a newest one that cannot be named comes first all the same, by its name
    return wanted or [each for each in ids[-1:] if _can_be_named(each)]


def _can_be_named(id_: str) -> bool:
    return id_.split() == [id_]


def _slug(name: str, separator: str) -> str:
    slug = separator.join(re.findall(r"\w+", name.replace("_", " ").lower()))
    if not slug:
        raise InputError(
            f"a migration's name needs letters or digits, and `{name}` has none",
            code="invalid-name",
            outcome=NOTHING_WRITTEN,
            hint="say what it does: `migrate new 'add orders'`",
        )
    return slug


async def _applied_elsewhere(config: Config, ids: Collection[str], emit: Emit) -> Collection[str]:
    """What is applied and is none of `ids`, as far as the database tells it at once."""
    if config.database is None:
        return ()
    from migrator.database.asking import ask
    from migrator.migrating.books import ledger

    try:
        known = await ask(config, lambda session: ledger.read(session, config), patience=PATIENCE)
    except MigratorError as error:
        told = f"the database was not asked what is applied: {error.message}"
        emit(Told(code="ledger-not-asked", message=told, verbose=True))
        return ()
    if known is None:
        return ()
    here = {known.entries.key(id_) for id_ in ids}
    return [entry.id for key, entry in known.applied.items() if key not in here]


def _refuse_before_applied(id_: str, others: Collection[str]) -> None:
    """Raise `StateError` where one of `others`, applied and without a file, would come after `id_`, or is it."""
    newest = max(others, key=natural, default=None)
    if newest is None or natural(newest) < natural(id_):
        return
    raise StateError(
        f"`{id_}` would come before `{newest}`, which is applied and has no file here"
        if newest != id_
        else f"`{id_}` is applied already, and has no file here",
        code="name-before-applied",
        migration=newest,
        outcome=NOTHING_WRITTEN,
        hint=f"get the branch or the release that has `{newest}`, then run it again; or, where nobody has it any more, "
        f"forget it with {marking(newest, 'pending')}",
    )


def _before_file(newest: str) -> InputError:
    return InputError(
        f"the name would come before `{newest}`, which has no number to go on from",
        code="name-before-file",
        outcome=NOTHING_WRITTEN,
        hint=f"give it a name that sorts behind `{newest}`, or rename `{newest}` where it is not applied anywhere yet",
    )
