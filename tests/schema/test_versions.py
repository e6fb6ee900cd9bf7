"""Every supported version that is here understands each query, and gives equal databases equal rows."""

from itertools import pairwise

from mutation import seen
from riches import DROP_SUBSCRIPTION, SCOPE, config_of, perform
from servers import Other

from migrator.database.connect import connect
from migrator.errors import MigratorError
from migrator.schema import catalog
from migrator.schema.compare import compare
from migrator.schema.objects import Schema
from migrator.schema.reading import SETTINGS, read
from migrator.verifying.asking import checking
from migrator.verifying.checks import all_checks

ANOTHER_ORDER = "locale_provider icu icu_locale 'en-US'"
"""What a database sorts words by that does not as C does."""


async def _read(dsn: str) -> Schema:
    async with connect(config_of(dsn)) as session:
        return await read(session, SCOPE)


async def _refused(dsn: str) -> dict[str, str]:
    """What the server says against a query, each asked alone; there must be some."""
    refused = {}
    async with connect(config_of(dsn)) as session:
        version, _ = session.version
        chosen = catalog.names(version)
        assert len(chosen) > 4
        for name in chosen:
            await session.run(SETTINGS)
            try:
                await session.run(f"explain {SCOPE.query(version, only=[name])}")
                await session.run(SCOPE.query(version, only=[name]))
            except MigratorError as error:
                refused[name] = error.message
            await session.run("rollback")
    return refused


async def test_each_query_is_understood_here(rich: str):
    """Every file of the catalog, alone, on the server of the tests."""
    assert await _refused(rich) == {}


async def test_each_query_is_understood_by_other_versions(other: Other):
    """Every file of the catalog, alone."""
    assert await _refused(other.dsn) == {}


async def _unasked(dsn: str) -> dict[str, str]:
    """What the server says against the query of a check, each asked alone where no role or schema of an API is."""
    refused = {}
    checks = [check for check in all_checks() if check.query is not None]
    assert len(checks) > 15
    async with connect(config_of(dsn)) as session:
        for check in checks:
            await session.run(SETTINGS)
            try:
                await checking.findings(session, [check], SCOPE)
            except MigratorError as error:
                refused[check.code] = error.message
            await session.run("rollback")
    return refused


async def test_each_check_is_understood_here(rich: str):
    """The query of every check, alone, on a plain server."""
    assert await _unasked(rich) == {}


async def test_each_check_is_understood_by_other_versions(other: Other):
    """The query of every check, alone, on a plain server."""
    assert await _unasked(other.dsn) == {}


async def test_a_restored_dump_is_the_same_schema(other: Other):
    """The same twice, and after `pg_dump` and `psql`: with other OIDs, column numbers, and another order of words."""
    copy = other.server.address("restored")
    order = ANOTHER_ORDER if "/lib/postgresql/" in str(other.server.programs) else ""  # the wheels have no ICU
    first, again = await _read(other.dsn), await _read(other.dsn)
    dump = other.program("pg_dump", other.dsn)
    await perform(other.server.address("postgres"), f"create database restored template template0 {order}")
    try:
        other.program("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", copy, stdin=dump)
        restored = await _read(copy)
    finally:
        await perform(copy, DROP_SUBSCRIPTION)
        await perform(other.server.address("postgres"), "drop database restored with (force)")
    # `pg_dump` does not tell that the triggers of a foreign key are disabled; what is of the database itself is told
    # by `pg_dump --create` alone
    assert (seen(first, again), seen(first, restored)) == (
        frozenset(),
        NOT_DUMPED,
    )


NOT_DUMPED = {
    ("changed", "constraint", "app.untriggered.untriggered_b_fkey"),
    ("missing", "comment", "database current"),
    ("missing", "database", "current"),
    ("missing", "setting", "rich.api"),
    ("missing", "setting", "statement_timeout of rich_reader"),
    ("missing", "setting", "work_mem"),
}
"""What `pg_dump` leaves out: see the test above."""

ANOTHER = {("changed", "extension version", "citext")}
"""The other server has another one, which is a warning."""


async def test_versions_differ_in_deparsed_text_alone(all_others: list[Other]):
    """The same statements on 15, 16 and 18 make the same objects, but for how an expression is printed."""
    read = [await _read(other.dsn) for other in all_others]
    for older, newer in pairwise(read):
        comparison = compare(older, newer)
        assert [each for each in comparison.differences if each.change == "changed"] == []
        assert [(each.kind, each.identity) for each in comparison.reworded] == []


async def test_an_upgrade_by_a_dump_is_no_drift(all_others: list[Other], rich: str):
    """What an old server dumps and a new one restores is the same schema: only text differs, and says the same."""
    old = all_others[0]
    dump = old.program("pg_dump", old.dsn)
    head, mark, query = rich.partition("?")
    copy = f"{head.rpartition('/')[0]}/upgraded{mark}{query}"
    await perform(rich, "create database upgraded template template0")
    try:
        old.program("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", copy, stdin=dump)
        read = [await _read(old.dsn), await _read(copy)]
    finally:
        await perform(copy, DROP_SUBSCRIPTION)
        await perform(rich, "drop database upgraded with (force)")
    comparison = compare(*read)
    told = {one for each in comparison.differences if (one := (each.change, each.kind, each.identity)) not in ANOTHER}
    assert (told, comparison.reworded) == (NOT_DUMPED, ())
    assert (comparison.platform > 0) == (read[0].server_version_num != read[1].server_version_num)
