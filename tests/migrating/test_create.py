"""`new`: the next name in the folder's own style and behind all there is, and a file that this tool reads."""

import asyncio
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.errors import InputError, StateError
from migrator.events import Event, Told
from migrator.migrating import create, mark, new, up
from migrator.migrating.planning.standing import read_all


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make `migrations/` with these files; returns a Config of that project."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str, where: str = "migrations") -> Config:
        (tmp_path / where).mkdir(parents=True, exist_ok=True)
        for name in names:
            (tmp_path / where / name).touch()
        return Config(root=tmp_path, migrations=(tmp_path / where,))

    return make


async def test_an_id_with_a_blank_cannot_be_depended_on(folder, tmp_path):
    """`-- depends:` cannot name it, so by itself the new file does not, and what asks for it is refused."""
    config = folder("0001.first step.sql")
    result = await new(config, "second")
    assert (tmp_path / result.paths[0]).read_text(encoding="utf-8") == "-- second\n\n"
    assert [each.id for each in read_all(config)] == ["0001.first step", "0002.second"]
    with pytest.raises(InputError) as caught:
        await new(config, "third", depends=("0001",))
    assert (caught.value.code, list((tmp_path / "migrations").glob("0003*"))) == ("unknown-dependency", [])
    (tmp_path / "migrations" / "0004.wrong.sql").write_text("-- depends: 0001.first step\n", encoding="utf-8")
    with pytest.raises(InputError, match="does not exist") as caught:
        read_all(config)
    assert "white space ends an id" in (caught.value.hint or "")


async def test_the_first_one(folder, tmp_path):
    """A folder is made where there is none."""
    config = folder()
    (tmp_path / "migrations").rmdir()
    result = await new(config, "Create users!")
    assert (result.id, result.paths) == ("0001.create-users", ("migrations/0001.create-users.sql",))
    assert (tmp_path / "migrations/0001.create-users.sql").read_text() == "-- Create users!\n\n"


async def test_continues_the_number_and_depends_on_the_newest(folder, tmp_path):
    """One more than the highest, as wide, with the newest as dependency; the result is read back."""
    config = folder("0009.a-b.sql", "0010.c.sql", "0010.c.rollback.sql")
    result = await new(config, "add orders", transactional=False)
    assert result.id == "0011.add-orders"
    read = read_all(config)[-1]
    assert (read.id, read.title, read.depends, read.transactional) == (
        "0011.add-orders",
        "add orders",
        ("0010.c",),
        False,
    )


@pytest.mark.parametrize(
    ("existing", "pattern"),
    [
        ("007_first_thing.sql", r"008_add_orders"),
        ("V3__init.sql", r"V4__add_orders"),
        ("20240101120000_init.sql", r"20\d{12}_add_orders"),
        ("20991231_x.sql", r"20991232_add_orders"),
        ("99991231235959.x.sql", r"99991231235960\.add-orders"),
        ("V1_10_0__init.sql", r"V2_add_orders"),
        ("999_x.sql", r"1000_add_orders"),
        ("12345678901234567890_x.sql", r"12345678901234567891_add_orders"),
        ("a_first.sql", r"add_orders"),
    ],
)
async def test_follows_the_folders_style(folder, existing, pattern):
    """Width, prefix, separators and times are the folder's; a name always sorts behind what is there."""
    assert re.fullmatch(pattern, (await new(folder(existing), "add orders")).id)


async def test_supabase_style(folder, tmp_path):
    """In a Supabase folder: fourteen digits, underscores, and no directive that its CLI does not know."""
    config = folder("20240101120000_init.sql", where="supabase/migrations")
    result = await new(config, "add orders")
    assert re.fullmatch(r"20\d{12}_add_orders", result.id)
    assert (tmp_path / result.paths[0]).read_text() == "-- add orders\n\n"


async def test_refusals(folder):
    """A name without letters, an unknown dependency and a file that exists are refused; nothing is written."""
    config = folder("0001.a.sql")
    for name, depends, code in (("!!!", (), "invalid-name"), ("x", ("0007",), "unknown-migration")):
        with pytest.raises(InputError) as caught:
            await new(config, name, depends=depends)
        assert caught.value.code == code
    assert [each.id for each in read_all(config)] == ["0001.a"]


async def test_several_folders(folder, tmp_path):
    """The new file goes into the last folder and continues that; an empty one goes on from the one before."""
    config = folder("0007.core.sql")
    shop = tmp_path / "shop"
    both = Config(root=tmp_path, migrations=(*config.migrations, shop))
    assert (await new(both, "orders")).paths == ("shop/0008.orders.sql",)
    (shop / "0008.orders.sql").rename(shop / "0001.orders.sql")
    assert (await new(both, "lines")).paths == ("shop/0002.lines.sql",)
    assert (shop / "0002.lines.sql").read_text() == "-- lines\n-- depends: 0001.orders\n\n"


@pytest.mark.parametrize("files", [("zeta.sql",), ("0001.a.sql", "0002.b.sql", "zeta.sql")])
async def test_no_name_before_an_existing_file(folder, tmp_path, files):
    """Behind a newest file without a number there is only a bare name that sorts behind it; any other is refused."""
    with pytest.raises(InputError) as caught:
        await new(folder(*files), "add orders")
    assert (caught.value.code, caught.value.message) == (
        "name-before-file",
        "the name would come before `zeta`, which has no number to go on from",
    )
    assert sorted(path.name for path in (tmp_path / "migrations").iterdir()) == list(files)
    assert (await new(folder(*files), "zulu")).id == "zulu"


async def test_supabase_number_that_is_longer_than_a_time(folder):
    """A name of the Supabase CLI sorts behind the newest one, however many digits that has."""
    config = folder("20240101120000123456_init.sql", where="supabase/migrations")
    assert (await new(config, "add orders")).id == "20240101120000123457_add_orders"


FILES = {"migrations/0001.a.sql": "create table a ();", "migrations/0002.b.sql": "create table b ();"}
Make = Callable[..., Config]


@pytest.mark.db
async def test_no_name_before_an_applied_migration(project: Make, tmp_path: Path) -> None:
    """What another branch has applied comes after the next number: `new` refuses and says whose file is wanted."""
    config = project({**FILES, "migrations/0003.theirs.sql": "create table theirs ();"})
    await up(config)
    theirs = tmp_path / "migrations/0003.theirs.sql"
    theirs.unlink()
    for name, message in (
        ("mine", "`0003.mine` would come before `0003.theirs`, which is applied and has no file here"),
        ("theirs", "`0003.theirs` is applied already, and has no file here"),
    ):
        with pytest.raises(StateError) as caught:
            await new(config, name)
        assert (caught.value.code, caught.value.message) == ("name-before-applied", message)
        assert caught.value.hint == (
            "get the branch or the release that has `0003.theirs`, then run it again; or, where nobody has it any "
            "more, forget it with `migrate mark 0003.theirs --pending`"
        )
    assert sorted(path.name for path in theirs.parent.iterdir()) == ["0001.a.sql", "0002.b.sql"]
    assert (await new(config, "yours")).id == "0003.yours"
    (tmp_path / "migrations/0003.yours.sql").unlink()
    await mark(config, ("0003.theirs",), state="pending")
    assert (await new(config, "mine")).id == "0003.mine"


@pytest.mark.db
async def test_the_supabase_ledger_is_asked_by_version(
    project: Make, tmp_path: Path, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Supabase CLI's row of a file that is here is no stranger, whatever name it has; one of the future is."""
    monkeypatch.chdir(tmp_path)
    await db.execute(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations"
        "(version text primary key, statements text[], name text);"
        "insert into supabase_migrations.schema_migrations values ('99990101000000', null, null)"
    )
    folders = (tmp_path / "supabase/migrations",)
    config = project({"supabase/migrations/99990101000000_a.sql": "create table a ();"}, migrations=folders)
    assert (await new(config, "add orders")).id == "99990101000001_add_orders"
    (folders[0] / "99990101000001_add_orders.sql").unlink()
    await db.execute("insert into supabase_migrations.schema_migrations values ('99990102000000', null, 'theirs')")
    with pytest.raises(StateError) as caught:
        await new(config, "add orders")
    assert (caught.value.code, caught.value.migration) == ("name-before-applied", "99990102000000_theirs")


@pytest.mark.db
async def test_nothing_is_written_to_the_database(project: Make, db: asyncpg.Connection) -> None:
    """A database without a ledger stays without one."""
    assert (await new(project(FILES), "mine")).id == "0003.mine"
    assert await db.fetchval("select count(*) from pg_class where relname ~ 'yoyo|journal'") == 0


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


async def told(config: Config) -> tuple[list[Event], float]:
    """What `new` says while it writes a file, and how long that takes."""
    events: list[Event] = []
    began = time.monotonic()
    assert (await new(config, "mine", emit=events.append)).id == "0003.mine"
    return events, time.monotonic() - began


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://u@127.0.0.1:1/x", "127.0.0.1:1"),
        ("postgresql://u@127.0.0.1:{port}/x?sslmode=disable", "no answer from"),
        ("postgresql://u@127.0.0.1/x?no_such_key=1", "no_such_key"),
        ("postgresql://u@name-service-is-silent/x", "no answer from"),
    ],
)
async def test_a_database_that_does_not_answer_is_no_obstacle(
    folder, silent: socket.socket, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    """No server, a silent server, an address that is wrong, a silent name service: the file is written all the same,
    soon, and only who asks for everything hears of it.
    """  # noqa: D205 - one sentence
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **keywords: Any) -> Any:
        if host == "name-service-is-silent":
            time.sleep(3)
        return real(host, *arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(create, "PATIENCE", 0.5)
    given = folder("0002.b.sql")
    config = Config(
        root=given.root,
        migrations=given.migrations,
        database=Address(address.format(port=silent.getsockname()[1]), "test"),
    )
    events, took = await told(config)
    ((code, message, verbose),) = [(each.code, each.message, each.verbose) for each in events if isinstance(each, Told)]
    assert (code, said in message, verbose) == ("ledger-not-asked", True, True)
    assert took < 2.9


async def test_no_server_is_started(folder, tmp_path: Path) -> None:
    """An embedded server that does not run is not asked, and a container is not made for a question."""
    given = folder("0002.b.sql")
    for address in ("embedded:", "docker:postgres:17"):
        config = Config(root=tmp_path, migrations=given.migrations, database=Address(address, "test"))
        events, took = await told(config)
        (tmp_path / "migrations/0003.mine.sql").unlink()
        assert (events, took < 5) == ([], True)
    assert [path.name for path in tmp_path.iterdir()] == ["migrations"]  # noqa: ASYNC240 - a test waits for its disk


@pytest.mark.db
async def test_a_locked_ledger_is_no_obstacle(
    project: Make, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that somebody has locked is not waited for, and the question leaves no session behind."""
    config = project(FILES)
    await up(config)
    monkeypatch.setattr(create, "PATIENCE", 0.5)
    async with db.transaction():
        await db.execute("lock table _yoyo_migration")
        events, took = await told(config)
    assert [event.code for event in events if isinstance(event, Told)] == ["ledger-not-asked"]
    assert took < 2.9
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    while await db.fetchval(f"{others} and backend_type = 'client backend'"):
        assert time.monotonic() < deadline, "a session is left"
        await asyncio.sleep(0.02)


@pytest.mark.db
@pytest.mark.parametrize("verbose", [False, True])
def test_the_command_ends_in_time(start, tmp_path: Path, silent: socket.socket, *, verbose: bool) -> None:
    """The whole command ends two seconds after a silent server was asked; `--verbose` tells why it went on without."""
    (tmp_path / "migrations").mkdir()
    address = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x?sslmode=disable"
    began = time.monotonic()
    process = start("new", "first", *(["--verbose"] if verbose else []), DATABASE_URL=address)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "migrations/0001.first.sql\n")
    assert time.monotonic() - began < 12
    assert ("the database was not asked what is applied: no answer from" in errors) is verbose
