"""Sessions and pools on a real server: logins, what travels, what is left behind, how they end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fake import Fake

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target
from migrator.database.connect import connect, describe
from migrator.database.launching import embedded
from migrator.database.sessions.opening import open_session, pool
from migrator.database.sessions.reconnect import connect_again
from migrator.errors import ConnectionLostError, MigratorError, ServerError, UnavailableError


def target(text: str) -> Target:
    return parse(Address(text, "test"), {})


@pytest.fixture(scope="module")
def guarded(own_server: Path) -> str:
    """The folder of a socket where `by_scram` and `by_md5` need the password `p@ss/wörd`."""
    socket = own_server
    hba = own_server / "pg_hba.conf"
    hba.write_text("local all by_scram scram-sha-256\nlocal all by_md5 md5\n" + hba.read_text())

    async def prepare() -> None:
        session = await open_session(target(str(embedded.running(own_server, "test"))))
        try:
            for role, kind in (("by_scram", "scram-sha-256"), ("by_md5", "md5")):
                # PostgreSQL 18 warns about md5
                await session.run(
                    f"set password_encryption = '{kind}'; drop role if exists {role}; "
                    f"create role {role} login password 'p@ss/wörd'; select pg_reload_conf()"
                )
        finally:
            await session.close()

    asyncio.run(prepare())
    return str(socket)


@pytest.mark.parametrize("role", ["by_scram", "by_md5"])
async def test_a_password_logs_in(guarded: str, role: str):
    """SCRAM and md5 take the password that the address spells with escapes."""
    session = await open_session(target(f"postgresql://{role}:p%40ss%2Fw%C3%B6rd@/postgres?host={guarded}"))
    try:
        assert await session.read("select to_json(current_user::text)") == [role]
    finally:
        await session.close()


@pytest.mark.parametrize("role", ["by_scram", "by_md5"])
async def test_a_wrong_password_is_refused_by_a_real_server(guarded: str, role: str):
    """PostgreSQL's own refusal is told with the user, without any password."""
    with pytest.raises(UnavailableError) as raised:
        await open_session(target(f"postgresql://{role}:hunter2@/postgres?host={guarded}"))
    assert (raised.value.code, raised.value.message, raised.value.detail, raised.value.sqlstate) == (
        "wrong-password",
        f"the server at `{guarded}/.s.PGSQL.5432` refuses the password of user `{role}`",
        f'password authentication failed for user "{role}" (28P01)',
        "28P01",
    )


async def test_an_unknown_database_and_an_unknown_role(guarded: str):
    """What does not exist on a real server is named."""
    found = []
    for text in (f"postgresql://postgres@/nope?host={guarded}", f"postgresql://nobody@/postgres?host={guarded}"):
        with pytest.raises(UnavailableError) as raised:
            await open_session(target(text))
        found.append((raised.value.code, raised.value.message))
    assert found == [
        ("unknown-database", f"the server at `{guarded}/.s.PGSQL.5432` has no database `nope`"),
        ("unknown-role", f"the server at `{guarded}/.s.PGSQL.5432` has no user `nobody`"),
    ]


async def test_a_session_says_who_it_is(dsn: str, tmp_path: Path):
    """The server sees our application name; the description holds version and origin, and costs no round trip."""
    config = Config(root=tmp_path, database=Address(dsn, "DATABASE_URL"))
    async with connect(config) as session:
        name = await session.read("select to_json(current_setting('application_name'))")
        (number,) = await session.read("select to_json(current_setting('server_version_num')::int)")
        info = describe(session)
    assert (name, info.origin, info.server_version_num, info.kind, info.supabase, session.closed) == (
        ["migrate"],
        "DATABASE_URL",
        number,
        "direct",
        False,
        True,
    )


async def test_settings_of_the_address_are_not_sent_at_startup(dsn: str):
    """`options` are kept for the jobs' transactions: a pooler would refuse or forget them at the login."""
    text = dsn + ("&" if "?" in dsn else "?") + "options=-c%20work_mem%3D77MB"
    found = target(text)
    session = await open_session(found)
    try:
        shown = await session.read("select to_json(current_setting('work_mem') = '77MB')")
    finally:
        await session.close()
    assert (found.settings, shown) == ((("work_mem", "77MB"),), [False])


async def test_a_session_that_the_server_ends_is_lost(dsn: str):
    """A terminated backend is a lost connection, not a failed statement."""
    session, other = await open_session(target(dsn)), await open_session(target(dsn))
    try:
        await other.run(f"select pg_terminate_backend({session.pid}, 5000)")
        with pytest.raises(ConnectionLostError) as raised:
            await session.run("select 1")
    finally:
        await session.close()
        await other.close()
    assert (raised.value.exit_code, raised.value.code) == (3, "connection-lost")


async def test_a_refused_statement_is_the_servers_error(dsn: str):
    """A statement that PostgreSQL refuses keeps all that it says."""
    session = await open_session(target(dsn))
    try:
        with pytest.raises(ServerError) as raised:
            await session.run("select 1;\nselect nope")
    finally:
        await session.close()
    report = raised.value.report
    assert (report.sqlstate, report.message, report.position) == ("42703", 'column "nope" does not exist', 18)


async def test_a_pool_opens_what_is_needed(dsn: str):
    """No connection before the first borrower, as many as borrow at once, and never more than its size."""
    most = 0
    using = 0
    pids: set[int] = set()

    async with pool(target(dsn), 3) as made:

        async def borrow() -> None:
            nonlocal most, using
            async with made.session() as session:
                using += 1
                most = max(most, using)
                pids.add(session.pid)
                await session.run("select pg_sleep(0.05)")
                using -= 1

        before = made._pool.get_size()
        await asyncio.gather(*(borrow() for _ in range(7)))
    assert (before, most, len(pids)) == (0, 3, 3)


async def test_a_pool_leaves_other_peoples_locks_alone(dsn: str):
    """A session goes back as it is: behind a transaction pooler a reset would release the locks of somebody else."""
    async with pool(target(dsn), 1) as made:
        async with made.session() as session:
            await session.run("select pg_advisory_lock(42)")
        async with made.session() as session:
            held = await session.read(
                "select to_json(count(*)) from pg_locks where locktype = 'advisory' and objid = 42"
            )
    assert held == [1]


async def test_a_pool_that_cannot_connect_says_why(dsn: str):
    """The error of a pool's connection is the same as that of a single one."""
    wrong = target(f"{dsn.partition('?')[0]}_nope" + (f"?{dsn.partition('?')[2]}" if "?" in dsn else ""))
    async with pool(wrong, 2) as made:
        with pytest.raises(MigratorError) as raised:
            async with made.session():
                pass
    assert raised.value.code == "unknown-database"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("28P01", 'password authentication failed for user "u"'), "wrong-password"),
        (("XX000", "(ECIRCUITBREAKER) too many authentication failures"), "login-banned"),
    ],
)
async def test_a_pool_logs_in_once_with_a_wrong_password(
    refusing: Callable[..., Awaitable[Fake]], answer: tuple[str, str], code: str
):
    """Each of its users is told the refusal, and the server hears of it once: it bans whoever goes on trying."""
    fake = await refusing(answer)
    codes = []
    async with pool(target(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d"), 3) as made:
        for _ in range(4):
            with pytest.raises(MigratorError) as raised:
                async with made.session():
                    pass
            codes.append(raised.value.code)
    assert (codes, len(fake.logins)) == ([code] * 4, 1)


@pytest.mark.parametrize("patience", [0.0, 30.0])
async def test_a_lost_connection_is_not_replaced_with_a_wrong_password(
    refusing: Callable[..., Awaitable[Fake]], patience: float
):
    """However long a server may take to come back, a login that it refuses is the last."""
    fake = await refusing(("57P03", "starting"), ("28P01", "no")) if patience else await refusing(("28P01", "no"))
    with pytest.raises(MigratorError) as raised:
        async with connect_again(target(f"postgresql://u:hunter2@127.0.0.1:{fake.port}/d"), patience=patience):
            pass
    assert (raised.value.code, len(fake.logins)) == ("wrong-password", 2 if patience else 1)


async def test_closing_does_not_wait_for_a_dead_network(guarded: str, listen: Callable[..., Awaitable[int]]):
    """A farewell that nobody hears ends in time: the connection is cut."""
    dead = asyncio.Event()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if dead.is_set():
                    await asyncio.sleep(30)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_unix_connection(f"{guarded}/.s.PGSQL.5432")
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    port = await listen(serve)
    session = await open_session(target(f"postgresql://postgres@127.0.0.1:{port}/postgres"))
    dead.set()
    began = time.monotonic()
    await session.close(timeout=0.2)
    assert (session.closed, 0.1 < time.monotonic() - began < 2) == (True, True)
