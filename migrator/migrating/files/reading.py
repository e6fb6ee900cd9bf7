"""Migrations read in full: yoyo's format, held to it strictly. The only door to yoyo.

yoyo's own reader passes over what it does not understand: a directive after the first statement, in capitals or behind
a byte order mark is a comment to it, and the migration runs without it. Here each of these is an error at its place, or
means what it says.
"""

import graphlib
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.errors import InputError, MigratorError
from migrator.events.running import Noticed
from migrator.migrating.files.checks import checked_script
from migrator.migrating.files.folder import ROLLBACK, MigrationFile, is_supabase, read_bytes
from migrator.migrating.files.migration import Migration, Script
from migrator.source import Source, Span, shown
from migrator.sql.enums import early_uses
from migrator.sql.script import split, without_comments
from migrator.sql.statement import Statement
from migrator.sql.text import decode

NOTHING_APPLIED = "nothing was applied"
DIRECTIVES = ("depends", "transactional")
COMMENT = re.compile(r"^[ \t]*--[ \t]*([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
CODE = re.compile(r"^(?![ \t]*(?:--|\r?$))", re.MULTILINE)
SIMILAR = 0.75
LINE_END = re.compile(r"\r\n|\r|\n")

# as yoyo has them: its white space is more than ours
YOYO_DIRECTIVE = re.compile(rf"^\s*--\s*({'|'.join(DIRECTIVES)})\s*:\s*(.*)$")
YOYO_COMMENT = re.compile(r"^(\s*|\s*--.*)$")


def read_migrations(files: Iterable[MigrationFile]) -> tuple[Migration, ...]:
    """Read and check every file, in the order in which they apply; post-apply files come last.

    Raises `InputError`: one for a single problem, one with all as `causes` for several.
    """
    migrations: list[Migration] = []
    problems: list[MigratorError] = []
    for file in files:
        try:
            migrations.append(_migration(file))
        except InputError as error:
            problems.append(error)
    if not problems:
        regular = [each for each in migrations if not each.post_apply]
        try:
            return (*_ordered(regular), *(each for each in migrations if each.post_apply))
        except InputError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    raise InputError(
        f"{len(problems)} migrations cannot be read",
        code="unreadable-migrations",
        outcome=NOTHING_APPLIED,
        causes=tuple(problems),
    )


def _migration(file: MigrationFile) -> Migration:
    beside = _rollback_path(file)
    if file.python:
        nothing = Script(source=Source(path=file.shown, text=""), statements=())
        return Migration(
            id=file.id,
            path=file.shown,
            title="",
            depends=(),
            up=nothing,
            down=None,
            sha256=file.sha256,
            sha256_without_comments=file.sha256,
            rollback_path=beside,
            python=True,
        )
    source = decode(file.shown, file.data)
    statements = split(source)
    header = _header(source, statements)
    rollback = None if file.rollback is None else decode(shown(file.rollback), read_bytes(file.rollback))
    undoing = () if rollback is None else split(rollback)
    # yoyo runs a rollback as its migration says; a rollback file may say so for itself, too
    undone_at_once = header.transactional and (rollback is None or _header(rollback, undoing).transactional)
    return Migration(
        id=file.id,
        path=file.shown,
        title=header.title,
        depends=header.depends,
        up=checked_script(source, statements, transactional=header.transactional),
        down=None if rollback is None else checked_script(rollback, undoing, transactional=undone_at_once),
        sha256=file.sha256,
        sha256_without_comments=hashlib.sha256(without_comments(source).encode()).digest(),
        rollback_path=beside,
        post_apply=file.post_apply,
        warnings=_warnings(file.id, statements) if header.transactional else (),
    )


def _rollback_path(file: MigrationFile) -> str:
    folder = file.path.parent
    if is_supabase(folder):
        return shown(folder.parent / "rollbacks" / f"{file.id}.sql")
    beside = file.shown.rpartition("/")[0] + "/"
    if beside in {"./", "//"}:  # the current folder or the root, where text alone would show another path
        return shown(folder / f"{file.id}{ROLLBACK}")
    return f"{beside}{file.id}{ROLLBACK}"


def _warnings(id_: str, statements: Sequence[Statement]) -> tuple[Noticed, ...]:
    return tuple(
        Noticed(
            severity="WARNING",
            message=f"the new value `{use.value}` of the enum `{use.type}` seems to be used before it is committed",
            migration=id_,
            where=use.used,
            hint="PostgreSQL refuses that (55P04): add the value in a migration of its own, before this one",
        )
        for use in early_uses(statements)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What the comments before a file's first statement say."""

    title: str
    depends: tuple[str, ...]
    transactional: bool


def _header(source: Source, statements: Sequence[Statement]) -> _Header:
    title, depends = metadata(source.text)
    code = CODE.search(source.text)
    end = len(source.text) if code is None else code.start()
    transactional = True
    for match in COMMENT.finditer(source.text):
        name, value, at = match.group(1), match.group(2), source.span(*match.span(1))
        if match.start() < end:
            _refuse_misspelt(name, at)
            if name == "transactional":
                transactional = _boolean(value, source.span(*match.span(2)))
        elif name.lower() in DIRECTIVES and not _inside(match.start(1), statements):
            raise InputError(
                f"the directive `-- {name}:` stands too late: here it is only a comment",
                code="late-directive",
                where=at,
                outcome=NOTHING_APPLIED,
                hint="move it to the first lines of the file, before every statement and every `/* */` comment",
            )
    return _Header(
        title=title,
        depends=depends,
        transactional=transactional,
    )


def metadata(text: str) -> tuple[str, tuple[str, ...]]:
    """The title and the dependencies of a file: what yoyo makes of the comments in front, without its import.

    The title is the first line of them that is not empty. To yoyo lines end as the first one does.
    """
    title = ""
    depends: list[str] = []
    end = LINE_END.search(text)
    for line in text.split(end[0]) if end else [text]:
        if directive := YOYO_DIRECTIVE.match(line):
            if directive[1] == "depends":
                depends += directive[2].split()
        elif YOYO_COMMENT.match(line):
            title = title or _first_line(line.strip().lstrip("-"))
        else:
            break
    return title, tuple(dict.fromkeys(depends))


def _first_line(comment: str) -> str:
    return next((line.strip() for line in comment.splitlines() if line.strip()), "")


def _refuse_misspelt(name: str, at: Span) -> None:
    if name in DIRECTIVES:
        return
    import difflib  # only for who has mistyped something

    near = difflib.get_close_matches(name.lower(), DIRECTIVES, n=1, cutoff=SIMILAR)
    if near:
        raise InputError(
            f"`-- {name}:` is no directive",
            code="unknown-directive",
            where=at,
            outcome=NOTHING_APPLIED,
            hint=f"write `-- {near[0]}:`; if it is a comment, reword it",
        )


def _boolean(value: str, at: Span) -> bool:
    if value.lower() not in {"true", "false"}:
        raise InputError(
            f"`transactional` is `true` or `false`, not `{value}`",
            code="invalid-directive",
            where=at,
            outcome=NOTHING_APPLIED,
        )
    return value.lower() == "true"


def _inside(offset: int, statements: Sequence[Statement]) -> bool:
    """The offset is within a statement, where a function's body may hold any comment."""
    index = bisect_right(statements, offset, key=lambda statement: statement.start) - 1
    return index >= 0 and offset < statements[index].end


def _ordered(migrations: Sequence[Migration]) -> list[Migration]:
    by_id = {migration.id: migration for migration in migrations}
    for migration in migrations:
        for dependency in migration.depends:
            if dependency not in by_id:
                raise _unknown_dependency(migration, dependency, list(by_id))
    if _in_order(migrations):
        return list(migrations)
    # late: its import takes longer than reading a hundred files
    from yoyo.topologicalsort import CycleError, topological_sort

    graph = {migration.id: set(migration.depends) for migration in migrations}
    try:
        return [by_id[id_] for id_ in topological_sort(list(by_id), graph)]
    except CycleError:
        cycle = _cycle(graph)
        raise InputError(
            "these migrations depend on one another in a circle: " + " -> ".join(f"`{id_}`" for id_ in cycle),
            code="dependency-cycle",
            where=_dependency_span(by_id[cycle[0]], cycle[1]),
            outcome=NOTHING_APPLIED,
            hint="take one of these `-- depends:` out",
        ) from None


def _in_order(migrations: Sequence[Migration]) -> bool:
    """Each comes behind those that it depends on, so that yoyo's order is the one that they have."""
    before: set[str] = set()
    for migration in migrations:
        if not before.issuperset(migration.depends):
            return False
        before.add(migration.id)
    return True


def _unknown_dependency(migration: Migration, dependency: str, ids: list[str]) -> InputError:
    import difflib  # only for who has mistyped something

    near = difflib.get_close_matches(dependency, ids, n=1, cutoff=0.4)
    hint = f"the nearest id is `{near[0]}`" if near else "an id is a file name without `.sql`"
    if near and near[0].split() != near:
        hint += ", which cannot be named here: white space ends an id; its name alone puts it before or behind this one"
    return InputError(
        f"`{migration.id}` depends on `{dependency}`, which does not exist",
        code="unknown-dependency",
        where=_dependency_span(migration, dependency),
        migration=migration.id,
        outcome=NOTHING_APPLIED,
        hint=hint,
    )


def _dependency_span(migration: Migration, dependency: str) -> Span | None:
    source = migration.up.source
    for match in COMMENT.finditer(source.text):
        found = re.search(rf"(?<!\S){re.escape(dependency)}(?!\S)", match.group(2))
        if match.group(1) == "depends" and found:
            start = match.start(2) + found.start()
            return source.span(start, start + len(dependency))
    return None


def _cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of the graph, beginning and ending with the same id."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]  # graphlib names a node before those that depend on it
    return []
