"""What `up` says when files and database disagree, and that each way out that it prints works as printed."""

import asyncio
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.errors import InputError, MigratorError, StateError, UnavailableError, WorkError
from migrator.events import Event, Noticed
from migrator.migrating import mark, up
from migrator.project import status

pytestmark = pytest.mark.db

Make = Callable[..., Config]
Connection = asyncpg.Connection

FILES = {
    "migrations/0001.a.sql": "create table a (id int);\n",
    "migrations/0002.b.sql": "-- second\n-- depends: 0001.a\ncreate table b (id int);\n",
    "migrations/0002.b.rollback.sql": "drop table b;\n",
    "migrations/0003.c.sql": "create table c (id int);\n",
}


async def states(config: Config) -> dict[str, str]:
    """Every migration's state, as `status` tells it."""
    return {each.id: each.state for each in (await status(config)).migrations}


async def refused(config: Config, **options: Any) -> MigratorError:
    """What `up` refuses with; nothing in the ledger changes by it."""
    before = await states(config)
    with pytest.raises(StateError) as caught:
        await up(config, **options)
    assert await states(config) == before
    return caught.value


def commands(hint: str | None) -> list[list[list[str]]]:
    """The commands in a hint, as words: a list for each pair of backticks, a list in it for each of `a && b`."""
    return [
        [shlex.split(command) for command in literal.split(" && ")]
        for literal in re.findall(r"`([^`]*)`", hint or "")
        if literal.startswith(("mv ", "migrate "))
    ]


async def obey(config: Config, literals: list[list[list[str]]]) -> None:
    """Do as a hint says."""
    for words in (words for literal in literals for words in literal):
        if words[0] == "mv":
            await asyncio.to_thread(subprocess.run, words, cwd=config.root, check=True)
        elif words[:2] == ["migrate", "mark"]:
            await mark(config, (words[2],), state=words[3].removeprefix("--"))  # type: ignore[arg-type]
        else:
            assert words == ["migrate", "up", "--out-of-order"]
            await up(config)


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are shown relative to the project."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("other", ["0002.renamed", "0004.b", "0002.B", "0002.über b"])
@pytest.mark.parametrize("way", ["back", "forward"])
@pytest.mark.usefixtures("inside")
async def test_renamed(project: Make, tmp_path: Path, db: Connection, other: str, way: str) -> None:
    """A renamed file is told as that, with its rollback and what depends on it; both ways out work as printed, and
    between the two steps of the second `up` refuses to run what is applied.
    """  # noqa: D205 - one sentence
    config = project({**FILES, "migrations/0003.c.sql": "-- depends: 0002.b\ncreate table c (id int);\n"})
    await up(config)
    folder = tmp_path / "migrations"
    (folder / "0002.b.sql").rename(folder / f"{other}.sql")
    (folder / "0002.b.rollback.sql").rename(folder / f"{other}.rollback.sql")
    (folder / "0003.c.sql").write_text(f"-- depends: {'0001.a' if ' ' in other else other}\ncreate table c (id int);\n")
    assert await states(config) == {"0001.a": "applied", "0002.b": "renamed", "0003.c": "applied"}
    error = await refused(config)
    assert (error.code, error.message, error.where and error.where.path) == (
        "migration-renamed",
        f"`0002.b` is applied, and its file is called `{other}` now",
        f"migrations/{other}.sql",
    )
    moves, applied, pending = commands(error.hint)
    if way == "back":
        await obey(config, [moves])
        assert sorted(path.name for path in folder.iterdir()) == [
            "0001.a.sql",
            "0002.b.rollback.sql",
            "0002.b.sql",
            "0003.c.sql",
        ]
        (folder / "0003.c.sql").write_text("-- depends: 0002.b\ncreate table c (id int);\n")
        expected = "0002.b"
    else:
        await obey(config, [applied])
        assert (await refused(config)).code == "migration-missing"
        await obey(config, [pending])
        expected = other
    assert (await up(config)).pending == ()
    assert set(await states(config)) == {"0001.a", expected, "0003.c"}
    assert set((await states(config)).values()) == {"applied"}
    assert await db.fetchval("select count(*) from _yoyo_migration") == 3


async def test_renamed_in_reverse_order_of_the_marks(project: Make, tmp_path: Path) -> None:
    """The two marks of a renamed file may come in either order."""
    config = project(FILES)
    await up(config)
    (tmp_path / "migrations/0003.c.sql").rename(tmp_path / "migrations/0003.d.sql")
    await mark(config, ("0003.c",), state="pending")
    await mark(config, ("0003.d",), state="applied")
    assert await states(config) == {"0001.a": "applied", "0002.b": "applied", "0003.d": "applied"}


async def test_a_renamed_supabase_migration(project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a Supabase folder the rollback moves in the folder of the rollbacks."""
    monkeypatch.chdir(tmp_path)
    files = {
        "supabase/migrations/20260101000000_a.sql": "create table a (id int);",
        "supabase/rollbacks/20260101000000_a.sql": "drop table a;",
        "supabase/migrations/20260102000000_b.sql": "create table b (id int);",
    }
    config = project(files, migrations=(tmp_path / "supabase/migrations",), ledger="yoyo")
    await up(config)
    for where in ("migrations", "rollbacks"):
        path = tmp_path / "supabase" / where / "20260101000000_a.sql"
        path.rename(path.with_name("20251231000000_a.sql"))
    error = await refused(config)
    assert error.hint == (
        "rename it back: `mv supabase/migrations/20251231000000_a.sql supabase/migrations/20260101000000_a.sql && "
        "mv supabase/rollbacks/20251231000000_a.sql supabase/rollbacks/20260101000000_a.sql`; or take the new name: "
        "`migrate mark 20251231000000_a --applied`, then `migrate mark 20260101000000_a --pending`"
    )
    await obey(config, commands(error.hint)[:1])
    assert (await up(config)).pending == ()


async def test_missing_and_unknown_are_told_apart(project: Make, tmp_path: Path, db: Connection) -> None:
    """What we applied and has no file is `missing`; what we never saw is `unknown`; each goes as its way out says."""
    config = project(FILES)
    await up(config)
    (tmp_path / "migrations/0001.a.sql").unlink()
    project({"migrations/0002.b.sql": "-- second\ncreate table b (id int);\n"})
    await db.execute(
        "insert into _yoyo_migration values (repeat('0', 64), '0002.others', timezone('utc', clock_timestamp()))"
    )
    assert await states(config) == {
        "0001.a": "missing",
        "0002.b": "applied",
        "0002.others": "unknown",
        "0003.c": "applied",
    }
    error = await refused(config)
    assert error.code == "migrations-disagree"
    assert [cause.code for cause in error.causes] == ["migration-missing", "migration-unknown"]
    await db.execute("update _yoyo_migration set migration_hash = encode(sha256(migration_id::bytea), 'hex')")
    for cause in error.causes:
        await obey(config, commands(cause.hint))
    assert (await up(config)).pending == ()


@pytest.mark.usefixtures("inside")
async def test_late_ones_are_renamed_as_printed(project: Make, db: Connection) -> None:
    """Several late files: each is named with its ways out, and the renames that are printed make an `up` that works."""
    config = project(FILES)
    await up(config)
    project(
        {
            "migrations/0002.between.sql": "create table between_ (id int);",
            "migrations/0002.other.sql": "create table other (id int);",
            "migrations/0002.other.rollback.sql": "drop table other;",
        }
    )
    error = await refused(config)
    assert error.code == "migration-late"
    assert [cause.migration for cause in error.causes] == ["0002.between", "0002.other"]
    for cause in error.causes:
        moves, out_of_order = commands(cause.hint)
        assert out_of_order == [["migrate", "up", "--out-of-order"]]
        await obey(config, [moves])
    assert [each.id for each in (await up(config)).done] == ["0004.between", "0005.other"]


@pytest.mark.parametrize("way", ["rename", "out of order"])
@pytest.mark.usefixtures("inside")
async def test_late_because_the_database_is_ahead(project: Make, tmp_path: Path, way: str) -> None:
    """What is pending below a newer release's migrations: both ways out work as printed, before and after the merge."""
    config = project(FILES)
    await up(config)
    theirs = tmp_path / "migrations/0003.c.sql"
    theirs.unlink()
    project({"migrations/0003.a-mine.sql": "create table mine (id int);"})
    assert (await states(config))["0003.a-mine"] == "late"
    error = await refused(config)
    assert str(error.hint).startswith("get the release that has `0003.c`, then rename it to come after `0003.c`: `mv ")
    if way == "rename":
        theirs.write_text(FILES["migrations/0003.c.sql"], encoding="utf-8")
        await obey(config, commands(error.hint)[:1])
        assert [each.id for each in (await up(config)).done] == ["0004.a-mine"]
    else:
        done = await up(project({}, out_of_order=True))
        assert ([each.id for each in done.done], done.ahead) == (["0003.a-mine"], ("0003.c",))
        theirs.write_text(FILES["migrations/0003.c.sql"], encoding="utf-8")
        assert (await up(config)).pending == ()
    assert set((await states(config)).values()) == {"applied"}


async def test_late_ones_are_applied_out_of_order(project: Make) -> None:
    """`out_of_order` applies late ones in their order, and what is behind them."""
    await up(project(FILES))
    config = project({"migrations/0002.late.sql": "", "migrations/0002.other.sql": "", "migrations/0004.d.sql": ""})
    await refused(config)
    done = await up(project({}, out_of_order=True))
    assert [each.id for each in done.done] == ["0002.late", "0002.other", "0004.d"]


async def test_status_tells_a_wrong_file_before_a_server_that_is_away(project: Make, tmp_path: Path) -> None:
    """The files are read while the connection is on its way; what is wrong with them is said first all the same."""
    nowhere = Address(f"postgresql://u@/d?host={tmp_path}/none", "test")
    with pytest.raises(UnavailableError):
        await status(project({"migrations/0001.a.sql": "create table a ()"}, database=nowhere))
    with pytest.raises(InputError, match="never closed"):
        await status(project({"migrations/0002.b.sql": "select 'b"}, database=nowhere))


async def test_status_knows_that_late_ones_are_welcome(project: Make) -> None:
    """With `out_of_order` configured `status` still says late, but not that `up` refuses."""
    await up(project(FILES))
    late = {"migrations/0002.late.sql": ""}
    said = {}
    for welcome in (False, True):
        result = await status(project(late, out_of_order=welcome), check=True)
        (line,) = [each for each in result.migrations if each.id == "0002.late"]
        said[welcome] = (line.state, line.code, line.problem is None, line.hint is None, result.clean)
    assert said == {
        False: ("late", "migration-late", False, False, False),
        True: ("late", "migration-late", True, True, False),
    }


async def test_modified_is_accepted_as_printed(project: Make, tmp_path: Path) -> None:
    """The mark that is printed accepts the file; restoring it is the other way."""
    config = project(FILES)
    await up(config)
    edited = tmp_path / "migrations/0003.c.sql"
    edited.write_text("create table c (id bigint);\n", encoding="utf-8")
    error = await refused(config)
    edited.write_text(FILES["migrations/0003.c.sql"], encoding="utf-8")
    assert (await up(config)).done == ()
    edited.write_text("create table c (id bigint);\n", encoding="utf-8")
    await obey(config, commands(error.hint))
    assert (await up(config)).done == ()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"create table c (id int);\r\n", id="CRLF"),
        pytest.param(b"\xef\xbb\xbfcreate table c (id int);\n", id="BOM"),
        pytest.param(b"\xef\xbb\xbfcreate table c (id int);\r\n", id="both"),
    ],
)
async def test_line_ends_and_a_byte_order_mark_are_no_edit(project: Make, tmp_path: Path, content: bytes) -> None:
    """A checkout with other line ends, or an editor that adds a byte order mark, changes nothing: not even a notice."""
    config = project(FILES)
    await up(config)
    (tmp_path / "migrations/0003.c.sql").write_bytes(content)
    events: list[Event] = []
    await up(config, emit=events.append)
    assert events == []
    (line,) = [each for each in (await status(config)).migrations if each.id == "0003.c"]
    assert (line.state, line.code, line.note) == ("applied", None, None)


async def test_comments_alone_are_a_notice(project: Make) -> None:
    """An edit of comments leaves the state; `up` and `status` tell it by the same code, and the mark ends it."""
    await up(project(FILES))
    config = project({"migrations/0003.c.sql": "-- the third\ncreate  table c (id int);\n"})
    events: list[Event] = []
    await up(config, emit=events.append)
    (notice,) = [event for event in events if isinstance(event, Noticed)]
    assert (notice.code, notice.migration, notice.hint) == (
        "comments-edited",
        "0003.c",
        "`migrate mark 0003.c --applied` takes the file as it is now",
    )
    result = await status(config)
    (line,) = [each for each in result.migrations if each.id == "0003.c"]
    assert (line.state, line.code, line.problem, result.clean) == ("applied", "comments-edited", None, True)
    await mark(config, ("0003.c",), state="applied")
    assert (await status(config)).migrations[-1].code is None


async def test_what_another_tool_applied_is_taken_on_trust_by_an_up_with_work(project: Make, db: Connection) -> None:
    """An entry without a note of ours is adopted by the first `up` that has work; an edit before that is not seen, one
    after it is.
    """  # noqa: D205 - one sentence
    config = project(FILES)
    await up(config)
    await db.execute("truncate migrator.journal")
    config = project({"migrations/0003.c.sql": "create table c (id text);\n"})
    assert (await up(config)).done == ()
    assert (await states(config))["0003.c"] == "applied"
    config = project({"migrations/0004.d.sql": "create table d (id int);\n"})
    assert [each.id for each in (await up(config)).done] == ["0004.d"]
    config = project({"migrations/0003.c.sql": "create table c (id uuid);\n"})
    assert (await states(config))["0003.c"] == "modified"


async def test_every_format_tells_every_state(
    project: Make, tmp_path: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    """`status --check` tells each problem with its code and its way out: in text, in JSON, and as an annotation."""
    config = project(FILES)
    await up(config)
    folder = tmp_path / "migrations"
    (folder / "0003.c.sql").rename(folder / "0004.see.sql")
    (folder / "0001.a.sql").write_text("create table a (id bigint);\n", encoding="utf-8")
    (folder / "0001.late.sql").write_text("", encoding="utf-8")
    said = {}
    for form in ("text", "json", "github"):
        process = start("status", "--check", "--format", form)
        said[form], _ = process.communicate(timeout=30)
        assert process.returncode == 1
    document = json.loads(said["json"])
    assert [(each["id"], each["state"], each.get("code")) for each in document["migrations"]] == [
        ("0001.a", "modified", "migration-modified"),
        ("0001.late", "late", "migration-late"),
        ("0002.b", "applied", None),
        ("0003.c", "renamed", "migration-renamed"),
    ]
    assert [(cause["code"], cause["migration"]) for cause in document["error"]["causes"]] == [
        ("migration-modified", "0001.a"),
        ("migration-late", "0001.late"),
        ("migration-renamed", "0003.c"),
    ]
    renamed = document["migrations"][-1]
    assert (renamed["path"], renamed["renamed_to"]) == ("migrations/0004.see.sql", "0004.see")
    assert {state: number for state, number in document["summary"].items() if number} == {
        "applied": 1,
        "modified": 1,
        "renamed": 1,
        "late": 1,
    }
    for migration in document["migrations"]:
        if "hint" in migration:
            assert f"hint: `{migration['id']}`: {migration['hint']}\n" in said["text"]
    annotations = [line for line in said["github"].splitlines() if line.startswith("::error ")]
    assert [line.partition("title=")[2].partition("::")[0] for line in annotations] == [
        "migration-modified",
        "migration-late",
        "migration-renamed",
    ]
    assert annotations[2].startswith("::error file=migrations/0004.see.sql,line=1,col=1,")


async def test_what_cannot_be_marked_or_moved_has_a_way_out_that_works(project: Callable[..., Config]):
    """SET TRANSACTION behind a query gets a hint that can be followed; a post-apply file is not called unknown."""
    late = "create table a (n int);\ninsert into a values (1);\nset transaction isolation level serializable"
    config = project({"migrations/0001.a.sql": late, "migrations/post-apply.sql": "select 1"})
    with pytest.raises(WorkError) as failed:
        await up(config)
    hint = str(failed.value.hint)
    assert hint.split(", and ")[1] == "begin a transaction with it: `BEGIN; SET TRANSACTION ...; ...; COMMIT;`"
    with pytest.raises(InputError) as refused:
        await mark(config, ("post-apply",), state="applied")
    assert refused.value.message == "`post-apply` cannot be marked: post-apply files have no entry in the ledger"
    *others, serializable = late.split(";\n")
    text = ";\n".join(["-- transactional: false\nbegin", serializable, *others, "commit"])
    assert [done.id for done in (await up(project({"migrations/0001.a.sql": text}))).done] == ["0001.a", "post-apply"]
